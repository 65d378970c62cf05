"""The judge of the torture finds what it is there to find."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.alerts import StepKind
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason
from schemas.events.managers import Contact, ContactKind
from schemas.ids import AccountId, AlertId
from tests.torture_delivery.load import MANAGERS, expected, steps
from tests.torture_delivery.verdict import Arrival, Tally, Verdict, judge

MAILBOX = Contact(kind=ContactKind.EMAIL, address="m-1@example.test")
HOOK = Contact(kind=ContactKind.WEBHOOK, address="hook-m-1")
WANTED = {"n-1": MAILBOX}
WANTED_BY_HOOK = {"n-1": HOOK}
NOBODY_BROKE: tuple[tuple[float, float], ...] = ()
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def receipt(
    outcome: Outcome = Outcome.DELIVERED,
    reason: OutcomeReason = OutcomeReason.ACCEPTED,
    channel: ContactKind = ContactKind.EMAIL,
) -> DeliveryReceipt:
    return DeliveryReceipt(
        notification_id="n-1",
        alert_id=AlertId("0" * 32),
        step_id="s",
        account_id=AccountId("A"),
        recipient=MANAGERS[0],
        channel=channel,
        attempt=1,
        outcome=outcome,
        reason=reason,
        at=NOW,
    )


def mail(at_s: float = 1.0, name: str = "n-1", address: str = "m-1@example.test", content: bytes = b"x") -> Arrival:
    return Arrival(at_s, name, address, content)


def posted(at_s: float = 1.0, **changes: Any) -> Arrival:
    return Arrival(at_s, "n-1", HOOK.address, b"x")._replace(**changes)


def test_one_mail_and_its_receipt_are_exact() -> None:
    assert judge(WANTED, [receipt()], [mail()], NOBODY_BROKE).is_exact


def test_without_a_receipt_or_without_a_mail_it_is_lost() -> None:
    assert judge(WANTED, [], [mail()], NOBODY_BROKE).lost
    assert judge(WANTED, [receipt()], [], NOBODY_BROKE).lost
    assert judge(WANTED, [receipt(Outcome.DEFERRED)], [], NOBODY_BROKE).lost
    assert judge(WANTED, [receipt(Outcome.FAILED, OutcomeReason.RECEIVER_AWAY)], [], NOBODY_BROKE).lost


def test_what_was_overtaken_is_not_lost() -> None:
    verdict = judge(WANTED, [receipt(Outcome.SUPPRESSED, OutcomeReason.OVERTAKEN)], [], NOBODY_BROKE)
    assert (verdict.is_exact, verdict.tallies[ContactKind.EMAIL].overtaken) == (True, 1)


def test_a_mail_nobody_should_get_or_to_somebody_else_is_found() -> None:
    assert judge({}, [], [mail()], NOBODY_BROKE).unbidden
    assert judge(WANTED, [receipt()], [mail(address="m-2@example.test")], NOBODY_BROKE).faults


def test_a_second_mail_needs_a_break_between_and_the_same_content() -> None:
    twice = [mail(1.0), mail(3.0)]
    assert not judge(WANTED, [receipt()], twice, NOBODY_BROKE).is_exact
    assert not judge(WANTED, [receipt()], twice, [(5.0, 9.0)]).is_exact
    verdict = judge(WANTED, [receipt()], twice, [(2.0, 2.5)])
    assert (verdict.is_exact, verdict.tallies[ContactKind.EMAIL].repeated_in_send_window) == (True, 1)
    assert not judge(WANTED, [receipt()], [mail(1.0), mail(3.0, content=b"y")], [(2.0, 2.5)]).is_exact


def test_a_webhook_that_was_refused_comes_again_as_it_was_and_counts_apart_from_mails() -> None:
    told = [receipt(channel=ContactKind.WEBHOOK)]
    verdict = judge(WANTED_BY_HOOK, told, [posted(1.0, taken=False), posted(2.0)], NOBODY_BROKE)
    assert verdict.is_exact, verdict.shown()
    assert verdict.tallies[ContactKind.WEBHOOK] == Tally(expected=1, taken=1)
    assert verdict.tallies[ContactKind.EMAIL] == Tally()
    assert judge(WANTED_BY_HOOK, told, [posted(taken=False)], NOBODY_BROKE).lost


@pytest.mark.parametrize("unlike", [{"content": b"y"}, {"address": "hook-m-2"}, {"genuine": False}])
def test_a_webhook_whose_refused_try_differs_from_the_taken_one_is_found(unlike: dict[str, Any]) -> None:
    told = [receipt(channel=ContactKind.WEBHOOK)]
    assert judge(WANTED_BY_HOOK, told, [posted(1.0, taken=False, **unlike), posted(2.0)], NOBODY_BROKE).faults


def test_a_try_under_another_id_is_unbidden_also_when_it_was_refused() -> None:
    told = [receipt(channel=ContactKind.WEBHOOK)]
    arrivals = [posted(1.0, taken=False, notification="n-2"), posted(2.0)]
    assert judge(WANTED_BY_HOOK, told, arrivals, NOBODY_BROKE).unbidden == ["n-2"]


def test_the_load_is_the_same_for_a_seed_and_has_every_kind_of_step() -> None:
    first, second = (steps(7, NOW) for _ in range(2))
    written = [next(first) for _ in range(400)]
    assert written == [next(second) for _ in range(400)]
    assert {it.step for it in written} > {StepKind.OPENED, StepKind.ESCALATED, StepKind.RESOLVED}
    assert len(written) > len({it.step_id for it in written}), "some come twice"
    assert Counter(contact.kind for contact in expected(written).values()).keys() == Verdict().tallies.keys()
    assert len(expected(written)) > 300
