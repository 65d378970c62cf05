"""The pacer: what is unread is kept, on a broker that would drop it."""

import asyncio
import random
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.broker import Broker
from schemas.topics import DEAD_LETTERS, DELIVERIES, HEALTH, PURCHASES, READERS, SINK_GROUP, WORKER_APP
from streams.pacing import Pacer, Unread

TOPIC = DEAD_LETTERS.name
PARTITION = TopicPartition(TOPIC, 0)
VALUE_BYTES = 10_000
KEPT_BYTES = 5_000_000
TOTAL_BYTES = 3 * KEPT_BYTES


@asynccontextmanager
async def producing(broker: Broker) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def consuming(
    broker: Broker, group: str = SINK_GROUP, partition: TopicPartition = PARTITION
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
    consumer.assign([partition])
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


@asynccontextmanager
async def pacing(broker: Broker, *topics: str, **limits: int) -> AsyncIterator[Pacer]:
    pacer = Pacer(broker, topics, **limits)
    await pacer.start()
    try:
        yield pacer
    finally:
        await pacer.stop()


async def write(producer: AIOKafkaProducer, pacer: Pacer | None, total_bytes: int) -> int:
    """Write incompressible values as fast as allowed; how many."""
    count = total_bytes // VALUE_BYTES
    value = random.Random(1).randbytes(VALUE_BYTES)
    for _ in range(count):
        if pacer is not None:
            await pacer.room(TOPIC)
        told = await producer.send_and_wait(TOPIC, value, partition=0)
        if pacer is not None:
            pacer.wrote(TOPIC, 0, told.offset, VALUE_BYTES)
    return count


async def read_slowly(consumer: AIOKafkaConsumer, count: int) -> list[int]:
    """Read `count` records, pausing now and then; asserts at each pause that the log still begins at or before us."""
    seen: list[int] = []
    while len(seen) < count:
        seen.append((await consumer.getone(PARTITION)).offset)
        if len(seen) % 50 == 0:
            start = (await consumer.beginning_offsets([PARTITION]))[PARTITION]
            assert start <= seen[-1] + 1, "the broker dropped what was unread"
            await consumer.commit()
            await asyncio.sleep(0.05)
    return seen


def test_a_fast_writer_with_a_slow_reader_loses_nothing(fresh_embedded_broker: Broker) -> None:
    async def scenario() -> tuple[int, list[int]]:
        broker = fresh_embedded_broker
        async with producing(broker) as producer, consuming(broker) as consumer, pacing(broker, TOPIC) as pacer:
            writer = asyncio.create_task(write(producer, pacer, TOTAL_BYTES))
            seen = await read_slowly(consumer, TOTAL_BYTES // VALUE_BYTES)
            return await writer, seen

    count, seen = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert seen == list(range(count))


def test_the_same_writer_without_a_pacer_loses_the_oldest(fresh_embedded_broker: Broker) -> None:
    async def scenario() -> int:
        async with producing(fresh_embedded_broker) as producer, consuming(fresh_embedded_broker) as consumer:
            await write(producer, None, TOTAL_BYTES)
            starts: dict[TopicPartition, int] = await consumer.beginning_offsets([PARTITION])
            return starts[PARTITION]

    assert asyncio.run(asyncio.wait_for(scenario(), 60)) > 0


def test_a_group_that_never_committed_has_read_nothing(fresh_embedded_broker: Broker) -> None:
    """The worker reads purchases too: as long as it has not begun, the sink's progress is not enough."""
    name = PURCHASES.name
    assert READERS[name] == (WORKER_APP, SINK_GROUP)

    async def commit(group: str, offset: int) -> None:
        purchases = TopicPartition(name, 0)
        async with consuming(fresh_embedded_broker, group, purchases) as consumer:
            await consumer.commit({purchases: offset})

    async def scenario() -> None:
        async with producing(fresh_embedded_broker) as producer, pacing(fresh_embedded_broker, name) as pacer:
            told = await producer.send_and_wait(name, b"x", partition=0)
            pacer.wrote(name, 0, told.offset, 3_000_000)
            await commit(SINK_GROUP, 1)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pacer.room(name), 0.5)
            await commit(WORKER_APP, 1)
            await asyncio.wait_for(pacer.room(name), 5)

    asyncio.run(scenario())


def test_promised_bytes_count_before_they_are_acknowledged() -> None:
    pacer = Pacer(Broker(embedded=True), [HEALTH.name, DELIVERIES.name], limit_bytes=1000)
    with pacer.writing({HEALTH.name: 600}):
        assert pacer.has_room(HEALTH.name)
        with pacer.writing({HEALTH.name: 600}):
            assert not pacer.has_room(HEALTH.name)
            assert pacer.has_room(DELIVERIES.name)
        assert pacer.has_room(HEALTH.name)


def test_room_in_all_waits_for_the_last_topic() -> None:
    async def scenario() -> None:
        pacer = Pacer(Broker(embedded=True), [HEALTH.name, DELIVERIES.name], limit_bytes=1000)
        pacer.wrote(DELIVERIES.name, 0, 0, 5000)
        await asyncio.wait_for(pacer.room_in_all([HEALTH.name]), 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pacer.room_in_all([HEALTH.name, DELIVERIES.name]), 0.05)

    asyncio.run(scenario())


def test_the_number_of_records_is_limited_too() -> None:
    pacer = Pacer(Broker(embedded=True), [HEALTH.name], limit_records=10)
    pacer.wrote(HEALTH.name, 1, 8, 9)
    assert pacer.has_room(HEALTH.name)
    pacer.wrote(HEALTH.name, 1, 9, 1)
    assert not pacer.has_room(HEALTH.name)


def test_on_a_broker_that_keeps_everything_a_pacer_does_nothing() -> None:
    async def scenario() -> None:
        async with pacing(Broker(bootstrap="127.0.0.1:1"), HEALTH.name, limit_bytes=1) as pacer:
            pacer.wrote(HEALTH.name, 0, 1_000_000, 1_000_000_000)
            await asyncio.wait_for(pacer.room(HEALTH.name), 1)
            assert pacer.unread() == {}

    asyncio.run(scenario())


def test_a_broker_that_is_away_stops_nothing_but_the_writers() -> None:
    async def scenario() -> None:
        async with pacing(Broker(bootstrap="127.0.0.1:1", embedded=True), HEALTH.name, limit_bytes=10) as pacer:
            assert pacer.has_room(HEALTH.name)
            pacer.wrote(HEALTH.name, 0, 0, 10)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pacer.room(HEALTH.name), 0.3)

    asyncio.run(scenario())


