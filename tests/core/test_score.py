"""The score as a function of decayed sums, and what is known of complaints."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from schemas.events.complaints import Category
from schemas.events.purchases import SubscriptionChange
from schemas.health import Dimension
from streams.core.policies import default_tables
from streams.core.policy import COUNTED_SIGNALS, DIMENSIONS, SIGNAL_INDEX
from streams.core.score import assess, complaint_factor, kept_products
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
    withdrawn,
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


def lost(kept: int, back: int, lines: int = 0) -> float:
    """How far returns lower the commerce dimension of an account with so many orders besides."""
    commerce, at_s = DIMENSIONS.index(Dimension.COMMERCE), 100 * DAY
    bought: list[AnyEvent] = [order(At(at_s, f"o-{number}"), lines=lines) for number in range(kept + back)]
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


def test_a_return_weighs_less_the_more_products_an_order_has() -> None:
    assert lost(2, 1, lines=4) == pytest.approx(5 / (1 + 0.5 * math.log(1 + 8)))
    assert lost(2, 1, lines=1) == pytest.approx(lost(2, 1))
    assert lost(0, 1, lines=4) == pytest.approx(5)


@pytest.mark.parametrize(
    "orders_, returned_, products, kept",
    [(0, 0, 0, 0), (1e-13, -1, 5, 0), (4, 1, 4, 3), (4, 1, 8, 6), (1, 3, 9, 0), (2, 0, -5, 0), (-1, -3, 2, 0)],
)
def test_kept_products_are_none_where_sums_are_what_no_history_leaves(
    orders_: float, returned_: float, products: float, kept: float
) -> None:
    sums = np.zeros((1, len(COUNTED_SIGNALS)))
    sums[0, [SIGNAL_INDEX[name] for name in ("orders", "returned", "products")]] = orders_, returned_, products
    assert kept_products(sums).tolist() == [kept]


CATEGORY = st.sampled_from(Category)
PRODUCT = st.sampled_from([Category.PRODUCT, Category.TECHNICAL])


def unfit(severity: int, *before: AnyEvent, category: Category = Category.PRODUCT, at_s: float = 100 * DAY) -> float:
    """How far a complaint about a product lowers the service dimension below what one about a delivery does."""
    found = [
        assessed(folded(*before, opened(At(at_s, "new"), severity, "C-new", category=about)), at_s).dimension
        for about in (Category.DELIVERY, category)
    ]
    return float(found[0][0, SERVICE] - found[1][0, SERVICE])


@pytest.mark.parametrize("category", Category)
def test_a_complaint_about_a_product_takes_three_points_more_than_another(category: Category) -> None:
    taken = 3 if category in (Category.PRODUCT, Category.TECHNICAL) else 0
    assert unfit(2, contact(0), category=category) == pytest.approx(taken)


def test_a_complaint_about_a_product_weighs_less_the_more_products_were_kept() -> None:
    bought = order(At(100 * DAY, "o"), lines=9)
    cushion = 1 + 0.15 * math.log(2)
    assert unfit(2, bought) == pytest.approx(3 / cushion / (1 + 0.5 * math.log(10)))
    assert unfit(2, bought, returned(At(100 * DAY, "r"))) == pytest.approx(3 / cushion)
    larger: list[AnyEvent] = [order(At(n * DAY, f"order-{n}"), lines=5) for n in range(20)]
    assert unfit(2, *orders(20)) > unfit(2, *larger)


def test_an_order_line_taken_back_weighs_a_complaint_about_a_product_as_if_it_had_never_been() -> None:
    bought, mistaken = order(At(DAY, "o-1"), lines=2), order(At(DAY, "o-2"), lines=50)
    taken_back = withdrawn(At(2 * DAY, "w"), mistaken)
    plain = unfit(2, bought)
    assert unfit(2, bought, mistaken) < plain
    tellings: list[list[AnyEvent]] = [[bought, mistaken, taken_back], [taken_back, bought, mistaken]]
    for told in tellings:
        assert unfit(2, *told) == pytest.approx(plain, abs=1e-9)


PURCHASES = st.lists(
    st.builds(order, st.builds(At, st.floats(0, SPAN_S)), lines=st.integers(0, 9))
    | st.builds(returned, st.builds(At, st.floats(0, SPAN_S))),
    max_size=9,
).map(lambda told: [event.model_copy(update={"id": f"p-{number}"}) for number, event in enumerate(told)])


@thorough
@given(PURCHASES, st.integers(0, 50), st.integers(1, 4), PRODUCT, st.floats(0, 400 * DAY))
def test_resolving_a_complaint_about_a_product_returns_seven_to_eight_tenths_of_it_at_any_age(
    bought: list[AnyEvent], long_ago: int, severity: int, category: Category, later_s: float
) -> None:
    new = opened(At(SPAN_S, "new"), severity, "C-new", category=category)
    past = [contact(0), *bought, *(order(At(-3000 * DAY, f"old-{number}")) for number in range(long_ago))]
    before, open_, settled = (
        float(assessed(folded(*told), SPAN_S + later_s).dimension[0, SERVICE])
        for told in (past, [*past, new], [*past, new, resolved(At(SPAN_S, "settled"), "C-new")])
    )
    assert 0.7 - 1e-6 <= (settled - open_) / (before - open_) <= 0.8


@pytest.mark.parametrize("severity, points", [(1, 7), (2, 12), (3, 20), (4, 32)])
def test_resolving_returns_seven_tenths_of_what_is_left_of_a_complaint(severity: int, points: float) -> None:
    past = contact(0)
    plain = assessed(folded(past), 10 * DAY).dimension[0, SERVICE]
    open_ = assessed(folded(past, opened(10 * DAY, severity)), 10 * DAY).dimension[0, SERVICE]
    settled = folded(past, opened(10 * DAY, severity), resolved(10 * DAY))
    assert plain - open_ == pytest.approx(points)
    assert plain - assessed(settled, 10 * DAY).dimension[0, SERVICE] == pytest.approx(0.3 * points)


@thorough
@given(timelines(), st.integers(1, 4), CATEGORY, st.floats(0, 200 * DAY), st.booleans())
def test_a_resolved_complaint_never_lifts_the_score_above_what_it_was_before(
    past: list[AnyEvent], severity: int, category: Category, later_s: float, also_escalated: bool
) -> None:
    opening = opened(At(SPAN_S, "n-1"), severity, "C-new", category=category)
    new: list[AnyEvent] = [opening, resolved(At(SPAN_S, "n-2"), "C-new")]
    if also_escalated:
        new.insert(1, escalated(At(SPAN_S, "n-3"), "C-new"))
    at_s = SPAN_S + later_s
    assert score_of(*past, *new, at_s=at_s) <= score_of(*past, at_s=at_s) + 1e-9


@thorough
@given(timelines(), st.integers(1, 4), CATEGORY, st.floats(0, SPAN_S), st.floats(0, 200 * DAY))
def test_a_complaint_never_raises_the_score_of_an_account_that_has_any_fact(
    past: list[AnyEvent], severity: int, category: Category, opened_s: float, later_s: float
) -> None:
    new = opened(At(opened_s, "new"), severity, "C-new", category=category)
    at_s = SPAN_S + later_s
    assert score_of(*past, new, at_s=at_s) <= score_of(*past, at_s=at_s) + 1e-9


def test_a_client_who_deals_with_us_without_complaint_has_service_signal() -> None:
    assert assessed(folded(invoice(0)), 0).dimension[0, SERVICE] == 50
    assert folded(invoice(0)).accounts == [ACCOUNT]
