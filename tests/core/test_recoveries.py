"""Clients who came back: told once of each drop, closed by the next one or by its own time."""

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason
from schemas.catalogue import AnyEvent
from schemas.events.purchases import SubscriptionChange
from tests.core.bench import Bench, tables_with
from tests.core.building import (
    DAY,
    HOUR,
    At,
    complaint_withdrawn,
    opened,
    order,
    override_set,
    subscription,
    when,
)
from tests.core.explaining import assert_told_once

UP = [subscription(At(number, f"up-{number}"), SubscriptionChange.EXPANDED) for number in range(5)]
WELL: list[AnyEvent] = [order(0), *UP]
"""Healthy: its commerce is at the end of the scale."""
RULES: dict[str, object] = {"band_dropped_from": "watch", "history_horizon_s": 10_000 * DAY}
FALL = [opened(At(DAY + number, f"c-{number}"), 4, f"C-{number}") for number in range(4)]
REPAIR = [complaint_withdrawn(2 * DAY + number, f"C-{number}") for number in range(4)]


def of(bench: Bench, kind: AlertKind) -> list[AlertStep]:
    return [step for step in bench.told.steps if step.kind is kind]


def recovered(*more: AnyEvent) -> Bench:
    """A healthy account that dropped, and is healthy again at +2 d."""
    bench = Bench(tables_with(bands={"dwell_better_s": 0}, alerts=RULES))
    bench.live(*WELL, *FALL, *REPAIR, *more)
    return bench


def test_a_client_who_is_healthy_again_after_a_drop_is_told_of() -> None:
    bench = recovered()
    assert [step.step for step in of(bench, AlertKind.BAND_DROPPED)][-1] is StepKind.RESOLVED
    [step] = of(bench, AlertKind.RECOVERED)
    assert (step.step, step.reason, step.role) == (StepKind.OPENED, StepReason.BAND_REGAINED, CalledRole.SALES)
    assert step.facts["band_to"] == "healthy"
    assert step.facts["band_from"] in ("watch", "at_risk", "critical")


def test_it_closes_by_itself_after_its_own_time() -> None:
    bench = recovered()
    opened_at = of(bench, AlertKind.RECOVERED)[0].at
    bench.flush(9 * DAY - HOUR)
    assert len(of(bench, AlertKind.RECOVERED)) == 1
    bench.flush(12 * DAY)
    closing = of(bench, AlertKind.RECOVERED)[1]
    assert (closing.step, closing.reason) == (StepKind.RESOLVED, StepReason.CLOSED_BY_TIME)
    assert (closing.at - opened_at).total_seconds() == 7 * DAY


def test_the_next_drop_closes_it() -> None:
    again = [opened(At(4 * DAY + number, f"again-{number}"), 4, f"D-{number}") for number in range(4)]
    bench = recovered(*again)
    assert [step.reason for step in of(bench, AlertKind.RECOVERED)] == [
        StepReason.BAND_REGAINED,
        StepReason.BAND_WORSENED,
    ]
    assert_told_once(of(bench, AlertKind.RECOVERED))


def test_each_drop_is_told_of_once_and_without_one_there_is_nothing_to_recover_from() -> None:
    dip = [opened(At(20 * DAY, "dip"), 2, "E-1"), complaint_withdrawn(21 * DAY, "E-1")]
    bench = recovered(*dip)
    drops = max(step.episode for step in of(bench, AlertKind.BAND_DROPPED))
    assert max(step.episode for step in of(bench, AlertKind.RECOVERED)) == drops
    calm = Bench(tables_with(alerts={"history_horizon_s": 10_000 * DAY}))
    calm.live(*WELL, *dip)
    assert of(calm, AlertKind.RECOVERED) == []


def test_a_score_set_by_hand_is_no_recovery() -> None:
    bench = Bench(tables_with(alerts=RULES))
    bench.live(*WELL, *FALL, override_set(2 * DAY, 90.0, DAY))
    bench.flush(4 * DAY)
    assert of(bench, AlertKind.RECOVERED) == []


def test_it_closes_over_a_crash_too() -> None:
    bench = recovered()
    bench.crash()
    bench.flush(12 * DAY)
    assert [step.at for step in of(bench, AlertKind.RECOVERED)][1] <= when(10 * DAY)
