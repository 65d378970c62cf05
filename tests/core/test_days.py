"""The latest days of an account are the same however its facts come, and give the rhythm that the fit knows."""

import doctest
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core import days as module
from streams.core.days import BOUGHT_DAYS, Days, day_of, enter, last_of, rhythm_of_days
from streams.core.policy import DAY_S
from streams.core.silence.purchases import occasions_of
from streams.core.silence.rhythm import rhythm_of
from tests.core.timelines import thorough

ACCOUNTS = 3
FACTS = st.lists(st.tuples(st.integers(0, ACCOUNTS - 1), st.integers(20_000, 20_060), st.sampled_from([1, 1, 1, -1])))
Fact = tuple[int, int, int]


def empty(accounts: int = ACCOUNTS) -> Days:
    return Days(np.zeros((accounts, BOUGHT_DAYS), np.uint16), np.zeros((accounts, BOUGHT_DAYS), np.int8))


def entered(facts: Sequence[Fact], size: int = 1000) -> Days:
    days = empty()
    for begin in range(0, len(facts), size):
        rows, on, sign = np.array(facts[begin : begin + size], np.int64).reshape(-1, 3).T
        enter(days, rows, on, sign)
    return days


def reckoned(facts: Sequence[Fact]) -> list[list[tuple[int, int]]]:
    """Of each account the latest days and the facts of each, by a dictionary."""
    found: list[defaultdict[int, int]] = [defaultdict(int) for _ in range(ACCOUNTS)]
    for row, on, sign in facts:
        found[row][on] += sign
    return [sorted(theirs.items(), reverse=True)[:BOUGHT_DAYS] for theirs in found]


def listed(days: Days) -> list[list[tuple[int, int]]]:
    rows = zip(days.on.tolist(), days.facts.tolist(), strict=True)
    return [[one for one in zip(on, facts, strict=True) if one[0]] for on, facts in rows]


def test_worked_numbers_are_right() -> None:
    assert doctest.testmod(module).failed == 0


@thorough
@given(st.data(), FACTS, st.integers(1, 40))
def test_the_latest_days_are_kept_in_any_order_and_in_batches_of_any_size(
    data: st.DataObject, facts: list[Fact], size: int
) -> None:
    assert listed(entered(data.draw(st.permutations(facts)), size)) == reckoned(facts)


@thorough
@given(FACTS)
def test_whoever_has_other_days_now_is_named(facts: list[Fact]) -> None:
    days = empty()
    for row, on, sign in facts:
        before = (days.on * (days.facts > 0))[row].copy()
        changed = enter(days, np.array([row]), np.array([on]), np.array([sign]))
        assert row in changed or (before == (days.on * (days.facts > 0))[row]).all()


@thorough
@given(FACTS)
def test_the_rhythm_is_that_of_the_beginnings_of_the_days(facts: list[Fact]) -> None:
    days = entered(facts)
    standing = [(row, on * DAY_S) for row, theirs in enumerate(listed(days)) for on, count in theirs if count > 0]
    rows, times = np.array([row for row, _ in standing], np.int64), np.array([at for _, at in standing], float)
    expected, found = rhythm_of(occasions_of(rows, times, ACCOUNTS)), rhythm_of_days(days)
    for name in ("first_at", "last_at", "count", "median_d", "quantile_d", "mean_log"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-12)
    np.testing.assert_array_equal(last_of(days), np.nan_to_num(expected.last_at, nan=0.0) / DAY_S)


def test_a_day_taken_back_keeps_its_place_so_that_an_older_one_stays_out() -> None:
    old, mistake = 20_000, 20_100
    told = [(0, day, 1) for day in range(old, old + BOUGHT_DAYS)]
    for facts in ([*told, (0, mistake, 1), (0, mistake, -1)], [(0, mistake, -1), *told, (0, mistake, 1)]):
        days = entered(facts, 1)
        assert last_of(days)[0] == old + BOUGHT_DAYS - 1
        assert rhythm_of_days(days).count[0] == BOUGHT_DAYS - 1


@pytest.mark.parametrize("many", [1, 100, 1000])
def test_a_day_of_very_many_facts_is_one_day(many: int) -> None:
    days = entered([(1, 20_000, 1)] * many + [(1, 20_000, -1)] * (many - 1), 64)
    assert last_of(days).tolist() == [0, 20_000 if many <= 127 else 0, 0]


def test_moments_before_1970_and_after_2149_are_held_at_the_ends() -> None:
    assert day_of(np.array([-1e12, 1e12])).tolist() == [1, 65_535]
