"""The thread that follows the topics. In no group, it commits nothing: every console reads all, from near the end.

It never reads more than the ring can hold: when it falls further behind it jumps, and says so, and the open pages read
themselves anew from the warehouse. It reads on when the hub has taken what was posted: a loop that is busy holds up the
reading, and what it has not read stays on the topics.
"""

import asyncio
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import structlog
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from consumers.console import metrics
from consumers.console.live.hub import Batch, Hub
from consumers.console.live.position import LIVE_TOPICS
from consumers.console.live.ring import Record
from consumers.runtime.connect import free_consumer, when_reachable
from consumers.runtime.errors import StoppedEarly
from schemas.broker import Broker
from schemas.topics import SINK_GROUP

log = structlog.get_logger()

_POLL_MS: Final = 50
_LOOK_AGAIN_S: Final = 0.5
_BREATH_S: Final = 0.02
_UNTAKEN: Final = 2
_REST_S: Final = 0.25
"""Between two polls while no page is open: whoever opens one waits this much longer, once."""


class Reader:
    """Reads until `stop` is set and hands what it finds to the hub, on the loop that the hub lives on."""

    def __init__(
        self, broker: Broker, ring_records: int, stop: threading.Event, hub: Hub, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._broker = broker
        self._ring_records = ring_records
        self._stop = stop
        self._hub = hub
        self._loop = loop
        self._next: dict[TopicPartition, int] = {}
        self._order = count()
        self._looked_at = 0.0
        self._taken = threading.Semaphore(_UNTAKEN)

    def run(self) -> None:
        """Follow the topics; a broker that is away or refuses is asked again."""
        while not self._stop.is_set():
            try:
                self._follow()
            except StoppedEarly:
                return
            except KafkaError as error:
                log.warning("live_reader_again", error=type(error).__name__, detail=str(error)[:200])
                self._stop.wait(_LOOK_AGAIN_S)

    def _follow(self) -> None:
        consumer = free_consumer(self._broker, "account-pulse-console", self._stop)
        progress = when_reachable(self._broker, self._stop, lambda: _admin(self._broker))
        try:
            self._looked_at = 0.0
            while not self._stop.is_set():
                self._look(consumer, progress)
                self._read(consumer)
                self._stop.wait(_BREATH_S if self._hub.open_pages else _REST_S)
        finally:
            consumer.close(autocommit=False)
            progress.close()

    def _look(self, consumer: KafkaConsumer, progress: KafkaAdminClient) -> None:
        """Twice a second: new partitions, being too far behind, and how far the warehouse is."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_AGAIN_S:
            return
        self._looked_at = now
        self._assign(consumer)
        self._jump(consumer)
        self._post(Batch(settled=_settled(progress, self._next)))

    def _assign(self, consumer: KafkaConsumer) -> None:
        places = {
            TopicPartition(topic, partition)
            for topic in LIVE_TOPICS
            for partition in consumer.partitions_for_topic(topic) or ()
        }
        if new := places - consumer.assignment():
            consumer.assign(sorted(places))
            self._seek(consumer, sorted(places), begin=sorted(new - self._next.keys()))

    def _seek(self, consumer: KafkaConsumer, places: Iterable[TopicPartition], begin: list[TopicPartition]) -> None:
        """Go on where we were; partitions we never read begin one ring's length before their end."""
        started = self._near_end(consumer, begin)
        self._next |= {place: at for place, (at, _) in started.items()}
        for place in places:
            consumer.seek(place, self._next[place])
        told = (((place.topic, place.partition), at, end) for place, (at, end) in started.items())
        self._post(Batch(started=tuple(told)))

    def _jump(self, consumer: KafkaConsumer) -> None:
        behind = [
            place for place, at in self._next.items() if (consumer.highwater(place) or 0) - at > self._ring_records
        ]
        if behind:
            log.info("live_reader_jumps", partitions=len(behind))
            self._seek(consumer, behind, begin=behind)

    def _near_end(self, consumer: KafkaConsumer, places: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """Where to begin in each partition, and where it ends."""
        if not places:
            return {}
        first, end = consumer.beginning_offsets(places), consumer.end_offsets(places)
        return {place: (max(first[place], end[place] - self._ring_records), end[place]) for place in places}

    def _read(self, consumer: KafkaConsumer) -> None:
        polled = consumer.poll(timeout_ms=_POLL_MS, max_records=self._ring_records)
        records = tuple(self._record(raw) for batch in polled.values() for raw in batch)
        if not records:
            return
        for place, batch in polled.items():
            self._next[place] = batch[-1].offset + 1
            metrics.RECORDS.labels(place.topic).inc(len(batch))
        self._post(Batch(records=records))

    def _post(self, batch: Batch) -> None:
        """Hand it to the loop; waits while as many are on their way as may be.

        Raises:
            StoppedEarly: a stop was asked for meanwhile.
        """
        while not self._taken.acquire(timeout=_REST_S):
            if self._stop.is_set():
                raise StoppedEarly
        self._loop.call_soon_threadsafe(self._take, batch)

    def _take(self, batch: Batch) -> None:
        """On the loop."""
        self._taken.release()
        self._hub.take(batch)

    def _record(self, raw: Any) -> Record:
        return Record(
            order=next(self._order),
            topic=raw.topic,
            partition=raw.partition,
            offset=raw.offset,
            key=(raw.key or b"").decode(errors="replace"),
            value=raw.value or b"",
            headers=tuple(raw.headers),
            written_at=datetime.fromtimestamp(raw.timestamp / 1000, UTC),
        )


def _admin(broker: Broker) -> KafkaAdminClient:
    return KafkaAdminClient(
        bootstrap_servers=broker.bootstrap.split(","),
        api_version=(2, 3) if broker.embedded else None,
        client_id="account-pulse-console-progress",
        bootstrap_timeout_ms=3_000,
    )


def _settled(progress: KafkaAdminClient, places: Iterable[TopicPartition]) -> dict[tuple[str, int], int]:
    """How far the warehouse's group has committed; what it never committed is left out."""
    committed = progress.list_group_offsets({SINK_GROUP: list(places)})[SINK_GROUP]
    return {(place.topic, place.partition): at.offset for place, at in committed.items() if at.offset >= 0}
