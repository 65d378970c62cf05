"""The Faust application: Faust runs group membership, assignment, recovery and standby; the rest is ours."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

import faust
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.app.base import BootStrategy
from faust.types import TP

from schemas.broker import Broker
from schemas.topics import CHANGELOG, EVENT_TOPICS, STATE_TABLE, WORKER_APP
from streams.worker import metrics, store, transport
from streams.worker.catching_up import catch_up
from streams.worker.engine import Engine
from streams.worker.errors import StateLost, TopicMadeAnew, WorkerError, WrongPartitionCount
from streams.worker.flush import Flusher
from streams.worker.memory import give_back
from streams.worker.settings import WorkerSettings
from streams.worker.store import ColumnStore
from streams.worker.transport import Batch

_SAME_MISFIT: Final = 3
_BEYOND_SESSION_S: Final = 32.0
"""A request must be given more time than a session, and than a rebalance."""
_HEARTBEAT_S: Final = 0.5
"""A heartbeat's answer is how a worker learns that partitions move: whoever leaves or dies is missed so much longer."""
_STALLED_S: Final = 2.5
"""Whoever did not look for so long was stopped, for no flush takes so long."""
_ANSWER_S: Final = 1.0
"""Longer than a fetch waits for its answer."""
_EMBEDDED_FETCH_WAIT_MS: Final = 20
"""The in-memory broker answers a fetch that found nothing only when its time is up, whatever has come meanwhile."""

_log = structlog.get_logger()


class _WithoutWeb(BootStrategy):
    enable_web = False


