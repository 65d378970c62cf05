"""Alerts as the worker's partition has them: they climb when due, whatever is killed, and people stop them."""

from collections.abc import Iterator

import pytest

from schemas.alerts import AlertKind, AlertStep, StepKind, StepReason
from schemas.events.managers import Role
from streams.core.decide import MAX_RESTLESS, due
from streams.core.judging import Clock
from streams.core.phases import Refusal
from tests.core.bench import Bench
from tests.core.building import DAY, HOUR, MINUTE, At, answered, clock, contact, opened, profile, when
from tests.core.escalation.acting import acknowledged, commented, reassigned, settled, snoozed
from tests.core.escalation.people import LONG_AGO, absent, manager, whole_line

OVERDUE = AlertKind.COMPLAINT_OVERDUE
DUE = HOUR
"""When the answer is due; each rung then has its delay: 2, 4, 8 hours at the pace of such an alert."""
CLIMB = [("opened", "Ann", DUE), ("escalated", "Leo", DUE + 2 * HOUR), ("escalated", "Dora", DUE + 6 * HOUR)]
TOP = ("escalated", "Vic", DUE + 14 * HOUR)


def begun(owner: str = "Ann") -> Bench:
    """An account of Ann's with a complaint that is to be answered within the hour."""
    bench = Bench()
    bench.hear(*whole_line())
    bench.feed(profile(0, owner))
    bench.live(contact(0), opened(0.0, 1, due_after_s=DUE))
    return bench


def of(bench: Bench) -> list[AlertStep]:
    return [step for step in bench.told.steps if step.kind is OVERDUE]


def course(bench: Bench) -> list[tuple[str, str, float]]:
    """Step, who has the alert then, and when, in seconds after the start."""
    return [
        (step.step.value, step.escalation_chain[0] if step.escalation_chain else "", step.at.timestamp() - clock(0))
        for step in of(bench)
    ]


def alert(bench: Bench) -> str:
    return of(bench)[0].alert_id


def moments(step_s: float, end_s: float) -> Iterator[float]:
    now = 0.0
    while now < end_s:
        now += step_s
        yield now


# ---- time ----


@pytest.mark.parametrize("step_s", [MINUTE * 7, HOUR, 5 * HOUR, 20 * HOUR])
def test_however_time_moves_the_same_steps_are_taken_for_the_same_moments(step_s: float) -> None:
    bench = begun()
    for now in moments(step_s, 20 * HOUR):
        bench.flush(now)
    assert course(bench) == [*CLIMB, TOP]
    assert [step.step_no for step in of(bench)] == [1, 2, 3, 4]


@pytest.mark.parametrize("killed_after", range(9))
def test_whatever_is_killed_the_same_steps_follow_with_the_same_ids(killed_after: int) -> None:
    undisturbed, bench = begun(), begun()
    for number, now in enumerate(moments(2 * HOUR, 20 * HOUR)):
        undisturbed.flush(now)
        bench.flush(now)
        if number == killed_after:
            bench.crash(lag=9, watermark=now - HOUR)
            bench.hear()
    ids = [(step.step_id, step.model_dump(exclude={"decided_at"})) for step in of(bench)]
    assert ids == [(step.step_id, step.model_dump(exclude={"decided_at"})) for step in of(undisturbed)]


def test_it_is_due_to_the_second_and_the_row_says_when() -> None:
    bench = begun()
    bench.flush(DUE)
    assert bench.partition.rows["next_due"][0] == clock(DUE + 2 * HOUR)
    bench.flush(DUE + 2 * HOUR - 0.001)
    assert course(bench) == CLIMB[:1]
    bench.flush(DUE + 2 * HOUR)
    assert course(bench) == CLIMB[:2]
    assert bench.partition.rows["next_due"][0] == clock(DUE + 6 * HOUR)


def test_a_clock_ahead_of_the_watermark_moves_nothing() -> None:
    bench = begun()
    bench.flush(DUE)
    bench.flush(90 * DAY, watermark=DUE + HOUR)
    assert course(bench) == CLIMB[:1]


