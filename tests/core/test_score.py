"""The score as a function of decayed sums, and what is known of complaints."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from schemas.events.purchases import SubscriptionChange
from schemas.health import Dimension
from streams.core.policies import default_tables
from streams.core.policy import COUNTED_SIGNALS, DIMENSIONS, SIGNAL_INDEX
from streams.core.score import assess, complaint_factor
from tests.core.bench import assessed, folded, score_of
from tests.core.building import (
    ACCOUNT,
    DAY,
    At,
    contact,
    escalated,
    invoice,
    opened,
    order,
    resolved,
    returned,
    subscription,
)
from tests.core.timelines import SPAN_S, thorough, timelines

SERVICE = DIMENSIONS.index(Dimension.SERVICE)
SUMS = st.lists(st.floats(-50, 50), min_size=len(COUNTED_SIGNALS), max_size=len(COUNTED_SIGNALS)).map(
    lambda values: np.array([values])
)
SEEN = st.lists(st.booleans(), min_size=3, max_size=3).map(lambda values: np.array([values]))


def orders(count: int) -> list[AnyEvent]:
    return [order(At(number * DAY, f"order-{number}")) for number in range(count)]


def drop(*before: AnyEvent, at_s: float = 100 * DAY) -> float:
    """How far a severity 3 complaint lowers the service dimension of an account with such a past."""
    without = assessed(folded(*before), at_s).dimension[0, SERVICE]
    return float(without - assessed(folded(*before, opened(At(at_s, "new"), 3, "C-new")), at_s).dimension[0, SERVICE])


@thorough
@given(SUMS, SEEN)
def test_a_score_is_within_its_range_and_the_sum_of_its_contributions(sums: np.ndarray, seen: np.ndarray) -> None:
    found = assess(sums, seen, default_tables())
    if not seen.any():
        assert math.isnan(found.score[0])
        return
    assert 0 <= found.score[0] <= 100
    assert np.all((found.dimension >= 0) & (found.dimension <= 100))
    total = 50 * found.share.sum() + found.contribution.sum() + found.saturation.sum()
    assert total == pytest.approx(found.score[0], abs=1e-9)
    assert found.share.sum() == pytest.approx(1)


def test_an_account_without_facts_has_no_score_and_no_coverage() -> None:
    found = assess(np.zeros((1, len(COUNTED_SIGNALS))), np.zeros((1, 3), bool), default_tables())
    assert math.isnan(found.score[0])
    assert found.coverage[0] == 0


@pytest.mark.parametrize(
    "told, coverage",
    [
        ([invoice(0)], 0.35),
        ([opened(0)], 0.35),
        ([contact(0)], 0.65),
        ([order(0)], 0.70),
        ([order(0), contact(1)], 1.0),
    ],
)
def test_coverage_is_the_weight_of_the_dimensions_that_have_signal(told: list[AnyEvent], coverage: float) -> None:
    assert assessed(folded(*told), DAY).coverage[0] == pytest.approx(coverage)


def test_dimensions_without_signal_leave_their_weight_to_the_others() -> None:
    found = assessed(folded(order(0)), 0)
    assert found.share[0].tolist() == pytest.approx([0, 0.5, 0.5])
    assert found.score[0] == pytest.approx(0.5 * 56 + 0.5 * 50)


def test_a_dimension_is_held_at_exactly_100_and_what_is_taken_is_said() -> None:
    found = assessed(folded(*orders(20)), 20 * DAY)
    commerce = DIMENSIONS.index(Dimension.COMMERCE)
    assert found.dimension[0, commerce] == 100.0
    assert found.saturation[0, commerce] < 0


def test_a_score_is_held_at_exactly_0_and_at_exactly_100() -> None:
    worst: list[AnyEvent] = [opened(At(0, f"o-{number}"), 4, f"C-{number}") for number in range(10)]
    assert score_of(*worst, at_s=0) == 0.0
    best: list[AnyEvent] = [
        *(subscription(At(0, f"s-{number}"), SubscriptionChange.RENEWED) for number in range(10)),
        *(contact(At(0, f"c-{number}"), 1.0) for number in range(100)),
    ]
    assert score_of(*best, at_s=0) == pytest.approx(100.0, abs=1e-12)
    assert score_of(*best, at_s=0) <= 100.0


def test_points_fade_towards_the_middle() -> None:
    assert score_of(order(0), at_s=0) == pytest.approx(53.0)
    assert score_of(order(0), at_s=90 * DAY) == pytest.approx(51.5)
    assert score_of(order(0), at_s=180 * DAY) == pytest.approx(50.75)


def test_a_first_complaint_of_an_account_without_orders_takes_its_plain_points() -> None:
    assert drop(contact(0)) == pytest.approx(20.0)


def test_a_complaint_weighs_less_the_more_the_account_has_ordered() -> None:
    drops = [drop(*orders(count)) for count in (0 + 1, 5, 20, 80)]
    assert drops == sorted(drops, reverse=True)
    assert drop(*orders(20)) == pytest.approx(20 / (1 + 0.15 * math.log(21)))


def test_custom_cushions_however_long_ago() -> None:
    assert drop(*orders(20), at_s=3000 * DAY) == pytest.approx(drop(*orders(20)), abs=1e-9)


def test_a_complaint_weighs_more_after_recent_complaints_and_less_so_as_they_age() -> None:
    fresh, old = [opened(At(age * DAY, "old"), 1, "C-old") for age in (99, 1)]
    assert drop(fresh) > drop(old) > drop(contact(0))


def test_the_factor_is_one_for_a_first_complaint_and_follows_its_formula() -> None:
    sums = np.zeros((2, len(COUNTED_SIGNALS)))
    sums[0, SIGNAL_INDEX["complaint_2"]] = 1
    sums[1, SIGNAL_INDEX["complaint_1"]] = sums[1, SIGNAL_INDEX["complaint_4"]] = 1.5
    sums[1, SIGNAL_INDEX["orders_ever"]] = 10
    expected = (1 + 0.25 * 2) / (1 + 0.15 * math.log(11))
    assert complaint_factor(sums, default_tables()).tolist() == pytest.approx([1.0, expected])


def test_orders_withdrawn_before_they_were_told_do_not_break_the_factor() -> None:
    sums = np.zeros((1, len(COUNTED_SIGNALS)))
    sums[0, SIGNAL_INDEX["orders_ever"]] = -3
    assert complaint_factor(sums, default_tables()).tolist() == [1.0]


def returns(count: int) -> list[AnyEvent]:
    return [returned(At(100 * DAY, f"r-{number}")) for number in range(count)]


def lost(kept: int, back: int) -> float:
    """How far returns lower the commerce dimension of an account with so many orders besides."""
    commerce, at_s = DIMENSIONS.index(Dimension.COMMERCE), 100 * DAY
    bought: list[AnyEvent] = [order(At(at_s, f"o-{number}")) for number in range(kept + back)]
    without, after = folded(contact(0), *bought), folded(contact(0), *bought, *returns(back))
    totals = [
        found.dimension - found.saturation / found.share for found in (assessed(p, at_s) for p in (without, after))
    ]
    return float(totals[0][0, commerce] - totals[1][0, commerce])


def test_a_return_weighs_less_the_more_of_what_was_bought_was_kept() -> None:
    assert lost(0, 1) == pytest.approx(5)
    assert lost(9, 1) == pytest.approx(5 / (1 + 0.5 * math.log(10)))
    assert lost(9, 1) < lost(2, 1) < lost(0, 1)
    assert lost(0, 4) == pytest.approx(4 * 5)


@pytest.mark.parametrize("severity, points", [(1, 7), (2, 12), (3, 20), (4, 32)])
def test_resolving_returns_seven_tenths_of_what_is_left_of_a_complaint(severity: int, points: float) -> None:
    past = contact(0)
    plain = assessed(folded(past), 10 * DAY).dimension[0, SERVICE]
    open_ = assessed(folded(past, opened(10 * DAY, severity)), 10 * DAY).dimension[0, SERVICE]
    settled = folded(past, opened(10 * DAY, severity), resolved(10 * DAY))
    assert plain - open_ == pytest.approx(points)
    assert plain - assessed(settled, 10 * DAY).dimension[0, SERVICE] == pytest.approx(0.3 * points)


@thorough
@given(timelines(), st.integers(1, 4), st.floats(0, 200 * DAY), st.booleans())
def test_a_resolved_complaint_never_lifts_the_score_above_what_it_was_before(
    past: list[AnyEvent], severity: int, later_s: float, also_escalated: bool
) -> None:
    new: list[AnyEvent] = [opened(At(SPAN_S, "n-1"), severity, "C-new"), resolved(At(SPAN_S, "n-2"), "C-new")]
    if also_escalated:
        new.insert(1, escalated(At(SPAN_S, "n-3"), "C-new"))
    at_s = SPAN_S + later_s
    assert score_of(*past, *new, at_s=at_s) <= score_of(*past, at_s=at_s) + 1e-9


@thorough
@given(timelines(), st.integers(1, 4), st.floats(0, SPAN_S), st.floats(0, 200 * DAY))
def test_a_complaint_never_raises_the_score_of_an_account_that_has_any_fact(
    past: list[AnyEvent], severity: int, opened_s: float, later_s: float
) -> None:
    new = opened(At(opened_s, "new"), severity, "C-new")
    at_s = SPAN_S + later_s
    assert score_of(*past, new, at_s=at_s) <= score_of(*past, at_s=at_s) + 1e-9


def test_a_client_who_deals_with_us_without_complaint_has_service_signal() -> None:
    assert assessed(folded(invoice(0)), 0).dimension[0, SERVICE] == 50
    assert folded(invoice(0)).accounts == [ACCOUNT]
