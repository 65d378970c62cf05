"""Positions, ring and hub: what a page is told, what it missed, and when it must read itself anew. No I/O."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.console.live.hub import Batch, Hub, Interest
from consumers.console.live.position import LIVE_TOPICS, BadPosition, from_text, to_text
from consumers.console.live.reader import Reader
from consumers.console.live.ring import Record, Ring
from consumers.runtime.errors import StoppedEarly
from schemas.broker import Broker
from schemas.topics import ALERTS, HEALTH, PURCHASES
from tests.console.samples import NOW
from tests.waiting import until

NOWHERE = Broker(bootstrap="127.0.0.1:9")

PLACES = st.tuples(st.sampled_from(LIVE_TOPICS), st.integers(0, 100))


def record(
    order: int, topic: str = ALERTS.name, partition: int = 0, offset: int | None = None, key: str = "A-1"
) -> Record:
    return Record(order, topic, partition, order if offset is None else offset, key, b"{}", (), NOW)


def offsets(records: list[Record] | None) -> list[int] | None:
    return None if records is None else [one.offset for one in records]


@given(st.dictionaries(PLACES, st.integers(0, 2**62)))
def test_position_survives_the_way_over_the_wire(position: dict[tuple[str, int], int]) -> None:
    assert from_text(to_text(position)) == position


@pytest.mark.parametrize("text", ["x", "0.0", "0.0.1.2", "99.0.1", "0.-1.1", "0.0.-1", "~", "0.0.1~"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(BadPosition):
        from_text(text)


@given(st.integers(1, 20), st.integers(0, 60), st.data())
def test_ring_gives_all_that_was_missed_or_says_that_it_cannot(limit: int, count: int, data: st.DataObject) -> None:
    seen = data.draw(st.integers(0, count))
    ring = Ring(limit)
    ring.start(ALERTS.name, 0, 0)
    for order in range(count):
        ring.add(record(order))
    missed = offsets(ring.since({(ALERTS.name, 0): seen}, [ALERTS.name]))
    assert missed == (list(range(seen, count)) if seen >= count - limit else None)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 400)), max_size=80), st.integers(200, 2_000))
def test_ring_holds_no_more_bytes_than_it_may_and_drops_what_was_read_first(
    reads: list[tuple[int, int]], limit_bytes: int
) -> None:
    """Partitions and sizes as read; the newest that fit are all still there, in whatever partition they are."""
    ring, read = Ring(10, limit_bytes), list[Record]()
    for order, (partition, size) in enumerate(reads):
        offset = sum(one.partition == partition for one in read)
        read.append(replace(record(order, partition=partition, offset=offset), value=bytes(size)))
        ring.add(read[-1])
        assert ring.size_bytes <= limit_bytes
    kept = [one for lane in ring._lanes.values() for one in lane.records]
    assert sum(one.size_bytes for one in kept) == ring.size_bytes
    fitting = [one for one in read if sum(later.size_bytes for later in read[one.order :]) <= limit_bytes]
    latest = [one for one in fitting if sum(later.partition == one.partition for later in read[one.order :]) <= 10]
    assert {one.order for one in kept} >= {one.order for one in latest}
    for one in read:
        missed = ring.since({(ALERTS.name, one.partition): one.offset}, [ALERTS.name])
        assert missed is None or one in missed


def test_ring_that_begins_a_partition_anew_lets_go_of_what_it_held() -> None:
    ring = Ring(100, 1_000)
    for order in range(10):
        ring.add(replace(record(order), value=bytes(90)))
    ring.start(ALERTS.name, 0, 500)
    assert ring.size_bytes == 0
    for order in range(500, 520):
        ring.add(replace(record(order), value=bytes(90)))
    assert 0 < ring.size_bytes <= 1_000


def test_ring_keeps_the_order_of_reading_over_partitions() -> None:
    ring = Ring(10)
    for order, (partition, offset) in enumerate(((0, 0), (1, 0), (1, 1), (0, 1), (1, 2))):
        ring.add(record(order, partition=partition, offset=offset))
    missed = ring.since({(ALERTS.name, 0): 0, (ALERTS.name, 1): 1}, [ALERTS.name])
    assert [one.order for one in missed or ()] == [0, 2, 3, 4]


def test_hole_in_a_topic_that_is_not_compacted_is_never_passed_over() -> None:
    ring = Ring(10)
    for offset in (0, 1, 5):
        ring.add(record(offset))
    assert ring.since({(ALERTS.name, 0): 1}, [ALERTS.name]) is None
    assert offsets(ring.since({(ALERTS.name, 0): 5}, [ALERTS.name])) == [5]


def test_hole_in_a_compacted_topic_is_none() -> None:
    ring = Ring(10)
    for offset in (0, 1, 5):
        ring.add(record(offset, HEALTH.name))
    assert offsets(ring.since({(HEALTH.name, 0): 1}, [HEALTH.name])) == [1, 5]


def test_page_that_never_saw_a_partition_begins_with_its_first_record() -> None:
    ring = Ring(10)
    ring.start(ALERTS.name, 3, 0)
    ring.add(record(0, partition=3))
    assert offsets(ring.since({}, [ALERTS.name])) == [0]


def test_clamped_position_can_always_be_served() -> None:
    ring = Ring(3)
    for offset in range(10):
        ring.add(record(offset))
    for asked in (0, 8, 99):
        assert ring.since(ring.clamp({(ALERTS.name, 0): asked}), [ALERTS.name]) is not None


def batch(*records: Record) -> Batch:
    return Batch(records=records)


def test_page_that_does_not_keep_up_loses_all_and_knows_it() -> None:
    async def scene() -> None:
        hub = Hub(ring_limit=100, queue_limit=3)
        page = hub.open(Interest("A-1"), {})
        hub.take(batch(*(record(order, PURCHASES.name) for order in range(4))))
        assert page.lost
        assert await page.drain(1) == []

    asyncio.run(scene())


def test_pages_that_do_not_keep_up_hold_no_more_bytes_than_they_may_and_the_slowest_goes_first() -> None:
    async def scene() -> None:
        hub = Hub(ring_limit=100, queue_limit=100, pages_bytes=10_000)
        slow, slower = hub.open(Interest("A-1"), {}), hub.open(Interest("A-2"), {})
        for order in range(40):
            key = "A-1" if order % 4 == 0 else "A-2"
            hub.take(batch(replace(record(order, PURCHASES.name, key=key), value=bytes(500))))
            assert slow.waiting_bytes + slower.waiting_bytes <= 10_000
        assert (slow.lost, slower.lost) == (False, True)
        assert offsets(await slow.drain(1)) == list(range(0, 40, 4))
        assert slow.waiting_bytes == 0

    asyncio.run(scene())


def test_reader_reads_on_only_when_the_loop_has_taken_what_it_read() -> None:
    """A loop that is busy holds the reader up: no more than two batches are on their way."""
    posted: list[Callable[[], None]] = []
    loop = SimpleNamespace(call_soon_threadsafe=lambda take, one: posted.append(lambda: take(one)))
    stop, taken = threading.Event(), list[Batch]()
    hub = SimpleNamespace(take=taken.append)
    reader = Reader(NOWHERE, 10, stop, cast("Hub", hub), cast("asyncio.AbstractEventLoop", loop))
    batches = [batch(record(order)) for order in range(5)]

    def read_on() -> None:
        for one in batches:
            reader._post(one)

    reading = threading.Thread(target=read_on)
    reading.start()
    until(lambda: len(posted) == 2, 5)
    assert not until_more(posted, 2)
    for number in range(5):
        until(lambda number=number: len(posted) > number, 5)  # type: ignore[misc]
        posted[number]()
    reading.join(5)
    assert taken == batches


def test_reader_that_waits_for_the_loop_stops_when_it_is_told_to() -> None:
    stop = threading.Event()
    loop = SimpleNamespace(call_soon_threadsafe=lambda *_: stop.set())
    reader = Reader(NOWHERE, 10, stop, cast("Hub", None), cast("asyncio.AbstractEventLoop", loop))
    for _ in range(2):
        reader._post(batch())
    with pytest.raises(StoppedEarly):
        reader._post(batch())


def until_more(posted: Sequence[object], than: int) -> bool:
    """Whether more come within a moment."""
    ends = time.monotonic() + 0.2
    while time.monotonic() < ends and len(posted) <= than:
        time.sleep(0.01)
    return len(posted) > than


def test_list_of_accounts_gets_the_newest_snapshot_and_one_account_every_step() -> None:
    async def scene() -> None:
        hub = Hub(100, 100)
        portfolio, account = hub.open(Interest(), {}), hub.open(Interest("A-1"), {})
        hub.take(batch(*(record(order, HEALTH.name) for order in range(3))))
        assert offsets(await portfolio.drain(1)) == [2]
        assert offsets(await account.drain(1)) == [0, 1, 2]

    asyncio.run(scene())


def test_page_gets_what_it_is_about_and_nothing_else() -> None:
    async def scene() -> None:
        hub = Hub(100, 100)
        account, portfolio = hub.open(Interest("A-1"), {}), hub.open(Interest(), {})
        hub.take(batch(record(0, PURCHASES.name), record(1, PURCHASES.name, key="A-2"), record(2, key="A-2")))
        assert offsets(await account.drain(1)) == [0]
        assert offsets(await portfolio.drain(1)) == [2]

    asyncio.run(scene())


def test_jump_of_the_reader_makes_open_pages_read_themselves_anew() -> None:
    async def scene() -> None:
        hub = Hub(100, 100)
        hub.take(batch(record(0)))
        page = hub.open(Interest(), {(ALERTS.name, 0): 1})
        hub.take(Batch(started=(((ALERTS.name, 0), 500, 500),)))
        assert page.lost
        assert hub.open(Interest(), {(ALERTS.name, 0): 1}).lost
        assert not hub.open(Interest(), {(ALERTS.name, 0): 500}).lost

    asyncio.run(scene())


def test_rendered_page_begins_where_the_warehouse_is() -> None:
    async def scene() -> None:
        hub = Hub(100, 100)
        hub.take(Batch(records=tuple(record(order) for order in range(5)), settled={(ALERTS.name, 0): 3}))
        page = hub.open(Interest(), from_text(hub.page_position))
        assert offsets(await page.drain(1)) == [3, 4]

    asyncio.run(scene())


def test_page_that_is_ahead_of_a_reader_that_just_began_is_told_nothing_twice() -> None:
    async def scene() -> None:
        hub = Hub(100, 100)
        hub.take(Batch(started=(((ALERTS.name, 0), 0, 5),)))
        page = hub.open(Interest(), {(ALERTS.name, 0): 3})
        hub.take(batch(*(record(order) for order in range(5))))
        assert offsets(await page.drain(1)) == [3, 4]

    asyncio.run(scene())


def test_page_that_knows_more_than_the_log_holds_reads_itself_anew() -> None:
    async def scene() -> None:
        hub = Hub(100, 100)
        hub.take(Batch(started=(((ALERTS.name, 0), 0, 5),)))
        assert hub.open(Interest(), {(ALERTS.name, 0): 6}).lost

    asyncio.run(scene())


def test_pages_that_leave_are_forgotten() -> None:
    async def scene() -> None:
        hub = Hub(100, 100)
        for interest in (Interest(), Interest("A-1")):
            hub.leave(hub.open(interest, {}))
        assert hub.open_pages == 0
        assert hub._accounts == {}

    asyncio.run(scene())
