"""Alert episodes: each opened once, told step by step, and historic where the moment is long past."""

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, alert_id
from schemas.catalogue import AnyEvent
from schemas.events.complaints import Category
from tests.core.bench import Bench, Told, no_dwell, tables_with
from tests.core.building import (
    ACCOUNT,
    DAY,
    HOUR,
    MINUTE,
    At,
    acknowledged,
    answered,
    clock,
    complaint_withdrawn,
    contact,
    opened,
    order,
    profile,
    resolved,
    settled_by_person,
    when,
)

OPENED, UPDATED, RESOLVED, ACKNOWLEDGED = StepKind.OPENED, StepKind.UPDATED, StepKind.RESOLVED, StepKind.ACKNOWLEDGED
BAND, OVERDUE = AlertKind.BAND_DROPPED, AlertKind.COMPLAINT_OVERDUE


def of(told: Told, kind: AlertKind) -> list[AlertStep]:
    return [step for step in told.steps if step.kind is kind]


def course_of(told: Told, kind: AlertKind) -> list[tuple[StepKind, int, int]]:
    """Step, episode number, step number."""
    return [(step.step, step.episode, step.step_no) for step in of(told, kind)]


def in_trouble() -> list[AnyEvent]:
    """An account that falls to at_risk one minute after its first fact."""
    return [contact(0), opened(MINUTE, 3, due_after_s=900 * DAY)]


# ---- the band dropped ----


def test_a_drop_below_the_line_opens_an_episode_with_its_reasons() -> None:
    bench = Bench()
    bench.feed(profile(0))
    bench.live(*in_trouble())
    [step] = of(bench.told, BAND)
    assert (step.step, step.reason, step.episode, step.step_no) == (OPENED, StepReason.BAND_WORSENED, 1, 1)
    assert (step.at, step.historic, step.role) == (when(MINUTE), False, CalledRole.SALES)
    assert (step.facts["band_from"], step.facts["band_to"]) == ("watch", "at_risk")
    assert step.parts[0].event_id == "opened C-1@60.000000"
    assert (step.owner, step.account_name) == ("M-1", "Example Retail 00001")


def test_an_open_episode_is_opened_once_and_updated_when_it_gets_worse() -> None:
    bench = Bench()
    bench.live(
        *in_trouble(),
        opened(At(2 * MINUTE, "same band"), 1, "C-2", due_after_s=900 * DAY),
        opened(At(3 * MINUTE, "worse"), 4, "C-3", due_after_s=900 * DAY),
    )
    assert course_of(bench.told, BAND) == [(OPENED, 1, 1), (UPDATED, 1, 2)]


def test_a_drop_above_the_line_alerts_nobody() -> None:
    bench = Bench(tables_with(alerts={"band_dropped_from": "critical"}))
    bench.live(*in_trouble())
    assert of(bench.told, BAND) == []


def test_recovery_resolves_the_episode_and_the_next_one_has_the_next_number() -> None:
    bench = Bench(no_dwell())
    bench.live(
        *in_trouble(),
        complaint_withdrawn(HOUR),
        opened(At(2 * HOUR, "again"), 4, "C-2", due_after_s=900 * DAY),
    )
    assert course_of(bench.told, BAND) == [(OPENED, 1, 1), (RESOLVED, 1, 2), (OPENED, 2, 1)]
    first = {step.alert_id for step in of(bench.told, BAND) if step.episode == 1}
    second = of(bench.told, BAND)[-1].alert_id
    assert first == {alert_id(ACCOUNT, BAND, 1)}
    assert second == alert_id(ACCOUNT, BAND, 2)
    assert len({step.step_id for step in bench.told.steps}) == len(bench.told.steps)


def test_a_score_that_comes_back_for_less_than_its_dwell_time_resolves_nothing() -> None:
    bench = Bench()
    bench.live(*in_trouble(), resolved(HOUR), opened(At(HOUR + MINUTE, "again"), 3, "C-2", due_after_s=900 * DAY))
    bench.flush(3 * HOUR)
    assert course_of(bench.told, BAND) == [(OPENED, 1, 1)]


