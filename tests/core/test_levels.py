"""Usage and order value against the account's own normal: what counts, what does not, and how it is explained."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from schemas.health import PartKind
from streams.core.levels import standing
from streams.core.policies import default_tables
from streams.core.policy import COUNTED_SIGNALS, LEVELS, SIGNAL_INDEX
from streams.core.score import assess
from tests.core.bench import Bench, assessed, folded, sums_at
from tests.core.building import DAY, At, order, usage, withdrawn
from tests.core.explaining import assert_explained
from tests.core.timelines import thorough

USAGE, ORDERS = (list(LEVELS).index(name) for name in ("usage", "order_value"))


def weekly(quantities: list[float]) -> list[AnyEvent]:
    return [usage(At(7 * DAY * week, f"u-{week}"), quantity) for week, quantity in enumerate(quantities)]


def monthly(amounts: list[str], currency: str = "EUR") -> list[AnyEvent]:
    return [order(At(30 * DAY * month, f"o-{month}"), amount, currency) for month, amount in enumerate(amounts)]


def deviation(told: list[AnyEvent], at_s: float, level: int = USAGE) -> float:
    return float(standing(sums_at(folded(*told), at_s), default_tables()).deviation[0, level])


def points(told: list[AnyEvent], at_s: float, signal: str) -> float:
    """The contribution of a signal, in points of its dimension."""
    found = assessed(folded(*told), at_s)
    place = SIGNAL_INDEX[signal]
    return float(found.contribution[0, place] / found.share[0, default_tables().dimension[place]])


@pytest.mark.parametrize("turned, sign", [([100.0] * 10 + [50.0] * 4, -1), ([100.0] * 10 + [200.0] * 4, 1)])
def test_less_use_than_normal_lowers_the_score_and_more_raises_it(turned: list[float], sign: int) -> None:
    assert math.copysign(1, points(weekly(turned), 13 * 7 * DAY, "usage_level")) == sign
    assert 1 < abs(points(weekly(turned), 13 * 7 * DAY, "usage_level")) < 8 * math.log(2)


def test_as_much_as_always_is_no_deviation_however_much_that_is() -> None:
    for quantity in (0.0, 1.0, 1e9):
        assert points(weekly([quantity] * 20), 19 * 7 * DAY, "usage_level") == pytest.approx(0, abs=1e-9)


def test_the_period_of_a_report_is_of_no_account() -> None:
    told = [usage(At(day * DAY, f"d-{day}"), 10) for day in range(20)]
    hourly = [usage(At(20 * DAY + hour * 3600, f"h-{hour}"), 10 / 24, 3600) for hour in range(20)]
    assert deviation([*told, *hourly], 21 * DAY) == pytest.approx(0, abs=1e-9)


def test_one_order_is_no_history() -> None:
    assert points([order(0, "50000")], 0, "order_value") == 0
    assert points([order(0, "50000")], 60 * DAY, "order_value") == pytest.approx(0, abs=1e-9)


def test_nothing_recent_is_no_deviation() -> None:
    told = weekly([100.0] * 10 + [1.0] * 2)
    assert abs(deviation(told, 400 * DAY)) < 1e-4
    assert abs(deviation(told, 11 * 7 * DAY)) > 0.1


def test_it_follows_its_formula_and_is_held_within_the_cap() -> None:
    sums = np.zeros((2, len(COUNTED_SIGNALS)))
    rules = default_tables().policy.levels.usage
    for row, fast in enumerate((4.0, 40.0)):
        for signal, value in zip(LEVELS["usage"], (fast * 2, 2.0, 9.0, 3.0), strict=True):
            sums[row, SIGNAL_INDEX[signal]] = value
    weight = 2 / (2 + rules.shrink)
    found = standing(sums, default_tables()).deviation[:, USAGE]
    assert found.tolist() == pytest.approx([weight * 1.0, weight * rules.cap])


def test_amounts_in_different_currencies_are_compared_in_one() -> None:
    rates = default_tables().policy.currencies.rates
    told = [*monthly(["1000"] * 4), order(At(120 * DAY, "dollars"), f"{1000 / rates['USD']:.4f}", "USD")]
    assert deviation(told, 120 * DAY, ORDERS) == pytest.approx(0, abs=1e-6)


def test_an_order_without_a_rate_counts_as_an_order_and_not_in_their_value() -> None:
    told, unrated = monthly(["1000", "1000", "2000"]), order(At(61 * DAY, "cedi"), "9", "GHS")
    assert deviation([*told, unrated], 61 * DAY, ORDERS) == pytest.approx(deviation(told, 61 * DAY, ORDERS), abs=1e-12)
    assert sums_at(folded(*told, unrated), 61 * DAY)[0, SIGNAL_INDEX["orders_ever"]] == 4


def test_a_level_is_one_contribution_and_its_parts_none() -> None:
    bench = Bench()
    bench.feed(*monthly(["1000"] * 6 + ["200"]), *weekly([10.0] * 20 + [90.0]))
    [snapshot] = bench.flush(200 * DAY).snapshots
    named = {part.name: part.points for part in snapshot.contributions}
    assert named["order_value"] < 0 < named["usage_level"]
    others = {signal for level in LEVELS.values() for signal in level[1:]}
    assert not others & named.keys()


def test_a_fact_is_told_with_how_far_it_lies_from_the_normal() -> None:
    bench = Bench()
    bench.live(*monthly(["1000"] * 6), order(At(180 * DAY, "small"), "200"))
    parts = [part for part in bench.told.snapshots[-1].change if part.signal == "order_value"]
    assert [part.event_id for part in parts] == ["small"]
    assert parts[0].points < 0
    told = [part for part in bench.told.snapshots[-1].change if part.kind is PartKind.EVENT]
    assert {part.signal for part in told} == {"orders", "order_value"}
    assert_explained(bench.told.snapshots)


def test_an_order_as_large_as_always_has_no_part_for_its_value() -> None:
    bench = Bench()
    bench.live(*monthly(["1000"] * 6))
    assert "order_value" not in {part.signal for part in bench.told.snapshots[-1].change}


def test_a_fact_taken_back_leaves_the_level_as_it_was() -> None:
    told, mistake = monthly(["1000", "1100", "900"]), order(At(70 * DAY, "mistake"), "90000")
    after = deviation([*told, withdrawn(71 * DAY, mistake), mistake], 71 * DAY, ORDERS)
    assert after == pytest.approx(deviation(told, 71 * DAY, ORDERS), abs=1e-9)


@thorough
@given(st.lists(st.floats(-50, 50), min_size=8, max_size=8))
def test_whatever_the_sums_a_level_stays_within_its_points(values: list[float]) -> None:
    sums = np.zeros((1, len(COUNTED_SIGNALS)))
    sums[:, [SIGNAL_INDEX[signal] for level in LEVELS.values() for signal in level]] = values
    policy, found = default_tables().policy, assess(sums, np.ones((1, 3), bool), default_tables()).contribution
    for name, level in LEVELS.items():
        most = policy.signals[level.recent].points * policy.levels.of(name).cap
        assert abs(found[0, SIGNAL_INDEX[level.recent]]) <= most + 1e-9


@pytest.mark.parametrize("place", [1, 3])
def test_a_count_that_passes_through_zero_makes_no_jump(place: int) -> None:
    """A withdrawal whose original never came leaves sums without facts; two ways of summing up must still agree."""
    sums = np.zeros((201, len(COUNTED_SIGNALS)))
    level = LEVELS["usage"]
    sums[:, [SIGNAL_INDEX[signal] for signal in level]] = (5.0, 2.0, -7.0, 3.0)
    sums[:, SIGNAL_INDEX[level[place]]] = np.linspace(-1e-9, 1e-9, 201)
    assert np.abs(standing(sums, default_tables()).deviation[:, USAGE]).max() <= 1e-9
