"""While partitions move nothing that was fetched is lost: it is put back, and every position is sought, 0 too."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from aiokafka import AIOKafkaConsumer
from kafka import KafkaProducer

from schemas.broker import Broker
from schemas.topics import CHANGELOG, PURCHASES
from streams.worker import app as worker_app
from streams.worker.settings import WorkerSettings
from streams.worker.store import ColumnStore
from streams.worker.transport import Batch, Consumer, ConsumerThread, place
from tests.worker.running import kafka_options, order
from tests.worker.test_state import NOW, batch

PLACE = place(PURCHASES.name, 0)
CHANGES = place(CHANGELOG.name, 0)


def read_to(broker: Broker, end: int, then: Callable[[ConsumerThread, Any], Any]) -> int:
    """The position of a real consumer that has read `end` records, after `then` was done in its thread."""
    producer = KafkaProducer(**kafka_options(broker))
    for _ in range(end):
        producer.send(PURCHASES.name, b"x", partition=0)
    producer.flush()
    producer.close()

    async def course() -> int:
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=20
        )
        await consumer.start()
        try:
            consumer.assign([PLACE])
            while await consumer.position(PLACE) < end:
                await consumer.getmany(timeout_ms=200)
            thread = object.__new__(ConsumerThread)
            thread._consumer = consumer
            await then(thread, consumer)
            position: int = await consumer.position(PLACE)
            return position
        finally:
            await consumer.stop()

    return asyncio.run(course())


def test_a_position_of_0_is_sought_like_any_other(topics_applied: Broker) -> None:
    assert read_to(topics_applied, 3, lambda thread, _: thread._seek_all({PLACE: 0})) == 0


def test_what_nobody_took_is_fetched_again(topics_applied: Broker) -> None:
    dropped = Batch(PURCHASES.name, 0, 1, 3, 3, [])
    assert read_to(topics_applied, 3, lambda thread, _: thread._put_back([dropped])) == 1


def test_a_partition_that_was_moved_meanwhile_is_left_where_it_is(topics_applied: Broker) -> None:
    async def moved(thread: ConsumerThread, consumer: Any) -> None:
        consumer.seek(PLACE, 2)
        await thread._put_back([Batch(PURCHASES.name, 0, 0, 3, 3, [])])

    assert read_to(topics_applied, 3, moved) == 2


class FakeThread:
    """Notes what the consumer's thread is asked for."""

    def __init__(self) -> None:
        self.sought: dict[Any, int] = {}
        self.returned: list[Batch] = []

    async def seek_all(self, positions: Mapping[Any, int]) -> None:
        self.sought.update(positions)

    async def put_back(self, batches: Iterable[Batch]) -> None:
        self.returned += batches


class Reading(Consumer):
    """The worker's consumer over a fetch that is given."""

    def __init__(self, fetched: dict[Any, Batch]) -> None:
        self._fetched, self._thread = fetched, FakeThread()  # type: ignore[assignment]
        self.flow_active, self.generation, self.delivered = True, 1, 0
        self.suspend_flow = asyncio.Event()
        self._buffered_partitions = set()
        self.positions: dict[Any, Any] = {}
        self.app = SimpleNamespace(
            positions_committed=self.positions.update,
            consumer_generation_id=1,
            tables=SimpleNamespace(changelog_topics={CHANGELOG.name}),
        )

    should_stop = False

    async def callback(self, _: Any) -> None:
        """The first batch delivered finds that the partitions move."""
        self.delivered += 1
        self.app.consumer_generation_id = 2

    async def wait_first(self, *waited: Any, **_: Any) -> Any:
        """Wait for the first alone."""
        await waited[0]
        waited[1].close()

    async def _wait_next_records(self, _: float) -> tuple[Any, Any]:
        return self._fetched, None

    async def seek_to_committed(self) -> Any:
        return {PLACE: 0, place(PURCHASES.name, 1): None, place(PURCHASES.name, 2): 7, CHANGES: None}


