"""The flush: (1) changed rows with their outboxes, acknowledged on the changelog; (2) what they decided, told; (3) the
partition's record that all was told. Source offsets are committed later, up to what is durable.

One flush at a time. A flush that fails is written again with the same content until it succeeds or the partition is
gone.
"""

import asyncio
import time
from collections import defaultdict
from typing import Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas import topics
from schemas.broker import Broker
from streams.pacing import Pacer
from streams.worker import metrics
from streams.worker.engine import Engine, Taken
from streams.worker.errors import Superseded
from streams.worker.memory import give_back
from streams.worker.outbound import Message, write
from streams.worker.rows import PARTITION_KEY

BATCH_BYTES: Final = 900_000
"""Before compression. One batch of a partition is on its way at a time, so few large ones are soonest there; a broker's
own limit (`max.message.bytes`) is a little over a million, and bytes that do not compress must fit it.
"""
MAX_REQUEST_BYTES: Final = 4 * 1024 * 1024
_RETRY_S: Final = 0.5
_LARGE_ROWS: Final = 20_000
_PACED_RECORDS: Final = 500
_log = structlog.get_logger()


def new_producer(broker: Broker) -> AIOKafkaProducer:
    """The producer of rows and outputs: all replicas acknowledge, nothing is reordered by a retry."""
    return AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap,
        acks="all",
        enable_idempotence=not broker.embedded,  # the in-memory broker has one copy and loses no acknowledgement
        compression_type="zstd",
        max_batch_size=BATCH_BYTES,
        max_request_size=MAX_REQUEST_BYTES,
        request_timeout_ms=15_000,
    )


class Flusher:
    """Writes what the engine says. `written` holds the positions that may be committed."""

    def __init__(self, engine: Engine, producer: AIOKafkaProducer, pacer: Pacer) -> None:
        self._engine = engine
        self._producer = producer
        self._pacer = pacer
        self._lock = asyncio.Lock()
        self.took = asyncio.Event()
        """Set when a flush has taken what was folded: whoever had no room for more has it while this is written."""

    async def flush(self, now: float) -> bool:
        """Take and write once; whether there was anything."""
        async with self._lock:
            started = time.monotonic()
            taken = self._engine.take(now)
            self.took.set()
            if not taken:
                return False
            try:
                await asyncio.gather(*(self._until_written(part) for part in taken))
            except asyncio.CancelledError:
                self._engine.put_back(part for part in taken if not part.written)
                raise
            took_s = time.monotonic() - started
            metrics.FLUSH_MS.observe(took_s * 1000.0)
            metrics.FLUSH_ROWS.observe(sum(len(part.rows) for part in taken))
            metrics.UNFLUSHED.set(self._engine.unflushed)
            metrics.CHANGED.set(self._engine.changed)
            oldest_cause = min(part.oldest_cause for part in taken)
            if oldest_cause < now:
                metrics.EVENT_TO_HEALTH_MS.observe((now + took_s - oldest_cause) * 1000.0)
            large = sum(len(part.rows) for part in taken) >= _LARGE_ROWS
            del taken
            if large:
                give_back()
            return True

    def committable(self) -> dict[tuple[str, int], int]:
        """Per topic and partition the offset up to which everything is durable and told."""
        return {
            (topic, owned.number): offset
            for owned in self._engine.owned.values()
            for topic, offset in owned.durable.items()
        }

    async def _until_written(self, part: Taken) -> None:
        while self._engine.owned.get(part.owned.number) is part.owned:
            try:
                await self._write(part)
            except KafkaError as error:
                _log.warning("flush_retried", partition=part.owned.number, error=repr(error))
                await asyncio.sleep(_RETRY_S)
            else:
                return

    async def _write(self, part: Taken) -> None:
        """In this order: what was never durable must not be told, what may not have been told must not be forgotten."""
        await self._keep(part)
        await self._tell(part)
        if part.outputs:
            await self._log(part, [(PARTITION_KEY, part.told.to_bytes(), ())])
            part.owned.held.told = part.told
        part.owned.durable.update(part.positions)
        part.written = True

    async def _keep(self, part: Taken) -> None:
        """Make the rows durable, and with them what they decided."""
        if part.rows:
            await self._log(part, part.rows)

    async def _log(self, part: Taken, records: list[Message]) -> None:
        held = part.owned.held
        last, _ = await write(self._producer, topics.CHANGELOG.name, part.owned.number, records)
        first = last + 1 - len(records)
        if first != held.offset + 1:
            raise Superseded(part.owned.number, held.offset + 1, first)
        held.offset = last

    async def _tell(self, part: Taken) -> None:
        """Publish what was decided, and what was refused."""
        number = part.owned.number
        by_topic: defaultdict[str, list[Message]] = defaultdict(list)
        for key, output in part.outputs:
            by_topic[output.topic].append((key, output.value, ()))
        if part.beside:
            by_topic[topics.SHADOW.name] = part.beside
        if part.refused:
            by_topic[topics.DEAD_LETTERS.name] = part.refused
        told = (self._tell_on(topic, number, messages) for topic, messages in by_topic.items())
        await asyncio.gather(*told)

    async def _tell_on(self, topic: str, number: int, messages: list[Message]) -> None:
        """All at once, for each wait for the broker delays the next flush; little by little where it must be paced."""
        at_once = _PACED_RECORDS if self._pacer.active else len(messages)
        for begin in range(0, len(messages), at_once):
            chunk = messages[begin : begin + at_once]
            await self._pacer.room(topic)
            last, size = await write(self._producer, topic, number, chunk)
            self._pacer.wrote(topic, number, last, size, records=len(chunk))
