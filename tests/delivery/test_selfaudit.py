"""Delivery finds what is wrong with itself, and keeps silent then."""

from collections.abc import Mapping
from datetime import timedelta

from consumers.delivery.channels.outbound import Answer, Unreached
from consumers.delivery.ledger import Ledger
from consumers.delivery.selfaudit import EVERY, PATIENCE, SelfAudit, faults
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason, notification_id
from schemas.events.managers import ContactKind
from schemas.ids import AccountId, AlertId
from tests.delivery.samples import AT, OWNER

EMAIL = ContactKind.EMAIL


class Listener:
    """Counts heartbeats; answers nothing while `away`."""

    def __init__(self) -> None:
        self.beats = 0
        self.away = False

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.away:
            raise Unreached("nobody there")
        self.beats += 1
        return Answer(200)


def deferred(number: int = 1) -> DeliveryReceipt:
    return DeliveryReceipt(
        notification_id=notification_id(f"s:{number}", OWNER, EMAIL),
        alert_id=AlertId("0" * 32),
        step_id=f"s:{number}",
        account_id=AccountId("A"),
        recipient=OWNER,
        channel=EMAIL,
        attempt=1,
        outcome=Outcome.DEFERRED,
        reason=OutcomeReason.QUIET_HOURS,
        at=AT,
        due_at=AT + timedelta(hours=1),
    )


def test_while_all_is_well_a_heartbeat_goes_once_a_minute() -> None:
    listener = Listener()
    audit = SelfAudit(Ledger(), "https://watch.example.test", listener)
    for second in range(int(EVERY.total_seconds()) + 1):
        audit.turn(AT + timedelta(seconds=second), ())
    assert listener.beats == 2


def test_books_that_do_not_balance_are_found_and_end_the_heartbeat() -> None:
    ledger, listener = Ledger(), Listener()
    ledger.note(deferred())
    assert list(faults(ledger, AT, ())) == []
    ledger.deferred.clear()
    assert list(faults(ledger, AT, ())) == ["1 notifications were decided, and 0 have an outcome"]
    SelfAudit(ledger, "https://watch.example.test", listener).turn(AT, ())
    assert listener.beats == 0


def test_what_is_due_and_was_not_tried_is_found_unless_its_channel_is_away() -> None:
    ledger = Ledger()
    ledger.note(deferred())
    due_at = AT + timedelta(hours=1)
    assert list(faults(ledger, due_at + PATIENCE, ())) == []
    late = due_at + PATIENCE + timedelta(seconds=1)
    assert list(faults(ledger, late, ())) == [
        "1 notifications are due and were not tried, the oldest since 2026-03-02 10:30 UTC"
    ]
    assert list(faults(ledger, late, {EMAIL})) == []


def test_a_heartbeat_that_nobody_takes_disturbs_nothing() -> None:
    listener = Listener()
    audit = SelfAudit(Ledger(), "https://watch.example.test", listener)
    listener.away = True
    audit.turn(AT, ())
    listener.away = False
    audit.turn(AT + EVERY, ())
    assert listener.beats == 1
