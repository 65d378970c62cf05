"""Alerts about money: when they open, what keeps them open, and that none flaps."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, Suggestion
from schemas.catalogue import AnyEvent
from schemas.events.purchases import SubscriptionChange, SubscriptionChanged, SubscriptionData
from streams.core.state import Extra
from tests.core.bench import Bench, folded
from tests.core.building import (
    DAY,
    SOURCE,
    At,
    contact,
    opened,
    order,
    resolved,
    settled_by_person,
    subscription,
    usage,
    when,
    withdrawn,
)
from tests.core.explaining import assert_explained, assert_told_once
from tests.core.owing import paid
from tests.core.timelines import shuffled, thorough, timelines

UPSELL, REVENUE = AlertKind.UPSELL_READY, AlertKind.REVENUE_DISAGREES
OPENED, RESOLVED = StepKind.OPENED, StepKind.RESOLVED


def worth(at_s: float, change: SubscriptionChange, value: str, renews_after_d: float | None = None) -> AnyEvent:
    renews_at = None if renews_after_d is None else when(at_s + renews_after_d * DAY)
    data = SubscriptionData(change=change, annual_value=Decimal(value), currency="EUR", renews_at=renews_at)
    at = At(at_s)
    identity = at.event_id(f"{change.value} {value}")
    return SubscriptionChanged(id=identity, source=SOURCE, subject=at.account, time=when(at_s), data=data)


def weekly(quantities: list[float], start_d: float = 0) -> list[AnyEvent]:
    return [usage(At((start_d + 7 * week) * DAY, f"u-{start_d + week}"), one) for week, one in enumerate(quantities)]


def content(weeks: int, start_d: float = 0) -> list[AnyEvent]:
    """A client who is glad to talk to us, and pays, every week."""
    days = [start_d + 7 * week for week in range(weeks)]
    glad: list[AnyEvent] = [contact(At(day * DAY + 1, f"glad-{day}"), 1.0) for day in days]
    return [*glad, *(paid(At(day * DAY + 2, f"paid-{day}"), f"I-{day}") for day in days)]


def lived(*told: AnyEvent) -> Bench:
    bench = Bench()
    bench.live(*sorted(told, key=lambda event: event.time))
    assert_explained(bench.told.snapshots)
    assert_told_once(bench.told.steps)
    return bench


def steps(bench: Bench, kind: AlertKind) -> list[AlertStep]:
    return [step for step in bench.told.steps if step.kind is kind]


GROWING = [*content(24), *weekly([10.0] * 16 + [40.0] * 8)]
STARTED = worth(0, SubscriptionChange.STARTED, "1000")


def reasons(bench: Bench, kind: AlertKind) -> list[StepReason]:
    return [step.reason for step in steps(bench, kind)]


def test_a_healthy_account_that_uses_more_is_told_once() -> None:
    [step] = steps(lived(STARTED, *GROWING), UPSELL)
    assert (step.step, step.reason, step.role) == (OPENED, StepReason.UPSELL_SIGNS, CalledRole.SALES)
    assert step.suggestion is Suggestion.OFFER_MORE
    assert step.facts["growing"] == "usage"
    assert 20 <= float(step.facts["percent"]) < 60
    assert "renews_at" not in step.facts


def test_the_renewal_is_named_where_it_is_near_and_far_off_keeps_the_alert_back() -> None:
    near = worth(100 * DAY, SubscriptionChange.RENEWED, "1000", 90)
    [step] = steps(lived(STARTED, *GROWING, near), UPSELL)
    assert step.facts["renews_at"] == when(190 * DAY).isoformat()
    assert steps(lived(STARTED, *GROWING, worth(100 * DAY, SubscriptionChange.RENEWED, "1000", 365)), UPSELL) == []


def test_an_open_complaint_keeps_it_back_until_it_is_settled() -> None:
    waiting = opened(110 * DAY, 1, due_after_s=300 * DAY)
    assert steps(lived(STARTED, *GROWING, waiting), UPSELL) == []
    [step] = steps(lived(STARTED, *GROWING, waiting, resolved(140 * DAY)), UPSELL)
    assert step.at >= when(140 * DAY)


def test_what_is_overdue_keeps_it_back() -> None:
    late = order(105 * DAY)
    late = late.model_copy(update={"data": late.data.model_copy(update={"promised_at": when(106 * DAY)})})
    assert steps(lived(STARTED, *GROWING, late), UPSELL) == []


def test_an_account_that_is_not_healthy_wants_no_more() -> None:
    assert steps(lived(*weekly([10.0] * 16 + [40.0] * 8)), UPSELL) == []


def test_it_ends_when_the_growth_has_faded_though_nothing_else_happens() -> None:
    bench = lived(STARTED, *GROWING)
    for day in range(170, 400, 5):
        bench.flush(day * DAY)
    assert reasons(bench, UPSELL) == [StepReason.UPSELL_SIGNS, StepReason.SIGNS_GONE]
    assert_told_once(bench.told.steps)


def test_between_the_lines_nothing_flaps_and_a_second_alert_waits_for_the_cooldown() -> None:
    saw = [*content(60), *weekly([10.0] * 16 + [40.0, 40.0, 40.0, 3.0, 3.0] * 8)]
    told = steps(lived(STARTED, *saw), UPSELL)
    openings = [step.at for step in told if step.step is OPENED]
    assert len(openings) >= 1
    assert all((later - one).days >= 90 for one, later in pairwise(openings))


def test_what_a_person_closed_opens_again_only_after_the_cooldown() -> None:
    bench = lived(STARTED, *GROWING)
    [step] = steps(bench, UPSELL)
    bench.live(settled_by_person(160.5 * DAY, step.alert_id))
    more = [*weekly([40.0 * 1.3**week for week in range(20)], 161), *content(20, 161)]
    bench.live(*sorted(more, key=lambda event: event.time))
    openings = [step.at for step in steps(bench, UPSELL) if step.step is OPENED]
    assert len(openings) == 2
    assert openings[1] >= when(250.5 * DAY)


SHRINKING = [order(At(30 * month * DAY, f"o-{month}"), "1000" if month < 8 else "150") for month in range(11)]


def test_orders_that_shrink_on_an_account_that_does_well_disagree() -> None:
    [step] = steps(lived(*content(44), *SHRINKING), REVENUE)
    assert (step.step, step.reason, step.suggestion) == (OPENED, StepReason.MONEY_FALLS, Suggestion.REVIEW_ACCOUNT)
    assert step.facts["measure"] == "order_value"
    assert -60 < float(step.facts["percent"]) <= -20
    assert "score" in step.facts


def test_a_reduced_subscription_on_an_account_that_does_well_disagrees_and_agrees_when_it_is_long_ago() -> None:
    bench = lived(STARTED, *content(40), worth(200 * DAY, SubscriptionChange.REDUCED, "600"))
    [step] = steps(bench, REVENUE)
    assert (step.facts["measure"], step.facts["percent"]) == ("subscription", "-40")
    for day in range(280, 300, 2):
        bench.flush(day * DAY)
    assert reasons(bench, REVENUE) == [StepReason.MONEY_FALLS, StepReason.AGREES_AGAIN]


def test_a_renewal_for_less_is_a_fall_too_and_one_that_was_withdrawn_none() -> None:
    less = worth(200 * DAY, SubscriptionChange.RENEWED, "500")
    bench = lived(STARTED, *content(30), less)
    assert reasons(bench, REVENUE) == [StepReason.MONEY_FALLS]
    bench.live(withdrawn(205 * DAY, less))  # type: ignore[arg-type]
    assert reasons(bench, REVENUE) == [StepReason.MONEY_FALLS, StepReason.AGREES_AGAIN]


def test_a_subscription_that_grows_on_an_account_at_risk_disagrees() -> None:
    angry = [opened(At((150 + number) * DAY, f"c-{number}"), 4, f"C-{number}") for number in range(3)]
    sour = [contact(At((150 + number) * DAY + 5, f"s-{number}"), -1.0) for number in range(8)]
    bench = lived(STARTED, *angry, *sour, worth(160 * DAY, SubscriptionChange.EXPANDED, "1500"))
    [step] = steps(bench, REVENUE)
    assert (step.reason, step.facts["measure"], step.facts["percent"]) == (StepReason.MONEY_RISES, "subscription", "50")


def test_an_open_episode_survives_a_crash_and_is_told_once() -> None:
    bench = lived(STARTED, *GROWING)
    bench.crash(lag=20)
    assert bench.partition.in_money == {0}
    bench.flush(162 * DAY)
    assert [step.step for step in steps(bench, UPSELL)] == [OPENED]
    for day in range(170, 400, 5):
        bench.flush(day * DAY)
    assert [step.step for step in steps(bench, UPSELL)] == [OPENED, RESOLVED]


@thorough
@given(st.data(), timelines())
def test_what_is_known_of_a_subscription_hangs_on_no_order(data: st.DataObject, told: list[AnyEvent]) -> None:
    one, other = folded(*told), folded(*data.draw(shuffled(told)))
    assert one.extras.get(0, Extra()).subscription == other.extras.get(0, Extra()).subscription


@pytest.mark.parametrize("first", ["the change", "its withdrawal"])
def test_a_change_taken_back_leaves_no_trace(first: str) -> None:
    mistake = subscription(DAY, SubscriptionChange.REDUCED)
    pair: list[AnyEvent] = [mistake, withdrawn(2 * DAY, mistake)]
    partition = folded(STARTED, *(pair if first == "the change" else pair[::-1]))
    assert partition.extras[0].subscription == folded(STARTED).extras[0].subscription