def test_waiting_for_a_reader_that_never_comes_costs_next_to_no_cpu(fresh_embedded_broker: Broker) -> None:
    async def scenario() -> float:
        async with producing(fresh_embedded_broker) as producer, pacing(fresh_embedded_broker, TOPIC) as pacer:
            await write(producer, pacer, 1_000_000)
            return min([await one_second_s() for _ in range(3)])  # a busy machine spoils a second, not all of them

    async def one_second_s() -> float:
        before = resource.getrusage(resource.RUSAGE_SELF)
        await asyncio.sleep(1)
        after = resource.getrusage(resource.RUSAGE_SELF)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert asyncio.run(scenario()) < 0.1


def test_unread_falls_as_the_slowest_reader_moves_on() -> None:
    unread = Unread()
    unread.wrote(9, 1000)
    unread.wrote(19, 3000)
    assert (unread.records, unread.size_bytes) == (20, 4000)
    unread.read_to(10)
    assert (unread.records, unread.size_bytes) == (10, 3000)
    unread.read_to(20)
    assert (unread.records, unread.size_bytes) == (0, 0)


def test_records_nobody_told_of_weigh_the_average() -> None:
    unread = Unread()
    unread.wrote(1009, 1000, records=10)
    assert (unread.records, unread.size_bytes) == (1010, 101_000)
    unread.read_to(1000)
    assert (unread.records, unread.size_bytes) == (10, 1000)


def test_a_broker_that_began_anew_is_noticed() -> None:
    unread = Unread()
    unread.wrote(999, 1000, records=1000)
    unread.read_to(1000)
    unread.wrote(4, 50, records=5)
    assert (unread.records, unread.size_bytes) == (5, 50)