class WorkerApp(faust.App):
    """Faust's app with the worker's callbacks. `wire` must be called before it starts."""

    BootStrategy = _WithoutWeb
    engine: Engine
    flusher: Flusher
    store: ColumnStore
    on_ready: Callable[[], None]
    read_policies: Callable[[], Awaitable[None]]
    fetch_max_wait_ms: int = 500
    bootstrap: str = ""

    def wire(self, engine: Engine, flusher: Flusher, on_ready: Callable[[], None]) -> None:
        """Give the app what it drives."""
        self.engine, self.flusher, self.on_ready = engine, flusher, on_ready
        self.read_policies = _no_policies
        """Reads account.policies to its end: awaited before anything of a new assignment is judged."""
        self.fatal: BaseException | None = None
        self.stopped_for_good = asyncio.Event()
        self.wake = asyncio.Event()
        self._committed: dict[Any, int | None] = {}
        self._misfits: dict[tuple[str, int, int], int] = {}
        self._recovering_since = time.monotonic()
        self._assignments = 0
        self._looked_at, self._trusted_from = float("inf"), float("-inf")

    def _create_directories(self) -> None:
        """None: the store keeps nothing on disk, and Faust would make its folders in the working directory."""

    def attach_store(self, column_store: ColumnStore) -> None:
        """Called by the store when Faust makes it."""
        self.store = column_store

    def on_rebalanced(self, kept: set[int], generation: int) -> None:
        """A new assignment: what is not ours any more is forgotten, the rest waits for recovery."""
        self._recovering_since = time.monotonic()
        self._assignments += 1
        self.engine.disown(set(self.engine.owned) - kept)
        _log.info("partitions_assigned", partitions=sorted(kept), generation=generation)
        self._check_partition_counts()

    def _check_partition_counts(self) -> None:
        """Topics of unlike counts would put an account's facts into unlike partitions: half of each, twice."""
        expected = self.conf.topic_partitions
        counts = {topic.name: self.consumer.topic_partitions(topic.name) for topic in (*EVENT_TOPICS, CHANGELOG)}
        wrong = {topic: found for topic, found in counts.items() if found not in (None, expected)}
        if wrong:
            self.fail(WrongPartitionCount(wrong, expected))

    async def on_recovered(self, active: set[int], standby: set[int]) -> None:
        """Recovery is complete: own the active partitions, unless their changelog lost its beginning.

        Partitions may move again while what recovery left out is read: what is held of them then is another recovery's,
        which has only begun.
        """
        assignment = self._assignments
        try:
            await self._check_changelog(active)
            await self.read_policies()
        except (StateLost, ValueError, KafkaError) as error:
            if assignment == self._assignments:
                self.fail(error)
            return
        if assignment != self._assignments:
            _log.info("recovery_overtaken", partitions=sorted(active))
            return
        self.engine.disown(set(self.engine.owned) - active)
        for number in sorted(active):
            self.engine.own(number, self.store.of(number), self.consumer_generation_id)
        give_back()
        metrics.RECOVERY_S.set(time.monotonic() - self._recovering_since)
        accounts = sum(len(self.store.of(number).partition) for number in active)
        _log.info("recovered", partitions=sorted(active), standby=sorted(standby), accounts=accounts)

    async def _check_changelog(self, active: set[int]) -> None:
        topic = CHANGELOG.name
        places = [transport.place(topic, number) for number in sorted(active)]
        first = await self.consumer.earliest_offsets(*places) if places else {}
        ends = await self.consumer.highwaters(*places) if places else {}
        for tp, offset in first.items():
            held, end = self.store.of(tp.partition), ends.get(tp) or 0
            if offset and offset > held.recovered_from + 1:
                raise StateLost(topic, tp.partition, held.recovered_from + 1, offset)
            if end > held.offset + 1:
                await catch_up(self.bootstrap, cast("TopicPartition", tp), held, end)

    async def unstick(self, before: dict[TP, int]) -> dict[TP, int]:
        """Read on where nothing was read since `before` although more was there already. Returns where more is there
        now, and the positions.

        Moving partitions may leave one paused, or at a position that nobody was told of.
        """
        now = {
            transport.place(topic.name, owned.number): owned.position.get(topic.name, -1)
            for owned in self.engine.owned.values()
            for topic in EVENT_TOPICS
        }
        ends = await self.consumer.highwaters(*now) if now else {}
        waiting = {tp: now[tp] for tp, end in ends.items() if (end or 0) > max(now[tp], 0)}
        stuck = {tp for tp, position in waiting.items() if before.get(tp) == position}
        if stuck and not self.rebalancing:
            _log.warning("reading_stuck", places=sorted(f"{tp.topic}[{tp.partition}]" for tp in stuck))
            self.consumer.resume_partitions(stuck)
            await self.consumer.perform_seek()
        return waiting

    def positions_committed(self, committed: Mapping[Any, int | None]) -> None:
        """The consumer goes to the committed positions; reading begins."""
        self._committed = dict(committed)
        self.engine.seek_to({(tp.topic, tp.partition): offset for tp, offset in committed.items()})
        if self.engine.owned:
            self.on_ready()

    def fail(self, error: BaseException) -> None:
        """Stop the process with this error; nothing is flushed or committed after it."""
        _log.error("worker_stops", error=str(error))
        self.fatal = error
        self.engine.disown(list(self.engine.owned))
        self.stopped_for_good.set()

    def has_room(self, settings: WorkerSettings) -> bool:
        """Whether more may be folded before a flush has taken what is there."""
        return self.engine.unflushed < settings.max_unflushed and self.engine.changed < settings.max_changed

    async def take_batch(self, batch: Batch, settings: WorkerSettings) -> None:
        """Fold a batch, or drop it and seek when it does not begin where it must."""
        while not self.has_room(settings):
            self.flusher.took.clear()
            self.wake.set()
            await self.flusher.took.wait()
        expected = self.engine.expected(batch.topic, batch.partition)
        if expected is None:
            return  # not ours, or not yet: the consumer is told where to read from when it is
        if batch.start != expected:
            await self._seek_back(batch, expected)
            return
        self.engine.take_in(batch, time.time())
        self.wake.set()

    async def _seek_back(self, batch: Batch, expected: int) -> None:
        tp = transport.place(batch.topic, batch.partition)
        key = (batch.topic, batch.partition, expected)
        seen = self._misfits[key] = self._misfits.get(key, 0) + 1
        _log.info(
            "batch_out_of_place", topic=batch.topic, partition=batch.partition, start=batch.start, wanted=expected
        )
        if seen >= _SAME_MISFIT:
            first, end = (await self.consumer.earliest_offsets(tp))[tp], (await self.consumer.highwaters(tp))[tp]
            if first > expected:
                self.fail(StateLost(batch.topic, batch.partition, expected, first))
                return
            if end < expected:
                self.fail(TopicMadeAnew(batch.topic, batch.partition, expected, end))
                return
        await self.consumer.seek(tp, expected)

    def look_at_ends(self, now: float) -> None:
        """Tell the engine where the source partitions end and since when that is known, so that quiet ones do not hold
        time back. `now` is the clock, epoch seconds.
        """
        if now - self._looked_at > _STALLED_S:
            self._trusted_from = now + _ANSWER_S  # answers that waited for us are stamped when we wake up
        self._looked_at = now
        heard: Callable[[TP], float] = cast("Any", self.consumer).heard_at
        for number in list(self.engine.owned):
            for topic in EVENT_TOPICS:
                end, heard_at = self.end_of(topic.name, number), heard(transport.place(topic.name, number))
                if end is not None and heard_at >= self._trusted_from:
                    self.engine.mark_end(topic.name, number, end, heard_at)

    def end_of(self, topic: str, number: int) -> int | None:
        """The offset at which a source partition ends, as last heard of; None when it is not read here."""
        tp = transport.place(topic, number)
        return self.consumer.highwater(tp) if tp in self.consumer.assignment() else None

    async def hand_over(self) -> None:
        """Flush and commit while still the owner."""
        try:
            await self.flusher.flush(time.time())
        except WorkerError as error:
            self.fail(error)
            return
        await self.commit_durable()

    async def commit_durable(self) -> None:
        """Commit what is durable; what was committed before is not sent again."""
        assignment = self.consumer.assignment()
        wanted = {transport.place(*place): offset for place, offset in self.flusher.committable().items()}
        fresh = {tp: offset for tp, offset in wanted.items() if tp in assignment and self._committed.get(tp) != offset}
        consumer: Any = self.consumer
        if fresh and await consumer._commit(fresh):
            self._committed.update(fresh)


