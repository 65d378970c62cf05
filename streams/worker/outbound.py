"""Writing many records to one partition: batches built whole, all acknowledged before it returns."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from aiokafka import AIOKafkaProducer

_OVERHEAD: Final = 40
"""About what a record weighs beside its key and value, bytes."""

Message = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]
"""Key, value, headers."""


async def write(producer: AIOKafkaProducer, topic: str, partition: int, messages: Iterable[Message]) -> tuple[int, int]:
    """Write `messages` in order; returns the last offset (-1 for none) and the bytes written.

    Raises:
        aiokafka.errors.KafkaError: not all were acknowledged; some may have been written.
    """
    pending, counts, size = [], [], 0
    batch = producer.create_batch()
    for key, value, headers in messages:
        size += len(key or b"") + len(value or b"") + _OVERHEAD
        if batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is not None:
            continue
        counts.append(batch.record_count())
        pending.append(await producer.send_batch(batch, topic, partition=partition))
        batch = producer.create_batch()
        if batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is None:
            message = f"a record of {len(value or b'')} bytes for {topic} does not fit an empty batch"
            raise ValueError(message)
    if batch.record_count():
        counts.append(batch.record_count())
        pending.append(await producer.send_batch(batch, topic, partition=partition))
    acknowledged = await asyncio.gather(*pending)
    last = [done.offset + count - 1 for done, count in zip(acknowledged, counts, strict=True)]
    return max(last, default=-1), size