def test_who_is_told_learns_what_it_is_about_and_who_had_it() -> None:
    bench = begun()
    bench.flush(DUE + 3 * HOUR)
    second = of(bench)[1]
    assert (second.reason, second.owner, second.escalation_chain) == (
        StepReason.UNACKNOWLEDGED,
        "Ann",
        ("Leo", "Dora", "Vic"),
    )
    assert second.facts["complaint_ids"] == "C-1"
    assert (second.facts["raised_by"], second.facts["held_by"]) == ("answer_due_passed", "Ann")
    assert second.facts["held_since"] == when(DUE).isoformat()
    assert second.caused_by_record_at is None


def test_what_was_historic_when_it_opened_climbs_nowhere() -> None:
    bench = Bench()
    bench.hear(*whole_line())
    bench.feed(profile(0, "Ann"), contact(0), opened(0.0, 1, due_after_s=DUE))
    bench.flush(40 * DAY, watermark=39 * DAY)
    bench.flush(41 * DAY)
    assert [(step.step, step.historic, step.escalation_chain) for step in of(bench)] == [(StepKind.OPENED, True, ())]


def test_what_was_told_is_followed_by_the_next_however_long_no_worker_ran() -> None:
    bench = begun()
    bench.flush(DUE)
    bench.crash()
    bench.flush(9 * DAY)
    assert course(bench) == [*CLIMB, TOP]
    assert not any(step.historic for step in of(bench))


# ---- people ----


def test_an_alert_that_somebody_took_on_climbs_no_further() -> None:
    bench = begun()
    bench.flush(DUE)
    bench.live(acknowledged(At(DUE + HOUR), alert(bench), "Ann"))
    bench.flush(9 * DAY)
    assert course(bench) == [CLIMB[0], ("acknowledged", "Ann", DUE + HOUR)]


def test_a_snooze_stops_it_until_its_time_and_then_it_is_back_with_its_own_delay() -> None:
    bench = begun()
    bench.flush(DUE)
    bench.live(snoozed(At(DUE + HOUR), alert(bench), "Ann", DUE + DAY))
    bench.flush(DUE + DAY - 1)
    assert course(bench)[1:] == [("snoozed", "Ann", DUE + HOUR)]
    bench.flush(DUE + DAY + 3 * HOUR)
    assert course(bench)[2:] == [("reopened", "Ann", DUE + DAY), ("escalated", "Leo", DUE + DAY + 2 * HOUR)]


def test_what_is_settled_climbs_no_further() -> None:
    for stops in (answered(At(DUE + HOUR)), settled(At(DUE + HOUR), alert(begun_and_opened()), "Ann")):
        bench = begun_and_opened()
        bench.live(stops)
        bench.flush(9 * DAY)
        assert [step for step, _, _ in course(bench)] == ["opened", "resolved"]
        assert bench.partition.climbing == set()


def begun_and_opened() -> Bench:
    bench = begun()
    bench.flush(DUE)
    return bench


def test_somebody_it_was_given_to_has_their_time_and_the_line_follows() -> None:
    bench = begun_and_opened()
    bench.hear(manager("Tom", Role.LEAD))
    bench.live(reassigned(At(DUE + HOUR), alert(bench), "Ann", "Tom"))
    bench.flush(DUE + 4 * HOUR)
    assert course(bench)[1:] == [("reassigned", "Tom", DUE + HOUR), ("escalated", "Leo", DUE + 3 * HOUR)]


def test_a_decision_on_an_alert_that_is_over_is_refused_by_name_and_a_remark_is_not() -> None:
    bench = begun_and_opened()
    name = alert(bench)
    bench.live(answered(At(DUE + HOUR)), acknowledged(At(DUE + 2 * HOUR), name, "Ann"))
    bench.live(snoozed(At(DUE + 2 * HOUR), name, "Ann", DAY), commented(At(DUE + 3 * HOUR), name, "Ann"))
    assert [step for step, _, _ in course(bench)] == ["opened", "resolved", "commented"]
    assert bench.refused == {Refusal.ALREADY_CLOSED: 2}


def test_decisions_that_change_nothing_are_refused_by_name() -> None:
    bench = begun_and_opened()
    name = alert(bench)
    bench.live(snoozed(At(DUE + HOUR), name, "Ann", DUE + MINUTE), acknowledged(At(DUE + HOUR), "0" * 32, "Ann"))
    bench.live(*(acknowledged(At(DUE + HOUR, f"a{number}"), name, "Ann") for number in range(2)))
    assert bench.refused == dict.fromkeys(
        (Refusal.PUT_OFF_TO_THE_PAST, Refusal.UNKNOWN_ALERT, Refusal.ALREADY_TAKEN_ON), 1
    )
    bench.live(acknowledged(At(DUE + 2 * HOUR, "b"), name, "Leo"))
    assert course(bench)[-1][:2] == ("acknowledged", "Leo")


