"""A record is applied once: fences hold against re-reading, the ring against re-sending."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from streams.core.fold import fold
from streams.core.policies import default_tables
from streams.core.state import NEVER, Partition
from tests.core.bench import PURCHASES, Bench, to_facts
from tests.core.building import At, contact, opened, order, profile
from tests.core.timelines import thorough, timelines


def without_dirt(partition: Partition) -> tuple[bytes, list[str]]:
    return partition.rows.tobytes(), [f"{row} {extra!r}" for row, extra in partition.extras.items()]


@thorough
@given(timelines(), st.integers(0, 20))
def test_a_record_at_or_below_the_fence_changes_nothing(told: list[AnyEvent], back: int) -> None:
    bench = Bench()
    bench.feed(*told)
    bench.partition.dirty[:] = False
    before = without_dirt(bench.partition)
    for topic, lane in enumerate(bench.log):
        result = bench.read(topic, max(0, len(lane) - back))
        assert (result.applied, result.duplicates, result.skipped) == (0, 0, min(back, len(lane)))
    assert without_dirt(bench.partition) == before
    assert not bench.partition.dirty.any()


def test_the_fence_holds_without_the_ring() -> None:
    partition, tables = Partition(), default_tables()
    facts = to_facts([order(At(number, f"o-{number}")) for number in range(100)])
    fold(partition, PURCHASES, facts, tables, NEVER)
    partition.rows["ring"] = 0
    result = fold(partition, PURCHASES, facts, tables, NEVER)
    assert (result.applied, result.skipped) == (0, 100)


def test_the_ring_holds_without_the_fence() -> None:
    partition, tables = Partition(), default_tables()
    fold(partition, PURCHASES, to_facts([order(0)]), tables, NEVER)
    result = fold(partition, PURCHASES, to_facts([order(0)], 1), tables, NEVER)
    assert (result.applied, result.duplicates) == (0, 1)


def test_a_batch_that_overlaps_the_fence_is_applied_from_there_on() -> None:
    partition, tables = Partition(), default_tables()
    facts = to_facts([order(At(number, f"o-{number}")) for number in range(6)])
    fold(partition, PURCHASES, facts.taken(np.arange(4)), tables, NEVER)
    result = fold(partition, PURCHASES, facts.taken(np.arange(2, 6)), tables, NEVER)
    assert (result.applied, result.skipped) == (2, 2)
    assert partition.rows["fence"][0, PURCHASES] == 5


def test_each_topic_has_a_fence_of_its_own() -> None:
    bench = Bench()
    bench.feed(order(0), order(1), opened(2), contact(3), profile(4))
    assert bench.partition.rows["fence"].tolist() == [[0, 1, 0, -1, 0]]


def test_each_account_has_a_fence_of_its_own() -> None:
    partition, tables = Partition(), default_tables()
    facts = to_facts([order(At(number, f"o-{number}", f"A-{number % 2}")) for number in range(4)])  # type: ignore[arg-type]
    fold(partition, PURCHASES, facts, tables, NEVER)
    assert partition.rows["fence"][:, PURCHASES].tolist() == [2, 3]


def test_a_resent_fact_moves_the_fence_and_is_worth_a_flush() -> None:
    bench = Bench()
    bench.feed(order(0))
    bench.partition.dirty[:] = False
    bench.feed(order(0))
    assert bench.partition.rows["fence"][0, PURCHASES] == 1
    assert bench.partition.dirty.tolist() == [True]


def test_a_fact_resent_within_one_batch_counts_once() -> None:
    bench = Bench()
    [result] = bench.feed(order(0), order(0), order(0))
    assert (result.applied, result.duplicates) == (1, 2)
    assert int(bench.partition.rows["applied"][0]) == 1


def test_accounts_keep_their_rows_when_the_arrays_grow() -> None:
    bench = Bench()
    bench.feed(*(order(At(number, f"o-{number}", f"A-{number}")) for number in range(300)))  # type: ignore[arg-type]
    assert bench.partition.accounts == [f"A-{number}" for number in range(300)]
    np.testing.assert_array_equal(bench.partition.rows["applied"], 1)
    np.testing.assert_array_equal(bench.partition.rows["fence"][:, PURCHASES], np.arange(300))
