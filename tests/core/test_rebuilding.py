"""A rebuild is the fold: whatever came, in whatever order, however often, under any policy and as of any moment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from schemas.events.withdrawals import WITHDRAWN
from schemas.ids import AccountId
from streams.core import courses, history, rebuilding
from streams.core.decay import moved
from streams.core.policies import default_tables
from streams.core.rebuilding import PART_NAMES, Rebuilt, rebuild
from streams.core.score import assess
from streams.core.tables import Tables
from tests.core.bench import Bench, tables_with
from tests.core.building import DAY, At, clock, contact, opened, order, reopened, resolved, withdrawn
from tests.core.histories import histories, history_of
from tests.core.timelines import SPAN_S, thorough, with_repeats

LATER = st.floats(0, 400 * DAY).map(lambda seconds: SPAN_S + seconds)
OTHER = tables_with(
    dimensions={"relationship": 0.5, "commerce": 0.3, "service": 0.2},
    complaints={"beta": 1.0, "gamma": 0.5, "delta": 3.0},
)


def assert_is_the_fold(told: list[AnyEvent], at_s: float, tables: Tables) -> Rebuilt:
    """Hold the rebuild as of `at_s` against the fold of the same facts."""
    bench = Bench(tables=tables)
    bench.feed(*told)
    partition = bench.partition
    state = partition.rows
    as_of = np.full(len(state), clock(at_s))
    found = rebuild(history_of(told, partition.accounts), as_of, tables)
    sums = moved(state["sums"], np.where(np.isfinite(state["at"]), as_of - state["at"], 0.0), tables.half_life_s)
    now = assess(sums, state["seen"], tables)
    np.testing.assert_allclose(found.sums, sums, rtol=1e-9, atol=1e-9)
    assert found.seen.tolist() == state["seen"].tolist()
    assert found.applied.tolist() == state["applied"].tolist()
    np.testing.assert_allclose(found.now.score, now.score, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.now.contribution, now.contribution, rtol=0, atol=1e-9)
    return found


@thorough
@given(st.data(), histories(), LATER, st.sampled_from([default_tables(), OTHER]))
def test_a_rebuild_is_the_fold_of_the_same_facts(
    data: st.DataObject, told: list[AnyEvent], at_s: float, tables: Tables
) -> None:
    assert_is_the_fold(data.draw(st.composite(with_repeats)(told)), at_s, tables)


@thorough
@given(histories(), st.floats(0, SPAN_S))
def test_as_of_a_moment_it_is_the_fold_of_what_had_happened_by_then(told: list[AnyEvent], at_s: float) -> None:
    told = [event for event in told if not _looks_ahead(event, at_s)]
    past = [event for event in told if event.time.timestamp() <= clock(at_s)]
    if not past:
        return
    found = assert_is_the_fold(past, at_s, default_tables())
    accounts = list(dict.fromkeys(event.subject for event in past))
    told = [event for event in told if event.subject in accounts]
    whole = rebuild(history_of(told, accounts), np.full(len(accounts), clock(at_s)), default_tables())
    np.testing.assert_allclose(whole.sums, found.sums, rtol=1e-9, atol=1e-9)
    assert whole.applied.tolist() == found.applied.tolist()


def _looks_ahead(event: AnyEvent, at_s: float) -> bool:
    """A withdrawal that has happened of something that is to come."""
    if event.type != WITHDRAWN:
        return False
    return event.time.timestamp() <= clock(at_s) < event.data.original.time.timestamp()


@thorough
@given(histories(), LATER)
def test_the_parts_of_a_rebuilt_score_sum_to_it(told: list[AnyEvent], at_s: float) -> None:
    accounts = list(dict.fromkeys(event.subject for event in told))
    found = rebuild(history_of(told, accounts), np.full(len(accounts), clock(at_s)), default_tables())
    assert found.parts.shape == (len(accounts), len(PART_NAMES))
    np.testing.assert_allclose(found.parts.sum(axis=1), found.now.score, rtol=0, atol=1e-9)


def test_a_withdrawal_of_what_is_to_come_takes_nothing_back_yet() -> None:
    ahead = order(10 * DAY)
    told: list[AnyEvent] = [order(0.0), withdrawn(5 * DAY, ahead), ahead]
    found = rebuild(history_of(told, ["A-1"]), np.array([clock(6 * DAY)]), default_tables())
    alone = rebuild(history_of([order(0.0)], ["A-1"]), np.array([clock(6 * DAY)]), default_tables())
    assert found.now.score == pytest.approx(alone.now.score, abs=1e-12)
    assert found.applied.tolist() == [2]


def test_every_account_may_have_a_moment_of_its_own() -> None:
    told = [order(At(0.0, "a", AccountId("A-1"))), order(At(0.0, "b", AccountId("A-2")))]
    found = rebuild(history_of(told, ["A-1", "A-2"]), np.array([clock(0.0), clock(90 * DAY)]), default_tables())
    orders = found.sums[:, rebuilding.PART_NAMES.index(("orders", "")) - 6]
    assert orders.tolist() == pytest.approx([1.0, 0.5])


def test_an_account_without_facts_has_no_score() -> None:
    found = rebuild(history_of([contact(0.0)], ["A-1"]), np.array([clock(0.0), clock(0.0)]), default_tables())
    assert found.applied.tolist() == [1, 0]
    assert np.isnan(found.now.score).tolist() == [False, True]


def test_a_fact_told_twice_counts_as_it_was_told_first() -> None:
    fact, precedence = np.array([5, 5, 8], np.uint64), np.array([1, 3, 2], np.uint64)
    assert history.first_tellings(fact, precedence).tolist() == [False, True, True]


def test_of_a_settlement_and_a_reopening_at_one_time_the_settlement_counts() -> None:
    told: list[AnyEvent] = [opened(0.0), resolved(DAY), reopened(DAY)]
    counted = courses.counted(history_of(told, ["A-1"]))
    assert len(counted.signal) == 2
