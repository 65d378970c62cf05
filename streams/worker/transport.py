"""A Faust transport that hands over one whole fetched batch of a partition as one message.

Faust's own path costs two tasks, a message, an event and an acknowledgement for every record. Here the record batches
are read in bulk from aiokafka's compiled reader, and positions are the worker's own: Faust's acknowledgements are off.

Rests on private parts of faust-streaming 0.15 and aiokafka 0.14, hence their pinned ranges and a contract test.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import structlog
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, KafkaError
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from schemas.records import Record

SCHEME: Final = "pulse"
_HEED_S: Final = 0.5
_APART_S: Final = 0.02
"""Between one taking of what was fetched and the next: in a trickle each brings few records and costs as much as many,
and a flush gathers for longer anyway. Whoever reads after a silence does so at once.
"""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Batch:
    """Records [`start`, `next`) of one partition; `end` is the log's end as last heard of.

    `start` is where the fetch began, so a batch has no holes even where compaction removed records.
    """

    topic: str
    partition: int
    start: int
    next: int
    end: int
    records: Sequence[Record]


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The driver's thread, reading record batches in bulk."""

    async def on_start(self) -> None:
        """Start the driver's consumer, and somebody who hears what it has to say."""
        await super().on_start()
        self.add_future(self._heed_the_group())

    async def _heed_the_group(self) -> None:
        """After an error the driver rejoins its group only when somebody has taken note of it.

        Its own reader does that; ours does not run while partitions move. The in-memory broker errs when a second
        member joins.
        """
        consumer: Any = self._consumer
        while not self.should_stop:
            await self.sleep(_HEED_S)
            try:
                consumer._coordinator.check_errors()
            except KafkaError as error:
                if consumer._coordinator._coordination_task.done() and not self.should_stop:
                    raise
                _log.warning("group_error", error=str(error))

    def heard_at(self, tp: TP) -> float:
        """When the broker last said where a partition ends, epoch seconds; -inf when never."""
        consumer: Any = self._ensure_consumer()
        told_ms = consumer.last_poll_timestamp(tp) if tp in consumer.assignment() else None
        return told_ms / 1000.0 if told_ms else float("-inf")

    async def seek_all(self, positions: Mapping[TP, int]) -> None:
        """Read on from these positions. The driver's own `seek_to_committed` leaves out a position of 0."""
        await self.call_thread(self._seek_all, positions)

    async def _seek_all(self, positions: Mapping[TP, int]) -> None:
        consumer = self._ensure_consumer()
        for tp, position in positions.items():
            consumer.seek(tp, position)

    async def put_back(self, batches: Iterable[Batch]) -> None:
        """Fetch these again: nobody took them. A partition that has been moved since is left where it is."""
        await self.call_thread(self._put_back, list(batches))

    async def _put_back(self, batches: Iterable[Batch]) -> None:
        consumer: Any = self._ensure_consumer()
        for batch in batches:
            tp = place(batch.topic, batch.partition)
            if consumer._subscription.is_assigned(tp):
                state = consumer._subscription.subscription.assignment.state_value(tp)
                if state.has_valid_position and state.position == batch.next:
                    consumer.seek(tp, batch.start)

    def _create_consumer(self, loop: asyncio.AbstractEventLoop) -> Any:
        consumer = super()._create_consumer(loop)
        app: Any = self.app
        consumer._fetch_max_wait_ms = app.fetch_max_wait_ms
        return consumer

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's own signature
        max_records: int | None = None,
    ) -> dict[TP, Any]:
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        with fetcher._subscriptions.fetch_context():
            return await self._drained(fetcher, active_partitions, timeout or 0.0, max_records or 4000)

    async def _drained(self, fetcher: Any, partitions: set[TP], wait_s: float, limit: int) -> dict[TP, Batch]:
        deadline = time.monotonic() + wait_s
        while True:
            if fetcher._subscriptions.reassignment_in_progress:
                await fetcher._subscriptions.wait_for_assignment()
            found = self._take(fetcher, partitions, limit)
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            waiter = fetcher._create_fetch_waiter()
            done, _ = await asyncio.wait([waiter], timeout=left)
            if not done or fetcher._closed:
                waiter.cancel()
                return {}
            waiter.result()

    def _take(self, fetcher: Any, partitions: set[TP], limit: int) -> dict[TP, Batch]:
        found: dict[TP, Batch] = {}
        for tp in list(fetcher._records):
            if partitions and tp not in partitions:
                if not fetcher._subscriptions.is_assigned(tp):
                    del fetcher._records[tp]
                continue
            fetched = fetcher._records[tp]
            if type(fetched) is not FetchResult:
                if found:
                    break
                del fetcher._records[tp]
                fetcher._notify(fetcher._wait_consume_future)
                fetched.check_raise()
                continue
            batch = read_bulk(tp, fetched, limit)
            if not fetched.has_more():
                del fetcher._records[tp]
                fetcher._notify(fetcher._wait_consume_future)
            if batch is not None:
                found[tp] = batch
        return found


