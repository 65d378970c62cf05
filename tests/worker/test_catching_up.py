"""A worker relies on no word that recovery is complete, or that reading goes on: it looks."""

import asyncio
import time
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.broker import Broker
from schemas.topics import CHANGELOG, PURCHASES
from streams.core.policies import default_rules
from streams.worker import app as worker_app
from streams.worker.catching_up import catch_up
from streams.worker.engine import Engine
from streams.worker.rows import PARTITION_KEY
from streams.worker.settings import WorkerSettings
from streams.worker.store import ColumnStore, Held
from streams.worker.transport import place
from tests.worker.running import order
from tests.worker.test_state import NOW, batch, changelog, engine_over, flushed


def test_what_recovery_left_out_is_read_to_the_end(topics_applied: Broker) -> None:
    engine, held = engine_over(Held()), Held()
    producer, written = Producer({"bootstrap.servers": topics_applied.bootstrap}), 0
    for number in range(3):
        engine.take_in(batch(PURCHASES.name, number, [order("A1", number, NOW)]), time.time())
        taken = flushed(engine)
        if number == 0:
            changelog(held, taken)
        for key, value, _ in [*taken.rows, (PARTITION_KEY, taken.told.to_bytes(), ())]:
            producer.produce(CHANGELOG.name, value, key, partition=0)
            written += 1
    producer.flush()
    asyncio.run(catch_up(topics_applied.bootstrap, place(CHANGELOG.name, 0), held, written))
    assert held.offset == written - 1
    assert held.partition.rows["applied"].tolist() == [3]


class FakeConsumer:
    """One partition ends at `end`; notes what it is told to do."""

    def __init__(self) -> None:
        self.end = 0
        self.done: list[str] = []

    async def highwaters(self, *places: Any) -> dict[Any, int]:
        return {one: self.end if one == place(PURCHASES.name, 0) else 0 for one in places}

    def resume_partitions(self, places: Iterable[Any]) -> None:
        self.done += [f"resume {one.topic}" for one in places]

    async def perform_seek(self) -> None:
        self.done.append("seek")


def watched(*, moved: bool = False, before: int = 5) -> list[str]:
    """What is done after two looks at a partition that ended at `before` and ends at 5; it may have moved meanwhile."""

    async def course() -> list[str]:
        app = worker_app.build(WorkerSettings(), Broker(partitions=1))
        engine = Engine(Broker(partitions=1), default_rules(), 1.0, None)
        flusher: Any = None
        app.wire(engine, flusher, lambda: None)
        consumer: Any = FakeConsumer()
        app._consumer = consumer
        app.rebalancing = False
        engine.own(0, Held(), 1)
        consumer.end = before
        waited = await app.unstick({})
        if moved:
            engine.seek_to({(PURCHASES.name, 0): 3})
        consumer.end = 5
        await app.unstick(waited)
        done: list[str] = consumer.done
        return done

    return asyncio.run(course())


def test_a_partition_that_is_not_read_though_more_is_there_is_sought_again() -> None:
    assert watched() == [f"resume {PURCHASES.name}", "seek"]


def test_a_partition_that_is_read_is_left_alone() -> None:
    assert watched(moved=True) == []


def test_a_partition_that_was_quiet_until_now_is_left_alone() -> None:
    assert watched(before=0) == []


@pytest.mark.parametrize("moves", [True, False])
def test_a_recovery_that_is_overtaken_by_the_next_owns_nothing(moves: bool) -> None:
    async def course() -> set[int]:
        app = worker_app.build(WorkerSettings(), Broker(partitions=1))
        engine = Engine(Broker(partitions=1), default_rules(), 1.0, None)
        flusher: Any = None
        app.wire(engine, flusher, lambda: None)
        consumer: Any = Moving(app, moves=moves)
        app._consumer = consumer
        store = ColumnStore("columns://", app, SimpleNamespace(), table_name="state")
        store.of(0)
        await app.on_recovered({0}, set())
        return set(engine.owned)

    assert asyncio.run(course()) == (set() if moves else {0})


class Moving:
    """A consumer whose partitions move again while it is asked where the changelog begins."""

    def __init__(self, app: worker_app.WorkerApp, *, moves: bool) -> None:
        self._app, self._moves = app, moves

    async def earliest_offsets(self, *places: Any) -> dict[Any, int]:
        if self._moves:
            self._app.store.held.clear()
            self._app.on_rebalanced({0}, 2)
        return dict.fromkeys(places, 0)

    async def highwaters(self, *places: Any) -> dict[Any, int]:
        return dict.fromkeys(places, 0)

    def topic_partitions(self, _: str) -> None:
        """Not known."""