def test_ids_are_the_same_however_the_log_is_cut_into_flushes() -> None:
    facts = [*in_trouble(), opened(At(2 * MINUTE, "worse"), 4, "C-2", due_after_s=900 * DAY)]
    live, again = Bench(), Bench()
    live.live(*facts)
    for fact in facts:
        again.feed(fact)
        again.flush(fact.time.timestamp() - clock(0))
        again.crash(lag=50)
        again.flush(fact.time.timestamp() - clock(0) + 0.1)
    assert [step.step_id for step in of(again.told, BAND)] == [step.step_id for step in of(live.told, BAND)]


def test_fading_alone_drops_a_band_as_of_the_moment_it_crossed() -> None:
    bench = Bench(tables_with(bands={"at_risk_below": 52, "critical_below": 10, "hysteresis": 0}))
    bench.live(order(0))
    bench.flush(100 * DAY)
    [step] = of(bench.told, BAND)
    expected = 90 * DAY * 0.5849625007211562  # 50 + 3 · 2^(-t/90 d) = 52
    assert abs(step.at.timestamp() - clock(expected)) < 0.01
    assert step.caused_by_record_at is None


# ---- history ----


def test_a_step_for_a_moment_older_than_the_horizon_is_historic() -> None:
    for age_s, historic in ((DAY - HOUR, False), (DAY + HOUR, True)):
        bench = Bench()
        bench.feed(contact(0))
        bench.flush(MINUTE + age_s, watermark=0)
        bench.feed(opened(MINUTE, 4))
        [step] = of(bench.flush(MINUTE + age_s + 1, watermark=MINUTE), BAND)
        assert step.historic is historic


def test_a_step_for_a_moment_before_the_end_of_history_is_historic() -> None:
    for until_s, historic in ((MINUTE, False), (MINUTE + 1, True)):
        bench = Bench(history_until=clock(until_s))
        bench.live(contact(0), opened(MINUTE, 4))
        assert [step.historic for step in of(bench.told, BAND)] == [historic]


def test_an_overdue_answer_of_long_ago_is_historic() -> None:
    bench = Bench()
    bench.feed(contact(0), opened(HOUR, 3))
    bench.flush(100 * DAY, watermark=50 * DAY)
    assert [(step.step, step.historic) for step in of(bench.told, OVERDUE)] == [(OPENED, True)]


# ---- the answer is overdue ----


def test_an_answer_becomes_overdue_when_the_watermark_passes_its_due_time_and_not_before() -> None:
    bench = Bench()
    bench.live(contact(0), opened(MINUTE, 1, due_after_s=HOUR))
    bench.flush(MINUTE + HOUR - 0.001)
    assert of(bench.told, OVERDUE) == []
    [step] = of(bench.flush(MINUTE + HOUR), OVERDUE)
    assert (step.step, step.reason, step.role) == (OPENED, StepReason.ANSWER_DUE_PASSED, CalledRole.SERVICE)
    assert step.at == when(MINUTE + HOUR)
    due_at = when(MINUTE + HOUR).isoformat()
    assert step.facts == {"complaint_ids": "C-1", "due_at": due_at, "count": "1", "gaps": "no_owner"}
    assert step.caused_by_record_at is None


def test_time_makes_an_answer_overdue_and_not_the_record_that_happens_to_come_then() -> None:
    bench = Bench()
    bench.live(contact(0), opened(MINUTE, 1, due_after_s=HOUR))
    [step] = of(bench.live(contact(2 * HOUR)), OVERDUE)
    assert step.caused_by_record_at is None


def test_the_clock_of_a_backlog_makes_nothing_overdue() -> None:
    bench = Bench()
    bench.feed(contact(0), opened(MINUTE, 1, due_after_s=HOUR))
    bench.flush(300 * DAY, watermark=2 * MINUTE)
    bench.feed(answered(30 * MINUTE))
    bench.flush(300 * DAY + 1, watermark=2 * HOUR)
    assert of(bench.told, OVERDUE) == []


