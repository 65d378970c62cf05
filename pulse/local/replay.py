"""The way back for a broker that keeps nothing: the stored events, ordered by time, produced to their topics again.

Source and id stay what they were, so the warehouse shows no event twice. Writing follows the readers' progress, so the
in-memory broker drops nothing. `python -m pulse.local.replay` runs it with the settings of the process and ends.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import structlog
from aiokafka import AIOKafkaProducer

from consumers.runtime.clickhouse import ClickHouse, connect, rows
from pulse import logs
from pulse.lag import unread
from pulse.local import lifeline
from pulse.settings import load
from schemas.broker import Broker
from schemas.codec import STRUCTURED_HEADERS
from schemas.topics import EVENT_TOPICS, INPUT_TOPICS, SINK_GROUP, WORKER_APP
from streams.pacing import Pacer

BATCH: Final = 500
SAY_EVERY_S: Final = 5.0
PATIENCE_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.5
_STORED: Final = "SELECT topic, account_id, payload FROM events FINAL ORDER BY time, record_at, partition, offset"

log = structlog.get_logger()


class Stored(NamedTuple):
    """One stored event: where it came from and the CloudEvent as JSON."""

    topic: str
    key: str
    payload: str


def count_stored(clickhouse: ClickHouse) -> int:
    """How many events the warehouse holds."""
    client = connect(clickhouse)
    try:
        (found,) = rows(client, "SELECT count() AS events FROM events FINAL")
        return int(found["events"])
    finally:
        client.close()


def stored(clickhouse: ClickHouse) -> Iterator[Stored]:
    """Every event of the warehouse in the order of its time, read as it is taken."""
    client = connect(clickhouse)
    try:
        with client.query_rows_stream(_STORED) as found:
            for topic, key, payload in found:
                yield Stored(topic, key, payload)
    finally:
        client.close()


def chunks(events: Iterable[Stored], size: int = BATCH) -> Iterator[list[Stored]]:
    """The events in lists of `size`, the last one shorter.

    >>> [len(chunk) for chunk in chunks([Stored("t", "k", "{}")] * 5, 2)]
    [2, 2, 1]
    """
    chunk: list[Stored] = []
    for event in events:
        chunk.append(event)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def replay(events: Iterable[Stored], broker: Broker, on_progress: Callable[[int], None]) -> int:
    """Produce the events in their order, acknowledged by all replicas; returns how many."""
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all", linger_ms=5, max_batch_size=256 * 1024)
    pacer = Pacer(broker, [topic.name for topic in INPUT_TOPICS])
    await producer.start()
    await pacer.start()
    written = 0
    try:
        source = chunks(events)
        while chunk := await asyncio.to_thread(next, source, None):
            await _write(chunk, producer, pacer)
            written += len(chunk)
            on_progress(written)
    finally:
        await pacer.stop()
        await producer.stop()
    return written


async def caught_up(broker: Broker, patience_s: float = PATIENCE_S) -> bool:
    """Wait until worker and sink have read everything; False when they read nothing for `patience_s`."""
    least, quiet_s = float("inf"), 0.0
    while quiet_s < patience_s:
        left = await asyncio.to_thread(_unread, broker)
        if left == 0:
            return True
        quiet_s = 0.0 if left < least else quiet_s + _LOOK_EVERY_S
        least = min(least, left)
        await asyncio.sleep(_LOOK_EVERY_S)
    return False


def _unread(broker: Broker) -> int:
    names = [topic.name for topic in EVENT_TOPICS]
    return max(unread(broker, group, names) for group in (WORKER_APP, SINK_GROUP))


async def _write(chunk: Sequence[Stored], producer: AIOKafkaProducer, pacer: Pacer) -> None:
    sizes: Counter[str] = Counter()
    for event in chunk:
        sizes[event.topic] += len(event.payload)
    await pacer.room_in_all(sizes)
    with pacer.writing(sizes):
        sent = [
            await producer.send(event.topic, event.payload.encode(), key=event.key.encode(), headers=STRUCTURED_HEADERS)
            for event in chunk
        ]
        for event, acknowledged in zip(chunk, await asyncio.gather(*sent), strict=True):
            pacer.wrote(event.topic, acknowledged.partition, acknowledged.offset, len(event.payload), 1)


class Progress:
    """Says from time to time how far it is; `clock` is monotonic seconds."""

    def __init__(self, total: int, clock: Callable[[], float]) -> None:
        self._total = total
        self._clock = clock
        self._said_at = clock()

    def __call__(self, done: int) -> None:
        """`done` events are written."""
        if self._clock() - self._said_at >= SAY_EVERY_S:
            self._said_at = self._clock()
            log.info("replaying", done=done, of=self._total, tell=True)


async def bring_back(clickhouse: ClickHouse, broker: Broker) -> int:
    """Replay what the warehouse holds and wait until it is in every score; returns how many events."""
    progress = Progress(count_stored(clickhouse), time.monotonic)
    written = await replay(stored(clickhouse), broker, progress)
    if not await caught_up(broker):
        log.warning("readers_are_behind", hint="their logs say why; the stack opens and they go on")
    return written


def main() -> int:
    """Replay by the settings of the process."""
    settings = load(["logs", "broker", "clickhouse"])
    logs.configure(settings.part(logs.LogSettings), "replay")
    lifeline.watch()
    try:
        written = asyncio.run(bring_back(settings.part(ClickHouse), settings.part(Broker)))
    except Exception:
        log.exception("replay_failed")
        return 1
    log.info("replayed", events=written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
