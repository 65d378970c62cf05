"""An account that lets its own time pass: told when the day by which it was expected is over, and not before."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, Suggestion
from schemas.catalogue import AnyEvent
from schemas.events.profiles import Segment
from streams.core.days import day_of
from streams.core.tables import Tables
from tests.core.bench import Bench, Told, tables_with
from tests.core.building import DAY, HOUR, At, clock, contact, invoice, opened, order, profile, settled_by_person, when
from tests.core.building import withdrawn as taken_back
from tests.core.owing import fact
from tests.core.timelines import SPAN_S, shuffled, thorough, timelines, with_repeats

BOUGHT, HEARD = AlertKind.PURCHASE_OVERDUE, AlertKind.GONE_SILENT
OPENED, RESOLVED, RETRACTED = StepKind.OPENED, StepKind.RESOLVED, StepKind.RETRACTED
PLAIN = {"gaps": 1, "quantile_d": 30.0, "mean_log": 2.0}


def watching(*alerts: AlertKind, **segments: float) -> Tables:
    """Nine pauses of a week: (9 · 7 + 20 · 30) / 29 = 22.9 days, so the 23rd day is the last one."""
    document = tables_with().policy.silence.model_dump(mode="json")
    usual = {"all": PLAIN} | {name: PLAIN | {"quantile_d": days} for name, days in segments.items()}
    document["purchases"] |= {"segments": usual}
    document["contacts"] |= {"line_d": {"all": 30.0}}
    return tables_with(silence=document | {"alerts": [alert.value for alert in alerts]})


def weekly(count: int = 10, first_d: int = 0) -> list[AnyEvent]:
    return [order(At((first_d + 7 * number) * DAY + 10 * HOUR, f"o-{first_d}-{number}")) for number in range(count)]


def quiet(told: Told, kind: AlertKind = BOUGHT) -> list[AlertStep]:
    return [step for step in told.steps if step.kind is kind]


def course_of(told: Told, kind: AlertKind = BOUGHT) -> list[tuple[StepKind, StepReason]]:
    return [(step.step, step.reason) for step in quiet(told, kind)]


LAST_D = 63
BY_D = LAST_D + 23
OVER = (BY_D + 1) * DAY - 8 * HOUR  # the tests begin at eight in the morning
"""When the day by which a purchase was expected is over."""


def bench_of(*alerts: AlertKind) -> Bench:
    bench = Bench(watching(*(alerts or (BOUGHT,))))
    bench.live(*weekly())
    return bench


def test_a_purchase_is_overdue_when_the_day_by_which_it_was_expected_is_over_and_not_before() -> None:
    bench = bench_of()
    bench.flush(OVER - 0.001)
    assert quiet(bench.told) == []
    [step] = quiet(bench.flush(OVER))
    assert (step.step, step.reason, step.at) == (OPENED, StepReason.SILENCE_PASSED, when(OVER))
    assert (step.role, step.suggestion) == (CalledRole.SALES, Suggestion.ASK_FOR_ORDER)
    assert (step.caused_by_record_at, step.historic) == (None, False)
    assert step.facts == {
        "quiet_since": when(LAST_D * DAY + 2 * HOUR).isoformat(),
        "expected_by": when(BY_D * DAY + 2 * HOUR).isoformat(),
        "usual_days": "7",
        "gaps": "no_owner",
    }


def test_time_makes_it_overdue_and_not_the_record_that_happens_to_come_then() -> None:
    bench = bench_of()
    [step] = quiet(bench.live(invoice(OVER + HOUR)))
    assert (step.at, step.caused_by_record_at) == (when(OVER), None)


def test_the_next_purchase_resolves_it() -> None:
    bench = bench_of()
    bench.flush(OVER)
    bench.live(contact(OVER + HOUR), order(At(OVER + DAY, "next")))
    assert course_of(bench.told) == [(OPENED, StepReason.SILENCE_PASSED), (RESOLVED, StepReason.BOUGHT_AGAIN)]


def test_a_purchase_in_time_moves_the_day() -> None:
    bench = bench_of()
    bench.live(order(At(80 * DAY, "in time")))
    bench.flush(OVER + DAY)
    assert quiet(bench.told) == []


def test_a_purchase_that_was_told_late_resolves_what_it_would_have_prevented() -> None:
    bench = bench_of()
    bench.flush(OVER)
    bench.feed(order(At(80 * DAY, "late")))
    bench.flush(OVER + HOUR)
    assert course_of(bench.told)[1:] == [(RESOLVED, StepReason.BOUGHT_AGAIN)]


def test_what_came_again_and_stayed_away_again_is_another_episode() -> None:
    bench = bench_of()
    bench.flush(OVER)
    bench.feed(order(At(70 * DAY, "late")))
    bench.flush(OVER + 90 * DAY)
    assert [(step.step, step.episode) for step in quiet(bench.told)] == [(OPENED, 1), (RESOLVED, 1), (OPENED, 2)]


def test_with_fewer_days_than_the_policy_wants_nothing_is_said() -> None:
    for count, told in ((4, 0), (5, 1)):
        bench = Bench(watching(BOUGHT))
        bench.live(*weekly(count))
        bench.feed(order(At(10 * HOUR + 60, "the same day again")))
        bench.flush(300 * DAY)
        assert len(quiet(bench.told)) == told


def test_an_alert_the_policy_does_not_name_is_not_raised() -> None:
    bench = bench_of(HEARD)
    bench.flush(OVER + 90 * DAY)
    assert (len(quiet(bench.told, BOUGHT)), len(quiet(bench.told, HEARD))) == (0, 1)


def test_the_clock_of_a_backlog_makes_nothing_overdue() -> None:
    bench = bench_of()
    bench.flush(900 * DAY, watermark=80 * DAY)
    assert quiet(bench.told) == []


def test_loading_history_pages_nobody() -> None:
    bench = Bench(watching(BOUGHT, HEARD))
    bench.feed(*weekly())
    bench.flush(900 * DAY, watermark=500 * DAY)
    bench.feed(*weekly(first_d=400))
    bench.flush(900 * DAY, watermark=900 * DAY)
    assert {step.historic for step in bench.told.steps} == {True}
    assert len(quiet(bench.told)) >= 2


def test_an_alert_that_rested_on_a_purchase_taken_back_is_retracted_when_it_does_not_stand_without() -> None:
    bench = Bench(watching(BOUGHT))
    purchases = weekly(5)
    bench.live(*purchases)
    bench.flush(200 * DAY)
    bench.live(taken_back(200 * DAY, purchases[-1]))  # type: ignore[arg-type]
    assert course_of(bench.told)[1:] == [(RETRACTED, StepReason.CAUSE_WITHDRAWN)]


def test_an_alert_stays_when_the_account_was_silent_for_longer_still() -> None:
    bench, mistake = bench_of(), weekly()[-1]
    bench.flush(OVER)
    bench.live(taken_back(OVER + HOUR, mistake))  # type: ignore[arg-type]
    assert course_of(bench.told) == [(OPENED, StepReason.SILENCE_PASSED)]
    bench.live(order(At(OVER + DAY, "next")))
    assert course_of(bench.told)[1:] == [(RESOLVED, StepReason.BOUGHT_AGAIN)]


def test_a_purchase_taken_back_brings_the_moment_forward() -> None:
    bench, mistake = bench_of(), weekly()[-1]
    bench.live(taken_back(LAST_D * DAY + DAY, mistake))  # type: ignore[arg-type]
    bench.flush(OVER - DAY)
    assert course_of(bench.told) == [(OPENED, StepReason.SILENCE_PASSED)]


def test_what_a_person_closed_is_told_again_after_the_next_purchase_alone() -> None:
    bench = bench_of()
    bench.flush(OVER)
    bench.feed(settled_by_person(OVER + HOUR, quiet(bench.told)[0].alert_id))
    bench.flush(OVER + HOUR)
    looked_at_again = [opened(At(OVER + DAY, name), 1, name, due_after_s=900 * DAY) for name in ("C-1", "C-2")]
    bench.live(invoice(OVER + HOUR), *looked_at_again)
    assert len(quiet(bench.told)) == 2
    bench.live(order(At(OVER + 3 * DAY, "next")))
    bench.flush(OVER + 90 * DAY)
    assert [(step.step, step.episode) for step in quiet(bench.told)[2:]] == [(OPENED, 2)]


def test_another_segment_moves_the_day() -> None:
    bench = Bench(watching(BOUGHT, mid=100.0))
    bench.live(*weekly(), profile(LAST_D * DAY + DAY))
    bench.flush(OVER)
    assert quiet(bench.told) == []
    bench.flush(LAST_D * DAY + 80 * DAY)
    assert course_of(bench.told) == [(OPENED, StepReason.SILENCE_PASSED)]


def test_an_open_alert_stays_when_another_segment_gives_more_time() -> None:
    bench = Bench(watching(BOUGHT, mid=100.0))
    bench.live(profile(0, segment=Segment.LONG_TAIL), *weekly())
    bench.flush(OVER)
    bench.live(profile(OVER + HOUR))
    assert bench.partition.rows["order_by"][0] > day_of(np.array([clock(OVER)]))[0]
    assert course_of(bench.told) == [(OPENED, StepReason.SILENCE_PASSED)]


def test_it_is_told_once_whatever_is_read_again() -> None:
    bench = bench_of()
    bench.flush(OVER)
    bench.crash(lag=50, watermark=LAST_D * DAY)
    bench.flush(OVER + HOUR, watermark=LAST_D * DAY + HOUR)
    bench.live(contact(OVER + DAY))
    assert course_of(bench.told) == [(OPENED, StepReason.SILENCE_PASSED)]


def test_a_moment_that_passed_while_nobody_ran_is_told_by_the_next_worker() -> None:
    bench = bench_of()
    bench.crash()
    assert course_of(bench.flush(OVER)) == [(OPENED, StepReason.SILENCE_PASSED)]


def test_a_snapshot_says_since_when_and_until_when_it_may_be_quiet() -> None:
    bench = bench_of()
    last = bench.told.snapshots[-1]
    dates = (last.last_purchase_on, last.purchase_expected_by, last.last_word_on, last.word_expected_by)
    assert dates == (date(2026, 5, 3), date(2026, 5, 26), date(2026, 5, 3), date(2026, 5, 26))
    first = bench.told.snapshots[0]
    assert (first.last_purchase_on, first.purchase_expected_by) == (date(2026, 3, 1), None)
    bench.live(said(70 * DAY, "inbound"))
    assert bench.flush(71 * DAY).snapshots == []
    assert bench.told.snapshots[-1].last_word_on == date(2026, 5, 10)


# ---- a word from the client ----


def said(at_s: float, direction: str, channel: str = "email") -> AnyEvent:
    return fact("interaction.logged", At(at_s, f"{direction} {at_s}"), channel=channel, direction=direction)


@pytest.mark.parametrize(
    "word, is_one",
    [
        (said(85 * DAY, "inbound"), True),
        (said(85 * DAY, "outbound"), False),
        (said(85 * DAY, "outbound", "call"), True),
        (opened(85 * DAY, due_after_s=900 * DAY), True),
        (invoice(85 * DAY), False),
        (fact("interaction.usage_reported", 85 * DAY, feature="export", quantity=1, period_s=60), True),
        (fact("interaction.usage_reported", 85 * DAY, feature="export", quantity=0, period_s=60), False),
        (fact("interaction.survey_answered", 85 * DAY, instrument="nps", answer=1, scale_max=10), True),
        (fact("purchase.order_shipped", 85 * DAY, order_id="O-9"), False),
    ],
)
def test_only_what_the_client_does_is_a_word(word: AnyEvent, is_one: bool) -> None:
    bench = bench_of(HEARD)
    bench.live(word)
    bench.flush(OVER + DAY)
    assert len(quiet(bench.told, HEARD)) == (0 if is_one else 1)


def test_a_word_resolves_gone_silent_and_leaves_the_purchase_overdue() -> None:
    bench = bench_of(BOUGHT, HEARD)
    bench.flush(OVER)
    [step] = quiet(bench.told, HEARD)
    assert (step.role, step.suggestion) == (CalledRole.SALES, Suggestion.GET_IN_TOUCH)
    bench.live(said(OVER + DAY, "inbound"))
    assert course_of(bench.told, HEARD)[1:] == [(RESOLVED, StepReason.HEARD_AGAIN)]
    assert course_of(bench.told, BOUGHT) == [(OPENED, StepReason.SILENCE_PASSED)]


# ---- any order ----

EAGER = tables_with(
    silence={
        "purchases": tables_with().policy.silence.purchases.model_dump(mode="json") | {"min_purchases": 2},
        "contacts": {"min_days": 2, "line_d": {"all": 9.0}},
    }
)


def stood(facts: list[AnyEvent], tables: Tables = EAGER, size: int = 1) -> tuple[object, ...]:
    """What the row says of days, and which alerts stand in the end."""
    bench = Bench(tables)
    for begin in range(0, len(facts), size):
        bench.feed(*facts[begin : begin + size])
        bench.flush(SPAN_S + 90 * DAY)
    row = bench.partition.rows[0]
    stand = {kind: [step.step for step in quiet(bench.told, kind)][-1:] == [OPENED] for kind in (BOUGHT, HEARD)}
    columns = ("bought_on", "bought", "heard_on", "heard", "order_by", "word_by")
    return (*(row[name].tolist() for name in columns), stand)


@thorough
@given(st.data(), timelines())
def test_the_days_and_the_alerts_that_stand_do_not_hang_on_the_order(data: st.DataObject, told: list[AnyEvent]) -> None:
    in_time = sorted(told, key=lambda event: (event.time, event.id))
    assert stood(in_time) == stood(data.draw(shuffled(told)))


@thorough
@given(st.data(), timelines(), st.integers(2, 6))
def test_nor_on_repeats_or_on_how_they_are_cut(data: st.DataObject, told: list[AnyEvent], size: int) -> None:
    assert stood(told) == stood(data.draw(st.composite(with_repeats)(told)), size=size)
