"""What is owed by a time: promised, settled, late; the same in any order, each once, and taken back."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.alerts import AlertKind, CalledRole, StepKind, StepReason, Suggestion
from schemas.catalogue import AnyEvent
from streams.core.ledgers import DELIVERY_OF, SETTLED_KEPT
from tests.core import owing
from tests.core.bench import Bench, Told
from tests.core.building import DAY, HOUR, MINUTE, At, contact, when, withdrawn
from tests.core.owing import (
    asked_to_call,
    called,
    cancelled,
    delivered,
    disputed,
    hand_off_closed,
    handed_off,
    issued,
    paid,
    promised,
    shipped,
    to_deliver,
)

SHIPMENT, INVOICE = AlertKind.SHIPMENT_LATE, AlertKind.INVOICE_OVERDUE
CALLBACK, HAND_OFF = AlertKind.CALLBACK_OVERDUE, AlertKind.HAND_OFF_OVERDUE
OPENED, UPDATED, RESOLVED, RETRACTED = StepKind.OPENED, StepKind.UPDATED, StepKind.RESOLVED, StepKind.RETRACTED

Build = Callable[[float], AnyEvent]


class Course(NamedTuple):
    """How a kind of commitment is opened and settled, and how long it may take."""

    kind: AlertKind
    promise: Build
    settle: Build
    due_s: float


EACH = [
    Course(SHIPMENT, promised, shipped, DAY),
    Course(SHIPMENT, to_deliver, delivered, 3 * DAY),
    Course(INVOICE, issued, paid, DAY),
    Course(CALLBACK, asked_to_call, called, HOUR),
    Course(HAND_OFF, handed_off, hand_off_closed, HOUR),
]
CALLED_FOR = {
    SHIPMENT: (CalledRole.SERVICE, Suggestion.NAME_SHIPPING_DATE),
    INVOICE: (CalledRole.FINANCE, Suggestion.ASK_FOR_PAYMENT),
    CALLBACK: (CalledRole.SALES, Suggestion.CALL_BACK),
    HAND_OFF: (CalledRole.SERVICE, Suggestion.CLOSE_HAND_OFF),
}


def late(told: Told) -> list[tuple[AlertKind, StepKind]]:
    """The steps of the kinds that something owed raises."""
    return [(step.kind, step.step) for step in told.steps if step.kind in (SHIPMENT, INVOICE, CALLBACK, HAND_OFF)]


@pytest.mark.parametrize("each", EACH)
def test_what_is_owed_alerts_when_the_watermark_passes_its_time_and_not_before(each: Course) -> None:
    kind, promise, settle, due_s = each
    bench = Bench()
    bench.live(contact(0), promise(MINUTE))
    bench.flush(MINUTE + due_s - 0.001)
    assert late(bench.told) == []
    [step] = [one for one in bench.flush(MINUTE + due_s).steps if one.kind is kind]
    reason = StepReason.DELIVERY_DUE_PASSED if promise is to_deliver else StepReason.DUE_PASSED
    assert (step.step, step.reason, step.at) == (OPENED, reason, when(MINUTE + due_s))
    assert ((step.role, step.suggestion), step.caused_by_record_at) == (CALLED_FOR[kind], None)
    assert (step.facts["count"], step.facts["due_at"]) == ("1", when(MINUTE + due_s).isoformat())
    bench.live(settle(MINUTE + due_s + HOUR))
    assert late(bench.told) == [(kind, OPENED), (kind, RESOLVED)]
    assert bench.told.steps[-1].reason is StepReason.ALL_SETTLED


@pytest.mark.parametrize("each", EACH)
def test_what_came_in_time_alerts_nobody_even_if_it_is_told_first(each: Course) -> None:
    _, promise, settle, due_s = each
    for facts in ([promise(MINUTE), settle(2 * MINUTE)], [settle(2 * MINUTE), promise(MINUTE)]):
        bench = Bench()
        bench.live(contact(0))
        for fact in facts:
            bench.feed(fact)
            bench.flush(3 * MINUTE)
        bench.flush(MINUTE + due_s + DAY)
        assert late(bench.told) == []


@pytest.mark.parametrize("each", EACH)
def test_an_alert_over_something_that_was_never_promised_is_retracted(each: Course) -> None:
    kind, promise, _, due_s = each
    bench, mistake = Bench(), promise(MINUTE)
    bench.live(contact(0), mistake)
    bench.flush(MINUTE + due_s)
    bench.live(withdrawn(MINUTE + due_s + HOUR, mistake))  # type: ignore[arg-type]
    assert late(bench.told) == [(kind, OPENED), (kind, RETRACTED)]
    assert bench.told.steps[-1].reason is StepReason.CAUSE_WITHDRAWN


@pytest.mark.parametrize("each", EACH)
def test_a_settling_that_was_a_mistake_is_owed_again(each: Course) -> None:
    kind, promise, settle, due_s = each
    bench, mistake = Bench(), settle(2 * MINUTE)
    bench.live(contact(0), promise(MINUTE), mistake, withdrawn(3 * MINUTE, mistake))  # type: ignore[arg-type]
    bench.flush(MINUTE + due_s)
    assert late(bench.told) == [(kind, OPENED)]


def test_a_cancelled_order_is_not_waited_for() -> None:
    bench = Bench()
    bench.live(contact(0), promised(MINUTE), cancelled(HOUR))
    bench.flush(9 * DAY)
    assert late(bench.told) == []


def test_shipping_does_not_settle_that_delivery_was_promised_and_delivery_settles_both() -> None:
    bench = Bench()
    bench.live(contact(0), to_deliver(MINUTE, shipped_after_s=DAY), shipped(HOUR))
    bench.flush(2 * DAY)
    assert late(bench.told) == []
    bench.flush(MINUTE + 3 * DAY)
    [step] = [one for one in bench.told.steps if one.kind is SHIPMENT]
    assert (step.reason, step.facts["order_ids"]) == (StepReason.DELIVERY_DUE_PASSED, "O-1")
    assert step.facts["undelivered_ids"] == "O-1"
    bench.live(delivered(4 * DAY))
    assert late(bench.told) == [(SHIPMENT, OPENED), (SHIPMENT, RESOLVED)]
    assert bench.told.steps[-1].facts["order_ids"] == "O-1"


@pytest.mark.parametrize("settle", [delivered, cancelled])
def test_a_delivered_or_cancelled_order_is_waited_for_in_no_way(settle: Build) -> None:
    for facts in ([to_deliver(MINUTE, shipped_after_s=DAY), settle(HOUR)], [settle(HOUR), to_deliver(MINUTE)]):
        bench = Bench()
        bench.live(contact(0), *facts)
        bench.flush(9 * DAY)
        assert late(bench.told) == []


def test_an_order_late_in_both_ways_is_told_when_each_time_passes_and_is_one_order() -> None:
    bench = Bench()
    bench.live(contact(0), to_deliver(MINUTE, shipped_after_s=DAY), to_deliver(At(MINUTE, "2"), "O-2", 2 * DAY))
    for day in (1, 2, 3):
        bench.flush(MINUTE + day * DAY)
    steps = [step for step in bench.told.steps if step.kind is SHIPMENT]
    told = [(one.step, one.reason, one.facts["order_ids"], one.facts.get("undelivered_ids")) for one in steps]
    assert told == [
        (OPENED, StepReason.DUE_PASSED, "O-1", None),
        (UPDATED, StepReason.MORE_OVERDUE, "O-1, O-2", "O-2"),
        (UPDATED, StepReason.MORE_OVERDUE, "O-1, O-2", "O-2"),
    ]
    assert [one.facts["count"] for one in steps] == ["1", "2", "2"]


def test_a_promise_of_shipment_alone_leaves_that_of_delivery_standing() -> None:
    bench = Bench()
    bench.live(contact(0), to_deliver(MINUTE), promised(At(HOUR, "later"), due_after_s=DAY), shipped(2 * HOUR))
    bench.flush(2 * DAY)
    assert late(bench.told) == []
    bench.flush(MINUTE + 3 * DAY)
    assert late(bench.told) == [(SHIPMENT, OPENED)]


def test_another_day_of_delivery_counts_and_is_taken_back_to_the_one_before() -> None:
    for takes_back in (False, True):
        bench, changed = Bench(), to_deliver(At(HOUR, "changed"), delivered_after_s=9 * DAY)
        back = [withdrawn(2 * HOUR, changed)] if takes_back else []  # type: ignore[arg-type]
        bench.live(contact(0), *back, changed, to_deliver(MINUTE))
        bench.flush(4 * DAY)
        assert late(bench.told) == ([(SHIPMENT, OPENED)] if takes_back else [])


def test_the_latest_promise_counts() -> None:
    bench = Bench()
    bench.live(contact(0), promised(At(HOUR, "new"), due_after_s=5 * DAY), promised(At(MINUTE, "old")))
    bench.flush(2 * DAY)
    assert late(bench.told) == []
    bench.flush(HOUR + 5 * DAY)
    assert late(bench.told) == [(SHIPMENT, OPENED)]


def test_payments_in_parts_add_up_and_another_currency_pays_nothing() -> None:
    for payments, left in (
        ([paid(At(HOUR, "a"), amount="40"), paid(At(2 * HOUR, "b"), amount="60.00")], None),
        ([paid(At(HOUR, "a"), amount="40")], "60"),
        ([paid(At(HOUR, "a"), amount="40"), paid(At(2 * HOUR, "b"), amount="60", currency="USD")], "60"),
    ):
        bench = Bench()
        bench.live(contact(0), issued(MINUTE), *payments)
        bench.flush(2 * DAY)
        found = [step.facts["amount"] for step in bench.told.steps if step.kind is INVOICE]
        assert found == ([] if left is None else [left])


def test_a_payment_whose_amount_is_null_is_one_in_full() -> None:
    bench = Bench()
    nothing = owing.fact("purchase.invoice_paid", At(3 * HOUR, "null"), invoice_id="I-1", amount=None, currency=None)
    bench.live(contact(0), issued(MINUTE), paid(At(HOUR, "part"), amount="40"), nothing)
    bench.flush(2 * DAY)
    assert late(bench.told) == []


def test_a_disputed_invoice_waits_until_it_is_issued_anew() -> None:
    bench = Bench()
    bench.live(contact(0), issued(MINUTE), disputed(HOUR))
    bench.flush(5 * DAY)
    assert late(bench.told) == []
    bench.live(issued(At(6 * DAY, "anew"), amount="80"))
    bench.flush(8 * DAY)
    assert late(bench.told) == [(INVOICE, OPENED)]
    assert bench.told.steps[-1].facts["amount"] == "80"


def test_a_call_of_ours_before_the_promise_returns_nothing_and_one_of_theirs_neither() -> None:
    bench = Bench()
    bench.live(called(0), asked_to_call(MINUTE), contact(2 * MINUTE))
    bench.flush(DAY)
    assert late(bench.told) == [(CALLBACK, OPENED)]


def test_a_call_is_owed_again_when_the_contact_that_returned_it_is_taken_back_however_late() -> None:
    bench, mistake = Bench(), called(2 * MINUTE)
    bench.live(contact(0), asked_to_call(MINUTE), mistake)
    bench.flush(DAY)
    bench.crash()
    assert late(bench.told) == []
    bench.live(withdrawn(At(DAY + MINUTE, "w"), mistake))  # type: ignore[arg-type]
    assert late(bench.told) == [(CALLBACK, OPENED)]
    bench.live(called(At(DAY + HOUR, "at last")))
    assert late(bench.told) == [(CALLBACK, OPENED), (CALLBACK, RESOLVED)]


def test_a_call_stays_returned_while_another_contact_of_ours_stands() -> None:
    bench, mistake = Bench(), called(At(5 * MINUTE, "second"))
    bench.live(contact(0), asked_to_call(MINUTE), called(At(2 * MINUTE, "first")), mistake)
    bench.live(withdrawn(At(6 * MINUTE, "w"), mistake))  # type: ignore[arg-type]
    bench.flush(DAY)
    assert late(bench.told) == []


def test_calls_that_were_returned_are_forgotten_one_day() -> None:
    bench = Bench()
    bench.live(contact(0))
    for number in range(SETTLED_KEPT + 5):
        bench.live(asked_to_call(At(number * HOUR, f"a{number}")), called(At(number * HOUR + 1, f"c{number}")))
    assert len(bench.partition.extras[0].ledgers[CALLBACK].records) == SETTLED_KEPT


def test_several_late_things_of_a_kind_are_one_episode() -> None:
    bench = Bench()
    bench.live(contact(0), *(promised(At(MINUTE, name), name) for name in ("O-1", "O-2", "O-3")))
    bench.flush(2 * DAY)
    bench.live(shipped(At(2 * DAY, "s"), "O-2"))
    assert late(bench.told) == [(SHIPMENT, OPENED)]
    assert bench.told.steps[-1].facts["order_ids"] == "O-1, O-2, O-3"


def test_settled_ones_are_forgotten_one_day_and_open_ones_never() -> None:
    bench = Bench()
    bench.live(contact(0), promised(MINUTE, "O-open", due_after_s=100 * DAY))
    for number in range(SETTLED_KEPT + 5):
        at, name = HOUR + number, f"O-{number}"
        bench.live(promised(At(at, f"p{number}"), name), shipped(At(at + 0.5, f"s{number}"), name))
    held = bench.partition.extras[0].ledgers[SHIPMENT].records
    assert len(held) == SETTLED_KEPT + 1
    assert "O-open" in held
    bench.crash()
    bench.flush(200 * DAY)
    assert late(bench.told) == [(SHIPMENT, OPENED)]


def test_an_order_of_which_delivery_is_owed_is_not_forgotten_and_counts_as_one() -> None:
    bench = Bench()
    both = [to_deliver(At(MINUTE, f"o{number}"), f"O-open-{number}", 100 * DAY, 100 * DAY) for number in range(3)]
    bench.live(contact(0), *both, shipped(At(HOUR, "s"), "O-open-0"))
    for number in range(SETTLED_KEPT + 5):
        bench.live(delivered(At(HOUR + number, f"d{number}"), f"O-{number}"))
    held = bench.partition.extras[0].ledgers[SHIPMENT].records
    assert len(held) == SETTLED_KEPT + 3
    assert {"O-open-0", "O-open-1", "O-open-2"} <= held.keys()


FACTS = [
    promised(MINUTE),
    shipped(3 * DAY),
    promised(At(HOUR, "other"), "O-2"),
    issued(MINUTE),
    paid(At(HOUR, "part"), amount="30"),
    paid(At(2 * HOUR, "rest"), amount="70"),
    disputed(3 * HOUR),
    handed_off(MINUTE),
    hand_off_closed(2 * MINUTE),
    asked_to_call(MINUTE),
    called(5 * MINUTE),
]
FACTS += [withdrawn(At(4 * DAY, f"w{number}"), FACTS[number]) for number in (1, 5, 8)]  # type: ignore[arg-type]
DELIVERIES = [
    to_deliver(At(HOUR, "one"), "O-1", shipped_after_s=DAY),
    shipped(At(2 * HOUR, "one sent"), "O-1"),
    delivered(At(3 * HOUR, "one there"), "O-1"),
    to_deliver(At(HOUR, "two"), "O-2"),
    to_deliver(At(2 * HOUR, "two anew"), "O-2", 9 * DAY, shipped_after_s=DAY),
    delivered(At(3 * HOUR, "two there"), "O-2"),
    to_deliver(At(HOUR, "three"), "O-3", shipped_after_s=DAY),
    shipped(At(2 * HOUR, "three sent"), "O-3"),
]
DELIVERIES += [withdrawn(At(4 * DAY, f"d{number}"), DELIVERIES[number]) for number in (2, 4, 5, 7)]  # type: ignore[arg-type]
CALLS = [
    asked_to_call(At(MINUTE, "first")),
    called(At(2 * MINUTE, "one")),
    called(At(2 * MINUTE, "two")),
    asked_to_call(At(3 * MINUTE, "second")),
    called(At(4 * MINUTE, "three")),
    asked_to_call(At(5 * MINUTE, "third")),
    called(At(6 * MINUTE, "four")),
    called(At(7 * MINUTE, "five")),
]
"""As many moments of ours as are kept."""
AGAIN, CRASHES = st.lists(st.integers(0, len(DELIVERIES) - 1), max_size=4), st.sets(st.integers(1, len(FACTS) - 1))


@given(st.permutations(FACTS), AGAIN, CRASHES)
@settings(max_examples=100, deadline=None)
def test_what_is_owed_is_the_same_in_any_order_told_twice_and_through_any_crash(
    facts: list[AnyEvent], again: list[int], crashes: set[int]
) -> None:
    assert owed_after(FACTS).keys() == {(SHIPMENT, "O-1"), (SHIPMENT, "O-2"), (HAND_OFF, "H-1")}
    assert owed_after(facts, again, crashes) == owed_after(FACTS)


@given(st.permutations(DELIVERIES), AGAIN, CRASHES)
@settings(max_examples=100, deadline=None)
def test_what_is_to_be_delivered_is_the_same_in_any_order_told_twice_and_through_any_crash(
    facts: list[AnyEvent], again: list[int], crashes: set[int]
) -> None:
    shipment, delivery = HOUR + DAY, HOUR + 3 * DAY
    owed = {
        f"{DELIVERY_OF}O-1": delivery,
        f"{DELIVERY_OF}O-2": delivery,
        f"{DELIVERY_OF}O-3": delivery,
        "O-3": shipment,
    }
    assert owed_after(facts, again, crashes) == {(SHIPMENT, name): when(at).timestamp() for name, at in owed.items()}


@given(st.sets(st.sampled_from((1, 2, 4, 6, 7))), st.data(), AGAIN, CRASHES)
@settings(max_examples=100, deadline=None)
def test_a_call_is_owed_until_a_contact_that_stands_in_any_order_told_twice_and_through_any_crash(
    mistaken: set[int], data: st.DataObject, again: list[int], crashes: set[int]
) -> None:
    back = [withdrawn(At(DAY, f"b{number}"), CALLS[number]) for number in sorted(mistaken)]  # type: ignore[arg-type]
    stand = [one.time for number, one in enumerate(CALLS) if number in {1, 2, 4, 6, 7} - mistaken]
    waiting = [CALLS[number] for number in (0, 3, 5) if CALLS[number].time >= max(stand, default=when(0))]
    owed = {f"{one.source}/{one.id}" for one in waiting}
    facts = data.draw(st.permutations([*CALLS, *back]))
    assert owed_after(facts, [one % len(facts) for one in again], crashes).keys() == {(CALLBACK, name) for name in owed}


def owed_after(
    facts: Sequence[AnyEvent], again: Sequence[int] = (), crashes: Collection[int] = ()
) -> dict[tuple[str, str], float]:
    """What is owed, and when, with some facts told twice and a crash behind some."""
    bench = Bench()
    for number, fact in enumerate(facts):
        bench.feed(fact)
        if number in crashes:
            bench.flush(0)
            bench.crash(lag=3)
    bench.feed(*(facts[number] for number in again))
    return _owed(bench)


def _owed(bench: Bench) -> dict[tuple[str, str], float]:
    ledgers = bench.partition.extras[0].ledgers
    return {(kind, name): at for kind, ledger in ledgers.items() for name, at in ledger.dues().items()}


def test_a_call_that_was_returned_is_not_owed_again_after_a_crash_and_one_that_was_not_still_is() -> None:
    bench = Bench()
    bench.live(contact(0), asked_to_call(MINUTE), called(2 * MINUTE), asked_to_call(At(3 * MINUTE, "second")))
    bench.crash()
    assert len(bench.partition.extras[0].owed(CALLBACK)) == 1
    bench.feed(called(At(4 * MINUTE, "later")))
    bench.flush(DAY)
    assert late(bench.told) == []
