"""Reading what recovery left out.

Faust says that recovery is complete by offsets it counts itself, and after rebalances that follow one another closely
it has said so with thousands of changelog records unread. A worker that goes on from there overwrites newer rows, so
the end of the log is asked for once more and what is missing is read here, by a consumer of its own.
"""

import asyncio
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.worker.store import Held
from streams.worker.transport import Batch

_WAIT_MS = 500
_MAX_RECORDS = 4_000
_log = structlog.get_logger()


async def catch_up(bootstrap: str, place: TopicPartition, held: Held, end: int) -> None:
    """Apply the changelog partition's records up to `end`, the offset behind the last one.

    Raises:
        ValueError: one of them cannot be read.
        aiokafka.errors.KafkaError: the broker does not answer.
    """
    _log.warning("recovery_left_out", partition=place.partition, held=held.offset + 1, end=end)
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="none", check_crcs=True
    )
    await consumer.start()
    try:
        consumer.assign([place])
        consumer.seek(place, held.offset + 1)
        while held.offset + 1 < end:
            found = await consumer.getmany(place, timeout_ms=_WAIT_MS, max_records=_MAX_RECORDS)
            begin, position = held.offset + 1, await consumer.position(place)
            held.apply(Batch(place.topic, place.partition, begin, position, end, found.get(place, [])))
            await asyncio.sleep(0)
    finally:
        await consumer.stop()