def read_bulk(tp: TopicPartition, fetched: Any, limit: int) -> Batch | None:
    """Whole record batches of one fetch, up to about `limit` records; None when the fetch is of no use any more.

    CRCs are checked, control batches skipped, and the consumer's position moved, as the driver's own reader does.
    """
    if not fetched.check_assignment(tp) or not fetched.has_more():
        return None
    parts = fetched._partition_records
    start, memory = parts.next_fetch_offset, parts._records
    records: list[Record] = []
    while memory.has_next() and len(records) < limit:
        batch = memory.next_batch()
        if parts._check_crcs and not batch.validate_crc():
            message = f"invalid CRC in {tp}"
            raise CorruptRecordException(message)
        if not batch.is_control_batch:
            listed = list(batch)
            if listed and listed[0].offset < parts.next_fetch_offset:
                listed = [record for record in listed if record.offset >= parts.next_fetch_offset]
            records += listed
        parts.next_fetch_offset = batch.next_offset
    fetched._update_position()
    state = fetched._assignment.state_value(tp)
    end = parts.next_fetch_offset if state.highwater is None else state.highwater
    batch = Batch(tp.topic, tp.partition, start, parts.next_fetch_offset, end, records)
    if not memory.has_next():
        fetched._partition_records = None
    return batch if batch.next > batch.start else None


class Consumer(driver.Consumer):
    """The driver's consumer, one message a batch."""

    app: Any  # the worker's app: Faust's interface and the callbacks of `streams.worker.app`
    _thread: ConsumerThread

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            began = float("-inf")
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                await self.sleep(max(0.0, began + _APART_S - time.monotonic()))
                began = time.monotonic()
                await self._drain_once()
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _drain_once(self) -> None:
        fetched, active = await self._wait_next_records(1.0)
        batches: dict[TP, Any] = dict(fetched) if fetched else {}
        if self.should_stop:
            return
        generation = self.app.consumer_generation_id
        for tp, batch in list(batches.items()):
            if not self.flow_active or self.app.consumer_generation_id != generation:
                break
            if active is None or tp in active or tp in self._buffered_partitions:
                await self.wait_first(self.callback(self._message(tp, batch)), self.suspend_flow.wait())
                if self.suspend_flow.is_set():
                    break  # it may or may not have been taken: whoever reads it twice knows
                del batches[tp]
        if batches:
            # Partitions move, and their positions with them; recovery, too, waits for what it has sought.
            await self._thread.put_back(batches.values())

    def _message(self, tp: TP, batch: Batch) -> ConsumerMessage:
        value: Any = batch
        last = batch.records[-1].timestamp if batch.records else 0
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            batch.next - 1,
            last / 1000.0,
            0,
            None,
            b"",
            value,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def heard_at(self, tp: TP) -> float:
        """When the broker last said where a partition ends, epoch seconds; -inf when never."""
        return self._thread.heard_at(tp)

    async def perform_seek(self) -> None:
        """Go to the committed positions, and tell the worker where that is."""
        committed = await self.seek_to_committed()
        self.app.positions_committed(committed)
        wanted = {tp: max(offset or 0, 0) for tp, offset in committed.items() if not self._is_changelog_tp(tp)}
        await self._thread.seek_all(wanted)


class Transport(driver.Transport):
    """Registered under the URL scheme `pulse://`."""

    Consumer = Consumer


def place(topic: str, partition: int) -> TP:
    """A topic partition as driver and Faust name it."""
    return cast("TP", TopicPartition(topic, partition))


def register() -> None:
    """Make `pulse://host:port` a transport that Faust knows; idempotent."""
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"
