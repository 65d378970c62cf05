"""Scores that fell sharply: many points within few days, one alert until it steadies, never by policy or by hand."""

import numpy as np
import pytest

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, alert_id
from schemas.catalogue import AnyEvent
from schemas.events.purchases import SubscriptionChange
from streams.core.policy import Policy
from streams.core.rulebook import Rulebook
from streams.core.state import NO_HIGH
from streams.core.tables import to_tables
from tests.core.bench import Bench, default_document, tables_with
from tests.core.building import (
    ACCOUNT,
    DAY,
    HOUR,
    At,
    complaint_withdrawn,
    contact,
    opened,
    order,
    override_lifted,
    override_set,
    settled_by_person,
    subscription,
    when,
)
from tests.core.explaining import assert_told_once

WELL: list[AnyEvent] = [order(0), subscription(1, SubscriptionChange.STARTED), contact(2, 1.0)]
"""Well above every line."""


def falls(bench: Bench) -> list[AlertStep]:
    return [step for step in bench.told.steps if step.kind is AlertKind.SHARP_DROP]


def well(*more: AnyEvent) -> Bench:
    bench = Bench(tables_with(alerts={"history_horizon_s": 10_000 * DAY}))
    bench.live(*WELL, *more)
    return bench


def blow(at_s: float) -> list[AnyEvent]:
    """Two grave complaints at once: some twenty points."""
    return [opened(At(at_s, f"one {at_s}"), 4, f"C-{at_s}"), opened(At(at_s, f"two {at_s}"), 4, f"D-{at_s}")]


def test_many_points_lost_at_once_alert_with_the_score_before_and_the_reasons() -> None:
    bench = well(*blow(DAY))
    [step] = falls(bench)
    assert (step.step, step.reason, step.role, step.at) == (
        StepKind.OPENED,
        StepReason.SCORE_FELL,
        CalledRole.SALES,
        when(DAY),
    )
    before, score = float(step.facts["score_before"]), float(step.facts["score"])
    assert before - score == pytest.approx(float(step.facts["points"]), abs=0.11)
    assert float(step.facts["points"]) >= 15
    assert step.facts["days"] == "7"
    assert step.parts


def test_points_lost_step_by_step_within_the_days_alert() -> None:
    bench = well(opened(At(DAY, "a"), 3, "C-1"), opened(At(3 * DAY, "b"), 3, "C-2"), opened(At(5 * DAY, "c"), 3, "C-3"))
    assert [step.step for step in falls(bench)] == [StepKind.OPENED]


def test_the_same_steps_over_many_weeks_do_not() -> None:
    spread = [opened(At(number * 20 * DAY, f"c-{number}"), 2, f"C-{number}") for number in range(1, 5)]
    bench = well()
    for event in spread:
        bench.flush((event.time - when(0)).total_seconds() - DAY)
        bench.live(event)
    assert falls(bench) == []


def test_a_score_that_nobody_looked_at_for_weeks_is_held_against_what_it_was_until_now() -> None:
    assert [step.step for step in falls(well(*blow(60 * DAY)))] == [StepKind.OPENED]


def test_a_score_that_faded_for_months_has_not_fallen() -> None:
    bench = well()
    for day in range(1, 300):
        bench.flush(day * DAY)
    bench.live(contact(300 * DAY))
    assert falls(bench) == []


def test_one_alert_until_it_steadies_and_another_for_the_next_fall() -> None:
    bench = well(*blow(DAY), opened(At(2 * DAY, "more"), 2, "C-9"))
    assert len(falls(bench)) == 1
    for hour in range(48, 24 * 12):
        bench.flush(hour * HOUR)
    assert [(step.step, step.reason) for step in falls(bench)[1:]] == [(StepKind.RESOLVED, StepReason.SCORE_STEADIED)]
    assert when(7 * DAY) <= falls(bench)[1].at <= when(8.5 * DAY)
    bench.live(subscription(13 * DAY, SubscriptionChange.CANCELLED))
    assert [step.episode for step in falls(bench)] == [1, 1, 2]
    assert_told_once(bench.told.steps)


def test_a_fall_that_is_taken_back_steadies_at_once() -> None:
    bench = well(*blow(DAY), complaint_withdrawn(2 * DAY, f"C-{DAY}"), complaint_withdrawn(2 * DAY + 1, f"D-{DAY}"))
    assert [step.step for step in falls(bench)] == [StepKind.OPENED, StepKind.RESOLVED]


def test_what_a_person_settled_is_not_told_again() -> None:
    bench = well(*blow(DAY))
    bench.live(settled_by_person(DAY + HOUR, alert_id(ACCOUNT, AlertKind.SHARP_DROP, 1)), contact(DAY + 2 * HOUR))
    assert [(step.step, step.reason) for step in falls(bench)] == [
        (StepKind.OPENED, StepReason.SCORE_FELL),
        (StepKind.RESOLVED, StepReason.BY_PERSON),
    ]


def test_an_account_that_settles_in_has_not_fallen() -> None:
    bench = Bench(tables_with(bands={"settle_s": 2}))
    bench.live(*WELL[:2], *blow(1.5))
    bench.live(contact(60.0))
    assert falls(bench) == []


def test_an_override_is_no_fall_and_neither_is_its_end() -> None:
    bench = well(
        override_set(DAY, 0.0, 2 * DAY), contact(2 * DAY), override_lifted(2.5 * DAY), contact(At(3 * DAY, "x"))
    )
    assert falls(bench) == []


def test_what_falls_below_an_override_is_told_when_it_ends() -> None:
    bench = well(override_set(DAY, 90.0, 2 * DAY), *blow(1.5 * DAY))
    assert falls(bench) == []
    bench.flush(3 * DAY)
    assert [step.step for step in falls(bench)] == [StepKind.OPENED]


def test_another_policy_is_no_fall() -> None:
    weights = {"relationship": 0.05, "commerce": 0.05, "service": 0.9}
    document = default_document() | {"version": 2, "dimensions": weights}
    bench = well(opened(At(HOUR, "a"), 2, "C-1"), opened(At(HOUR, "b"), 2, "C-2"))
    bench.tables = to_tables(Policy.model_validate(document))
    bench.rules = Rulebook.of(bench.tables.policy)
    bench.live(contact(At(DAY, "under the new policy")))
    before, after = [snapshot.score or 0.0 for snapshot in bench.told.snapshots[-2:]]
    assert before - after > 15
    assert falls(bench) == []


def test_it_goes_on_over_a_crash() -> None:
    live, restored = well(*blow(DAY)), well(*blow(DAY))
    restored.crash()
    for bench in (live, restored):
        for day in range(2, 12):
            bench.flush(day * DAY)
    assert [step.step for step in falls(restored)] == [StepKind.OPENED, StepKind.RESOLVED]
    assert falls(live) == falls(restored)


def test_an_account_never_judged_has_no_highs() -> None:
    bench = Bench()
    bench.feed(order(0))
    assert (bench.partition.rows["highs"] == NO_HIGH).all()
    bench.flush(1)
    assert np.count_nonzero(bench.partition.rows["highs"][0] != NO_HIGH) == 1
