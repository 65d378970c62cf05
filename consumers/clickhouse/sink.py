"""The sink process: every topic into ClickHouse, offsets committed only after ClickHouse confirmed.

Shell only: reading.py decides what a record is, blocks.py what is written, writer.py writes. What is written twice
falls on the same keys, so nothing here remembers what was done.
"""

import gc
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from consumers.clickhouse import metrics
from consumers.clickhouse.blocks import set_apart, to_blocks
from consumers.clickhouse.reading import Sorted, sort
from consumers.clickhouse.settings import SinkSettings
from consumers.clickhouse.writer import Writer
from consumers.runtime import loop
from consumers.runtime.clickhouse import ClickHouse
from consumers.runtime.status import Status
from consumers.runtime.stopping import stop_signals
from consumers.runtime.subscription import Record, Subscription
from schemas.broker import Broker
from schemas.errors import BadEvent, Reason
from schemas.topics import INPUT_TOPICS, OUTPUT_TOPICS, SINK_GROUP

_GATHER_S: Final = 0.15
TOPICS: Final = tuple(topic.name for topic in (*INPUT_TOPICS, *OUTPUT_TOPICS))

log = structlog.get_logger()


def run(
    settings: SinkSettings, clickhouse: ClickHouse, broker: Broker, on_ready: Callable[[], None], status: Status
) -> None:
    """Carry until SIGTERM or SIGINT; `status` is kept true.

    ClickHouse may be away, at the start too: nothing is skipped meanwhile.
    """
    _calm_collector()
    subscription = Subscription(
        group=SINK_GROUP,
        topics=TOPICS,
        max_records=settings.max_records,
        max_bytes=settings.max_batch_bytes,
        fetch_bytes=settings.max_fetch_bytes,
        poll_s=settings.poll_s,
        gather_s=_GATHER_S if broker.embedded else 0.0,
        session_timeout_s=settings.session_timeout_s,
        instance_id=settings.instance_id,
        status=status,
    )
    sink = Sink(clickhouse, broker.partitions, lambda: datetime.now(UTC))
    with stop_signals() as stop:
        try:
            loop.run(subscription, broker, sink, stop, on_ready)
        finally:
            sink.close()


class Sink:
    """What the loop calls. `clock` tells the time of day: events from its future are refused, as the worker does."""

    def __init__(self, clickhouse: ClickHouse, partitions: int, clock: Callable[[], datetime]) -> None:
        self._writer = Writer(clickhouse)
        self._partitions = partitions
        self._clock = clock

    def handle(self, records: Sequence[Record]) -> None:
        """Write the batch.

        Raises:
            Retry: ClickHouse did not confirm all of it.
        """
        now = self._clock()
        batch = sort(records, self._partitions, now)
        for record, why in self._writer.write(to_blocks(batch, now)):
            bad = BadEvent(Reason.INVALID, f"the database refused it: {why}")
            self._writer.write(set_apart(record, bad, now))
            batch.unreadable.append((record, bad))
        _count(batch)
        metrics.DELAY.set(self._clock().timestamp() - max(record.timestamp for record in records) / 1000)

    def idle(self) -> None:
        """Nothing waits here: every batch is written when it comes."""

    def close(self) -> None:
        """Give the connection back."""
        self._writer.close()


def _calm_collector() -> None:
    """A batch makes some hundred thousand objects at once and drops them together: looking for cycles among them at
    every 700 halves the speed of validation.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def _count(batch: Sorted) -> None:
    """Once it is written: a batch that is tried again is counted once."""
    for record, bad in batch.refused:
        metrics.REFUSED.labels(record.topic, bad.reason.value).inc()
    for record, bad in batch.unreadable:
        metrics.SET_APART.labels(record.topic, bad.reason.value).inc()
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        log.warning("record_set_apart", **place, reason=bad.reason.value, detail=bad.detail)