def test_without_a_due_time_the_policy_says_by_severity_when_an_answer_is_owed() -> None:
    for severity, hours in ((1, 72), (2, 48), (3, 24), (4, 8)):
        bench = Bench()
        bench.live(contact(0), opened(MINUTE, severity))
        assert of(bench.flush(MINUTE + hours * HOUR - 1), OVERDUE) == []
        assert len(of(bench.flush(MINUTE + hours * HOUR), OVERDUE)) == 1


def test_a_category_may_have_hours_of_its_own() -> None:
    tables = tables_with(complaints={"answer_sla_h_by_category": {"technical": [9, 7, 5, 3]}})
    for category, severity, hours in ((Category.TECHNICAL, 4, 3), (Category.TECHNICAL, 1, 9), (Category.BILLING, 4, 8)):
        bench = Bench(tables)
        bench.live(contact(0), opened(MINUTE, severity, category=category))
        assert of(bench.flush(MINUTE + hours * HOUR - 1), OVERDUE) == []
        assert len(of(bench.flush(MINUTE + hours * HOUR), OVERDUE)) == 1


def test_a_time_named_in_the_complaint_goes_before_that_of_its_category() -> None:
    bench = Bench(tables_with(complaints={"answer_sla_h_by_category": {"technical": [1, 1, 1, 1]}}))
    bench.live(contact(0), opened(MINUTE, 4, due_after_s=6 * HOUR, category=Category.TECHNICAL))
    assert of(bench.flush(5 * HOUR), OVERDUE) == []


def test_an_answer_in_time_alerts_nobody() -> None:
    bench = Bench()
    bench.live(contact(0), opened(MINUTE, 1, due_after_s=HOUR), answered(30 * MINUTE))
    bench.flush(9 * HOUR)
    assert of(bench.told, OVERDUE) == []


def test_an_answer_told_before_its_complaint_alerts_nobody() -> None:
    for closing in (answered(2 * HOUR), resolved(2 * HOUR), complaint_withdrawn(2 * HOUR)):
        bench = Bench()
        bench.live(contact(0))
        bench.feed(closing)
        bench.flush(3 * HOUR)
        bench.feed(opened(MINUTE, 1, due_after_s=HOUR))
        bench.flush(4 * HOUR)
        assert of(bench.told, OVERDUE) == []


def test_a_second_overdue_answer_updates_the_episode_and_the_last_answer_resolves_it() -> None:
    bench = Bench()
    bench.live(
        contact(0),
        opened(At(MINUTE, "one"), 1, "C-1", due_after_s=HOUR),
        opened(At(2 * MINUTE, "two"), 1, "C-2", due_after_s=HOUR),
    )
    bench.flush(MINUTE + HOUR)
    bench.flush(2 * MINUTE + HOUR)
    bench.live(answered(At(2 * HOUR, "a-1"), "C-1"))
    assert course_of(bench.told, OVERDUE) == [(OPENED, 1, 1), (UPDATED, 1, 2)]
    bench.live(answered(At(3 * HOUR, "a-2"), "C-2"))
    steps = of(bench.told, OVERDUE)
    assert [step.reason for step in steps[1:]] == [StepReason.MORE_OVERDUE, StepReason.ALL_ANSWERED]
    assert [step.facts["complaint_ids"] for step in steps] == ["C-1", "C-1, C-2", "C-1, C-2"]
    assert steps[-1].at == when(3 * HOUR)


def test_two_answers_overdue_at_once_are_one_episode() -> None:
    bench = Bench()
    bench.live(contact(0))
    bench.feed(*(opened(At(MINUTE, name), 1, name, due_after_s=HOUR) for name in ("C-1", "C-2")))
    bench.flush(DAY)
    assert [step.facts["count"] for step in of(bench.told, OVERDUE)] == ["2"]