# ---- accounts and managers change ----


def test_a_new_owner_has_the_alert_and_its_clock_begins_anew() -> None:
    bench = begun()
    bench.hear(manager("Amy", Role.ACCOUNT_MANAGER, "Dora"))
    bench.flush(DUE + 3 * HOUR)
    bench.feed(profile(At(DUE + 3 * HOUR), "Amy"))
    bench.flush(DUE + 6 * HOUR)
    assert course(bench)[:2] == CLIMB[:2]
    step, holder, at_s = course(bench)[2]
    assert (step, holder) == ("reassigned", "Amy")
    assert of(bench)[2].reason is StepReason.OWNER_CHANGED
    bench.flush(at_s + 2 * HOUR)
    assert course(bench)[3] == ("escalated", "Dora", at_s + 2 * HOUR)
    assert "vacant_level Amy" in of(bench)[2].facts["gaps"]


def test_an_owner_who_has_taken_it_on_is_not_told_of_it_again() -> None:
    bench = begun_and_opened()
    bench.live(acknowledged(At(DUE + HOUR), alert(bench), "Leo"), profile(At(DUE + 2 * HOUR), "Leo"))
    bench.flush(9 * DAY)
    assert [step for step, _, _ in course(bench)] == ["opened", "acknowledged"]


def test_an_alert_taken_on_by_the_owner_before_goes_to_the_new_one() -> None:
    bench = begun_and_opened()
    bench.live(acknowledged(At(DUE + HOUR), alert(bench), "Ann"), profile(At(DUE + 2 * HOUR), "Leo"))
    bench.flush(DUE + 3 * HOUR)
    assert [(step, holder) for step, holder, _ in course(bench)][-1] == ("reassigned", "Leo")


def test_an_account_whose_owner_becomes_known_later_is_told_then() -> None:
    bench = Bench()
    bench.hear(*whole_line())
    bench.live(contact(0), opened(0.0, 1, due_after_s=DUE))
    bench.flush(DUE)
    assert of(bench)[0].facts["gaps"] == "no_owner"
    bench.feed(profile(0, "Ann"))
    bench.flush(DUE + HOUR)
    assert [(step, holder) for step, holder, _ in course(bench)] == [("opened", ""), ("reassigned", "Ann")]


def test_a_line_that_is_mended_is_climbed_at_once() -> None:
    bench = Bench()
    bench.hear(*whole_line()[:2])
    bench.feed(profile(0, "Ann"))
    bench.live(contact(0), opened(0.0, 1, due_after_s=DUE))
    bench.flush(9 * HOUR)
    assert course(bench) == CLIMB[:2]
    assert of(bench)[1].facts["gaps"] == "unknown_manager Dora"
    bench.hear(*whole_line()[2:])
    bench.flush(9 * HOUR + 1)
    assert course(bench) == CLIMB


def test_who_goes_away_while_it_is_with_them_is_stood_in_for_as_soon_as_that_is_known() -> None:
    bench = begun_and_opened()
    away = (absent(clock(DUE + HOUR), clock(90 * DAY), "Tom"),)
    told_at = LONG_AGO.replace(year=2021)
    bench.hear(manager("Ann", Role.ACCOUNT_MANAGER, "Leo", told_at=told_at, absences=away), manager("Tom", Role.LEAD))
    bench.flush(DUE + HOUR)
    assert course(bench)[1] == ("escalated", "Tom", DUE + HOUR)
    facts = of(bench)[1].facts
    assert (facts["stands_in_for"], facts["absent"]) == ("Ann", "Ann")


def test_a_manager_heard_of_looks_at_some_accounts_a_flush_and_at_all_in_the_end() -> None:
    bench = Bench()
    count = MAX_RESTLESS + 30
    bench.partition.rows_of([f"A-{number}" for number in range(count)])
    bench.partition.climbing = set(range(count))
    bench.hear(*whole_line())
    assert len(due(bench.partition, Clock(0.0, 0.0))) == MAX_RESTLESS
    bench.flush(1)
    assert len(bench.partition.restless) == 30
    bench.flush(2)
    assert not bench.partition.restless