async def _no_policies() -> None:
    """For an app that nobody gave a reader."""


def build(settings: WorkerSettings, broker: Broker) -> WorkerApp:
    """The app, not yet wired or started."""
    transport.register()
    store.register()
    app = WorkerApp(
        WORKER_APP,
        broker=f"{transport.SCHEME}://{broker.bootstrap.replace(',', ';')}",
        store=f"{store.SCHEME}://",
        Table=store.StateTable,
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=broker.partitions,
        table_standby_replicas=settings.standby_replicas,
        stream_wait_empty=False,
        stream_buffer_maxsize=8,
        broker_max_poll_records=settings.max_batch,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=min(_HEARTBEAT_S, settings.session_timeout_s / 4),
        broker_rebalance_timeout=30.0,
        broker_request_timeout=settings.session_timeout_s + _BEYOND_SESSION_S,
        broker_check_crcs=True,
        consumer_max_fetch_size=1024 * 1024,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        web_enabled=False,
    )
    app.bootstrap = broker.bootstrap
    if broker.embedded:
        app.fetch_max_wait_ms = _EMBEDDED_FETCH_WAIT_MS
    source = app.topic(
        *(topic.name for topic in EVENT_TOPICS), value_serializer=store.CODEC, key_serializer="raw", acks=False
    )
    app.Table(STATE_TABLE, key_type=bytes, value_type=bytes, partitions=broker.partitions, recovery_buffer_size=4)

    @app.agent(source, concurrency=1)
    async def accounts(stream: Any) -> None:
        async for event in stream.events():
            await app.take_batch(event.message.value, settings)

    @app.on_partitions_revoked.connect
    async def revoked(*_: Any, **__: Any) -> None:
        await app.hand_over()

    return app
