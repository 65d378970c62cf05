"""What became of an account after a moment, by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from pulse.fitting.history import Bought, history_of
from pulse.learning.past import Changed, Past, past_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HORIZON = timedelta(days=30)


def at(day: float) -> float:
    return (NOW + timedelta(days=day)).timestamp()


def past(orders: list[float] | None = None, changes: list[tuple[float, str]] | None = None) -> Past:
    names = ["A"] if orders is not None else []
    bought = [Bought("", [at(day) for day in orders], [10.0] * len(orders))] if orders is not None else []
    return past_of(names, history_of(bought), [Changed("A", at(day), change) for day, change in changes or ()])


def became(of: Past) -> list[str]:
    return [name for name, count in of.after(NOW, HORIZON, 3).counted().items() if count]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ([(-90, "started"), (10, "renewed")], ["renewed"]),
        ([(-90, "started"), (10, "expanded")], ["expanded"]),
        ([(-90, "started"), (10, "reduced")], ["reduced"]),
        ([(-90, "started"), (10, "cancelled")], ["cancelled"]),
        ([(-90, "started"), (10, "reduced"), (20, "cancelled")], ["cancelled"]),
        ([(-90, "started"), (10, "cancelled"), (20, "started")], ["started"]),
        ([(-90, "started"), (31, "cancelled")], []),
        ([(-90, "started"), (0, "renewed")], []),
        ([(-90, "started"), (-10, "cancelled"), (10, "started")], []),
        ([(10, "started")], []),
    ],
)
def test_a_subscription_says_by_its_last_change_within_the_horizon(
    changes: list[tuple[float, str]], outcome: list[str]
) -> None:
    assert became(past(changes=changes)) == outcome


@pytest.mark.parametrize(
    ("orders", "outcome"),
    [
        ([-50, -40, -10, 20], ["ordered_again"]),
        ([-50, -40, -10], ["ordered_no_more"]),
        ([-50, -40, -10, 31], ["ordered_no_more"]),
        ([-50, -10, 20], []),
        ([-90, -80, -31], []),
    ],
)
def test_without_subscriptions_the_orders_say(orders: list[float], outcome: list[str]) -> None:
    assert became(past(orders)) == outcome


def test_who_has_a_subscription_is_not_lost_for_want_of_orders() -> None:
    assert became(past([-50, -40, -10], [(-90, "started")])) == []
    assert became(past([-50, -40, -10], [(-90, "started"), (5, "renewed")])) == ["renewed"]


def test_a_loss_has_its_time_and_who_stays_has_none() -> None:
    cancelled = past(changes=[(-90, "started"), (10, "cancelled")]).after(NOW, HORIZON, 3)
    assert cancelled.lost_at.tolist() == [at(10)]
    silent = past([-50, -40, -10]).after(NOW, HORIZON, 3)
    assert (silent.lost_at.tolist(), silent.lost.tolist()) == ([at(20)], [True])
    assert past([-50, -40, -10, 20]).after(NOW, HORIZON, 3).lost.tolist() == [False]


def test_a_row_knows_the_orders_so_far_and_no_later_ones() -> None:
    rows = past([-50, -40, -10, 20]).after(NOW, HORIZON, 3)
    assert (rows.silent_d.tolist(), rows.count.tolist(), rows.spent.tolist()) == ([10], [3], [30])


def test_the_order_in_which_changes_are_told_is_of_no_account() -> None:
    changes = [(-90.0, "started"), (10.0, "reduced"), (20.0, "cancelled")]
    assert became(past(changes=changes[::-1])) == became(past(changes=changes)) == ["cancelled"]
