"""A flush that is cut off, or that lands behind another owner's rows, loses nothing and tells nothing twice."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from schemas.broker import Broker
from schemas.topics import CHANGELOG, HEALTH, PURCHASES
from streams.pacing import Pacer
from streams.worker.engine import Engine
from streams.worker.errors import WorkerError
from streams.worker.flush import Flusher
from streams.worker.store import Held
from tests.worker.running import order
from tests.worker.test_state import NOW, batch, changelog, engine_over, flushed


@dataclass
class FakeBatch:
    records: list[bytes] = field(default_factory=list)

    def append(self, *, key: bytes, value: bytes, **_: Any) -> object:
        self.records.append(value)
        return self

    def record_count(self) -> int:
        return len(self.records)


@dataclass(frozen=True)
class Written:
    offset: int


class FakeLog:
    """A producer that keeps what it is given, by topic. The topic `stuck` takes nothing; who tries sets `waits`."""

    def __init__(self) -> None:
        self.topics: defaultdict[str, list[bytes]] = defaultdict(list)
        self.stuck: str | None = None
        self.waits = asyncio.Event()

    def create_batch(self) -> FakeBatch:
        return FakeBatch()

    async def send_batch(self, records: FakeBatch, topic: str, partition: int) -> "asyncio.Future[Written]":
        if topic == self.stuck:
            self.waits.set()
            await asyncio.get_running_loop().create_future()
        done: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        done.set_result(Written(len(self.topics[topic])))
        self.topics[topic] += records.records
        return done

    def others_write(self, topic: str, records: Iterable[bytes]) -> None:
        self.topics[topic] += records


def flusher_of(engine: Engine, log: FakeLog) -> Flusher:
    producer: Any = log
    return Flusher(engine, producer, Pacer(Broker(partitions=1), ()))


def take_in(engine: Engine, number: int) -> None:
    engine.take_in(batch(PURCHASES.name, number, [order(f"A{number}", number, NOW)]), time.time())


def told_of(log: FakeLog) -> set[bytes]:
    return {account for account in (b"A0", b"A1") if any(account in value for value in log.topics[HEALTH.name])}


def test_what_a_flush_that_is_cut_off_decided_is_told_by_the_next_one() -> None:
    async def course() -> set[bytes]:
        engine, log = engine_over(Held()), FakeLog()
        flusher = flusher_of(engine, log)
        take_in(engine, 0)
        log.stuck = HEALTH.name
        flush = asyncio.create_task(flusher.flush(time.time()))
        await log.waits.wait()
        flush.cancel()
        await asyncio.wait([flush])
        log.stuck = None
        take_in(engine, 1)
        await flusher.flush(time.time())
        return told_of(log)

    assert asyncio.run(course()) == {b"A0", b"A1"}


async def superseded() -> tuple[Held, FakeLog]:
    """A worker flushes, stalls while another owner writes five records, and flushes again, or refuses to."""
    held = Held()
    engine, log = engine_over(held), FakeLog()
    flusher = flusher_of(engine, log)
    take_in(engine, 0)
    await flusher.flush(time.time())
    log.others_write(CHANGELOG.name, [b"another owner's"] * 5)
    take_in(engine, 1)
    with suppress(WorkerError):
        await flusher.flush(time.time())
    return held, log


def test_rows_that_land_behind_another_owners_do_not_hide_them_from_recovery() -> None:
    held, log = asyncio.run(superseded())
    assert held.offset < log.topics[CHANGELOG.name].index(b"another owner's")


def test_what_was_decided_behind_another_owners_rows_is_not_told() -> None:
    _, log = asyncio.run(superseded())
    assert told_of(log) == {b"A0"}


def test_an_account_whose_last_row_on_the_changelog_is_outranked_is_written_again() -> None:
    zombie, heir, held = engine_over(Held(), generation=1), engine_over(Held(), generation=2), Held()
    for engine in (heir, zombie):
        take_in(engine, 0)
        changelog(held, flushed(engine))
    next_one = engine_over(held, generation=3)
    assert [key for key, _, _ in flushed(next_one).rows] == [b"A0"]