def drained(*, flow_active: bool) -> tuple[int, list[Batch]]:
    """How many of two batches are delivered, and what is put back."""
    fetched = {place(PURCHASES.name, number): Batch(PURCHASES.name, number, 0, 1, 1, []) for number in (0, 1)}

    async def course() -> tuple[int, list[Batch]]:
        reading = Reading(fetched)
        reading.flow_active = flow_active
        await reading._drain_once()
        thread: Any = reading._thread
        return reading.delivered, thread.returned

    return asyncio.run(course())


def test_a_fetch_that_comes_while_partitions_move_is_put_back() -> None:
    delivered, returned = drained(flow_active=False)
    assert delivered == 0
    assert [one.partition for one in returned] == [0, 1]


def test_what_is_left_of_a_fetch_when_partitions_move_is_put_back() -> None:
    delivered, returned = drained(flow_active=True)
    assert delivered == 1
    assert [one.partition for one in returned] == [1]


def test_reading_begins_at_every_committed_position_and_leaves_recovery_alone() -> None:
    async def course() -> Reading:
        reading = Reading({})
        await reading.perform_seek()
        return reading

    reading: Any = asyncio.run(course())
    assert reading._thread.sought == {PLACE: 0, place(PURCHASES.name, 1): 0, place(PURCHASES.name, 2): 7}
    assert reading.positions[PLACE] == 0


def test_a_changelog_batch_that_does_not_follow_is_passed_over_and_none_of_a_partition_given_away_is_taken() -> None:
    async def course() -> tuple[int, set[int]]:
        app = worker_app.build(WorkerSettings(), Broker(partitions=2))
        store = ColumnStore("columns://", app, SimpleNamespace(), table_name="state")
        held = store.of(0)
        late = Batch(CHANGELOG.name, 0, 5, 7, 7, [])
        foreign = Batch(CHANGELOG.name, 1, 0, 3, 3, [])
        events: Any = [SimpleNamespace(message=SimpleNamespace(topic=CHANGELOG.name, value=v)) for v in (late, foreign)]
        store.apply_changelog_batch(events, bytes, bytes)
        return held.offset, set(store.held)

    assert asyncio.run(course()) == (-1, {0})


def test_a_batch_of_a_partition_that_is_not_ours_yet_is_not_folded() -> None:
    async def course() -> int:
        app = worker_app.build(WorkerSettings(), Broker(partitions=1))
        engine: Any = SimpleNamespace(unflushed=0, changed=0, expected=lambda *_: None)
        flusher: Any = None
        app.wire(engine, flusher, lambda: None)
        await app.take_batch(batch(PURCHASES.name, 0, [order("A1", 1, NOW)]), WorkerSettings())
        return int(app.wake.is_set())

    assert asyncio.run(course()) == 0


class FakeEnds:
    """Every source partition ends at 0, as heard at a moment."""

    def __init__(self) -> None:
        self.heard = 0.0

    def assignment(self) -> set[Any]:
        return {PLACE}

    def highwater(self, _: Any) -> int:
        return 0

    def heard_at(self, _: Any) -> float:
        return self.heard


def test_what_was_heard_before_a_worker_was_stopped_says_nothing_of_the_time_it_slept_through() -> None:
    async def course() -> list[float]:
        app = worker_app.build(WorkerSettings(), Broker(partitions=1))
        told: list[float] = []
        engine: Any = SimpleNamespace(owned={0: None}, mark_end=lambda *said: told.append(said[-1]))
        flusher: Any = None
        app.wire(engine, flusher, lambda: None)
        consumer: Any = FakeEnds()
        app._consumer = consumer
        for now, heard in ((100.0, 99.9), (100.1, 100.0), (110.0, 109.99), (110.1, 110.05), (111.2, 111.1)):
            consumer.heard = heard
            app.look_at_ends(now)
        return told

    assert asyncio.run(course()) == [99.9, 100.0, 111.1]