def test_an_overdue_episode_is_not_told_again_while_nothing_changes() -> None:
    bench = Bench()
    bench.live(contact(0), opened(MINUTE, 1, due_after_s=HOUR))
    for number in range(5):
        bench.feed(contact(At(2 * HOUR + number, f"c-{number}")))
        bench.flush(2 * HOUR + number)
    assert course_of(bench.told, OVERDUE) == [(OPENED, 1, 1)]


def test_what_was_told_overdue_stays_so_for_a_worker_that_begins_at_an_earlier_time() -> None:
    bench = Bench()
    bench.live(contact(0), opened(MINUTE, 1, due_after_s=HOUR))
    bench.flush(2 * HOUR)
    bench.crash(lag=5, watermark=MINUTE)
    bench.feed(opened(At(2 * MINUTE, "other"), 1, "C-2", due_after_s=900 * DAY))
    bench.flush(2 * MINUTE)
    bench.flush(3 * HOUR)
    assert course_of(bench.told, OVERDUE) == [(OPENED, 1, 1)]


def test_the_next_overdue_answer_after_a_resolved_episode_opens_the_next_number() -> None:
    bench = Bench()
    bench.live(contact(0), opened(MINUTE, 1, due_after_s=HOUR))
    bench.flush(2 * HOUR)
    bench.live(answered(3 * HOUR), opened(At(4 * HOUR, "next"), 1, "C-2", due_after_s=HOUR))
    bench.flush(6 * HOUR)
    assert course_of(bench.told, OVERDUE) == [(OPENED, 1, 1), (RESOLVED, 1, 2), (OPENED, 2, 1)]


# ---- people ----


def overdue_bench() -> tuple[Bench, str]:
    bench = Bench()
    bench.live(contact(0), opened(MINUTE, 1, due_after_s=HOUR))
    bench.flush(2 * HOUR)
    return bench, of(bench.told, OVERDUE)[0].alert_id


def test_a_person_acknowledges_an_alert() -> None:
    bench, alert = overdue_bench()
    bench.feed(acknowledged(2 * HOUR + MINUTE, alert))
    [step] = of(bench.flush(2 * HOUR + MINUTE), OVERDUE)
    assert (step.step, step.reason, step.step_no, step.alert_id) == (ACKNOWLEDGED, StepReason.BY_PERSON, 2, alert)
    assert (step.actor, step.comment, step.at) == ("M-1", "on it", when(2 * HOUR + MINUTE))
    assert step.caused_by_record_at == when(2 * HOUR + MINUTE)


def test_an_acknowledged_alert_still_resolves() -> None:
    bench, alert = overdue_bench()
    bench.feed(acknowledged(2 * HOUR + MINUTE, alert))
    bench.live(answered(3 * HOUR))
    assert course_of(bench.told, OVERDUE) == [(OPENED, 1, 1), (ACKNOWLEDGED, 1, 2), (RESOLVED, 1, 3)]


def test_what_a_person_settled_does_not_alert_again_over_the_same_complaint() -> None:
    bench, alert = overdue_bench()
    bench.feed(settled_by_person(2 * HOUR + MINUTE, alert))
    bench.flush(2 * HOUR + MINUTE)
    bench.live(contact(3 * HOUR), answered(4 * HOUR))
    assert course_of(bench.told, OVERDUE) == [(OPENED, 1, 1), (RESOLVED, 1, 2)]


def test_another_overdue_complaint_alerts_again_after_a_person_settled_the_first() -> None:
    bench, alert = overdue_bench()
    bench.feed(settled_by_person(2 * HOUR + MINUTE, alert))
    bench.live(opened(At(3 * HOUR, "two"), 1, "C-2", due_after_s=HOUR))
    bench.flush(5 * HOUR)
    assert course_of(bench.told, OVERDUE) == [(OPENED, 1, 1), (RESOLVED, 1, 2), (OPENED, 2, 1)]


def test_an_action_on_an_alert_we_do_not_know_makes_no_step() -> None:
    bench, _ = overdue_bench()
    bench.feed(acknowledged(2 * HOUR + MINUTE, "0" * 32))
    assert bench.flush(2 * HOUR + MINUTE).steps == []
