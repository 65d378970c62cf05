"""A second complaint about the same matter is an alert of its own, at once, in whatever order they are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, Suggestion
from schemas.catalogue import AnyEvent
from schemas.events.complaints import Category
from tests.core.bench import Bench, Told
from tests.core.building import DAY, MINUTE, At, complaint_withdrawn, contact, opened, resolved, withdrawn
from tests.core.building import settled_by_person as settled
from tests.core.timelines import SPAN_S, shuffled, thorough, timelines

REPEATED = AlertKind.COMPLAINT_REPEATED
OPENED, UPDATED, RESOLVED, RETRACTED = StepKind.OPENED, StepKind.UPDATED, StepKind.RESOLVED, StepKind.RETRACTED


def about(name: str, at_s: float, category: Category = Category.DELIVERY) -> AnyEvent:
    return opened(At(at_s, f"opened {name}"), 2, name, due_after_s=900 * DAY, category=category)


def repeats(told: Told) -> list[AlertStep]:
    return [step for step in told.steps if step.kind is REPEATED]


def course_of(told: Told) -> list[tuple[StepKind, StepReason, str]]:
    return [(step.step, step.reason, step.facts["complaint_ids"]) for step in repeats(told)]


def test_the_second_complaint_of_a_category_within_thirty_days_alerts_at_once() -> None:
    bench = Bench()
    bench.live(contact(0), about("C-1", MINUTE))
    assert repeats(bench.told) == []
    [step] = repeats(bench.live(about("C-2", 30 * DAY)))
    assert (step.step, step.reason, step.role) == (OPENED, StepReason.COMPLAINED_AGAIN, CalledRole.SERVICE)
    assert step.suggestion is Suggestion.OWN_THE_COMPLAINT
    assert step.at == about("C-2", 30 * DAY).time
    assert step.caused_by_record_at == step.at
    facts = {"complaint_ids": "C-1, C-2", "category": "delivery", "count": "2", "days": "30"}
    assert step.facts == {**facts, "gaps": "no_owner"}


@pytest.mark.parametrize(
    "other", [about("C-2", 40 * DAY), about("C-2", DAY, Category.BILLING), about("C-1", 2 * DAY), contact(DAY)]
)
def test_one_too_late_or_of_another_category_or_the_same_again_repeats_nothing(other: AnyEvent) -> None:
    bench = Bench()
    bench.live(contact(0), about("C-1", MINUTE), other)
    assert repeats(bench.told) == []


def test_a_complaint_that_is_settled_is_repeated_by_the_next() -> None:
    bench = Bench()
    bench.live(contact(0), about("C-1", MINUTE), resolved(DAY, "C-1"), about("C-2", 2 * DAY))
    assert course_of(bench.told) == [(OPENED, StepReason.COMPLAINED_AGAIN, "C-1, C-2")]


def test_a_third_one_updates_the_alert_and_the_last_settlement_resolves_it() -> None:
    bench = Bench()
    bench.live(contact(0), *(about(f"C-{number}", number * DAY) for number in (1, 2, 3)))
    bench.live(resolved(4 * DAY, "C-1"), resolved(5 * DAY, "C-3"))
    assert course_of(bench.told) == [
        (OPENED, StepReason.COMPLAINED_AGAIN, "C-1, C-2"),
        (UPDATED, StepReason.COMPLAINED_AGAIN, "C-1, C-2, C-3"),
    ]
    bench.live(resolved(6 * DAY, "C-2"))
    assert course_of(bench.told)[2:] == [(RESOLVED, StepReason.ALL_SETTLED, "C-1, C-2, C-3")]


@pytest.mark.parametrize("by_client", [False, True])
def test_the_alert_is_retracted_when_one_of_two_was_withdrawn(by_client: bool) -> None:
    bench, second = Bench(), about("C-2", 2 * DAY)
    taken_back = complaint_withdrawn(3 * DAY, "C-2") if by_client else withdrawn(3 * DAY, second)  # type: ignore[arg-type]
    bench.live(contact(0), about("C-1", DAY), second, taken_back)
    assert course_of(bench.told)[1:] == [(RETRACTED, StepReason.CAUSE_WITHDRAWN, "C-1, C-2")]


def test_the_alert_goes_on_when_two_are_left_of_three() -> None:
    bench = Bench()
    bench.live(contact(0), *(about(f"C-{number}", number * DAY) for number in (1, 2, 3)))
    bench.live(complaint_withdrawn(4 * DAY, "C-2"))
    assert len(repeats(bench.told)) == 2
    bench.live(resolved(5 * DAY, "C-1"), resolved(6 * DAY, "C-3"))
    assert course_of(bench.told)[2:] == [(RESOLVED, StepReason.ALL_SETTLED, "C-1, C-2, C-3")]


def test_what_a_person_closed_alerts_again_with_the_next_complaint_alone() -> None:
    bench = Bench()
    bench.live(contact(0), about("C-1", DAY), about("C-2", 2 * DAY))
    bench.feed(settled(2 * DAY + MINUTE, repeats(bench.told)[0].alert_id))
    bench.flush(2 * DAY + MINUTE)
    bench.live(contact(3 * DAY), resolved(4 * DAY, "C-1"))
    assert [step.step for step in repeats(bench.told)] == [OPENED, RESOLVED]
    bench.live(about("C-3", 5 * DAY))
    assert [(step.step, step.episode) for step in repeats(bench.told)[2:]] == [(OPENED, 2)]


def test_a_repeated_complaint_of_long_ago_is_historic() -> None:
    bench = Bench()
    bench.feed(contact(0), about("C-1", DAY), about("C-2", 2 * DAY))
    bench.flush(100 * DAY, watermark=50 * DAY)
    assert [(step.step, step.historic) for step in repeats(bench.told)] == [(OPENED, True)]


def test_it_is_told_once_whatever_is_read_again() -> None:
    bench = Bench()
    bench.live(contact(0), about("C-1", DAY), about("C-2", 2 * DAY))
    bench.crash(lag=50)
    bench.flush(2 * DAY + MINUTE)
    bench.live(contact(3 * DAY))
    assert len(repeats(bench.told)) == 1


@thorough
@given(st.data(), timelines())
def test_the_alert_stands_at_the_end_in_any_order_or_in_none(data: st.DataObject, told: list[AnyEvent]) -> None:
    stand = set()
    for facts in (sorted(told, key=lambda event: (event.time, event.id)), data.draw(shuffled(told))):
        bench = Bench()
        for event in facts:
            bench.feed(event)
            bench.flush(SPAN_S)
        steps = repeats(bench.told)
        stand.add(bool(steps) and steps[-1].step in (OPENED, UPDATED))
    assert len(stand) == 1
