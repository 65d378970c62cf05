"""Small builders of events.

Times are given in seconds after `START`; an event's id follows from its type and time unless given.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from schemas.events.actions import (
    AlertAcknowledged,
    AlertActionData,
    AlertResolved,
    OverrideLifted,
    OverrideLiftedData,
    OverrideSet,
    OverrideSetData,
)
from schemas.events.complaints import (
    Category,
    ComplaintAnswered,
    ComplaintData,
    ComplaintEscalated,
    ComplaintOpened,
    ComplaintOpenedData,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintWithdrawn,
)
from schemas.events.interactions import Channel, Direction, InteractionLogged, LoggedData, UsageData, UsageReported
from schemas.events.profiles import AccountProfileData, AccountProfileSet, Segment
from schemas.events.purchases import (
    InvoiceDisputed,
    InvoiceDisputedData,
    InvoiceIssued,
    InvoiceIssuedData,
    OrderLine,
    OrderPlaced,
    OrderPlacedData,
    OrderReturned,
    OrderReturnedData,
    SubscriptionChange,
    SubscriptionChanged,
    SubscriptionData,
)
from schemas.events.withdrawals import FactWithdrawn, FactWithdrawnData, Withdrawable
from schemas.ids import AccountId, AlertId, ComplaintId, EventId, InvoiceId, ManagerId, OrderId, Source

START: Final = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86_400.0
ACCOUNT: Final = AccountId("A-1")
SOURCE: Final = Source("/tests")


def clock(at_s: float) -> float:
    """Epoch seconds of `at_s` after the start."""
    return START.timestamp() + at_s


def when(at_s: float) -> datetime:
    """The same as a datetime, whole microseconds."""
    return START + timedelta(seconds=at_s)


@dataclass(frozen=True, slots=True)
class At:
    """When and under which identity a fact is told."""

    at_s: float
    id: str = ""
    account: AccountId = ACCOUNT

    def event_id(self, kind: str) -> EventId:
        """The id given, else one that follows from kind and time."""
        return EventId(self.id or f"{kind}@{self.at_s:.6f}")


def _at(at: "At | float") -> At:
    return at if isinstance(at, At) else At(at)


def order(at: At | float, amount: str = "100", currency: str = "EUR", lines: int = 0) -> OrderPlaced:
    at = _at(at)
    bought = tuple(OrderLine(sku=f"P-{number}", quantity=2.5, amount=Decimal(10)) for number in range(lines))
    data = OrderPlacedData(order_id=OrderId("O-1"), amount=Decimal(amount), currency=currency, lines=bought)
    return OrderPlaced(id=at.event_id("order"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def returned(at: At | float) -> OrderReturned:
    at = _at(at)
    data = OrderReturnedData(order_id=OrderId("O-1"))
    return OrderReturned(id=at.event_id("returned"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def invoice(at: At | float) -> InvoiceIssued:
    at = _at(at)
    data = InvoiceIssuedData(
        invoice_id=InvoiceId("I-1"), amount=Decimal(100), currency="EUR", due_at=when(at.at_s + 30 * DAY)
    )
    return InvoiceIssued(id=at.event_id("invoice"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def dispute(at: At | float) -> InvoiceDisputed:
    at = _at(at)
    return InvoiceDisputed(
        id=at.event_id("dispute"),
        source=SOURCE,
        subject=at.account,
        time=when(at.at_s),
        data=InvoiceDisputedData(invoice_id=InvoiceId("I-1")),
    )


def subscription(at: At | float, change: SubscriptionChange) -> SubscriptionChanged:
    at = _at(at)
    data = SubscriptionData(change=change, annual_value=Decimal(1000), currency="EUR")
    return SubscriptionChanged(
        id=at.event_id(change.value), source=SOURCE, subject=at.account, time=when(at.at_s), data=data
    )


def contact(at: At | float, sentiment: float | None = None) -> InteractionLogged:
    at = _at(at)
    data = LoggedData(channel=Channel.CALL, direction=Direction.INBOUND, sentiment=sentiment)
    return InteractionLogged(
        id=at.event_id("contact"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data
    )


def usage(at: At | float, quantity: float, period_s: int = 86_400) -> UsageReported:
    at = _at(at)
    data = UsageData(feature="reports", quantity=quantity, period_s=period_s)
    return UsageReported(id=at.event_id("usage"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def opened(
    at: At | float,
    severity: int = 3,
    complaint: str = "C-1",
    due_after_s: float | None = None,
    category: Category = Category.DELIVERY,
) -> ComplaintOpened:
    at = _at(at)
    data = ComplaintOpenedData(
        complaint_id=ComplaintId(complaint),
        category=category,
        severity=severity,
        answer_due_at=None if due_after_s is None else when(at.at_s + due_after_s),
    )
    return ComplaintOpened(
        id=at.event_id(f"opened {complaint}"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data
    )


Course = ComplaintAnswered | ComplaintEscalated | ComplaintResolved | ComplaintReopened | ComplaintWithdrawn


def course(kind: type[Course], at: At | float, complaint: str = "C-1") -> Course:
    """A later fact of a complaint."""
    at = _at(at)
    return kind(
        id=at.event_id(f"{kind.__name__} {complaint}"),
        source=SOURCE,
        subject=at.account,
        time=when(at.at_s),
        data=ComplaintData(complaint_id=ComplaintId(complaint)),
    )


def answered(at: At | float, complaint: str = "C-1") -> Course:
    return course(ComplaintAnswered, at, complaint)


def escalated(at: At | float, complaint: str = "C-1") -> Course:
    return course(ComplaintEscalated, at, complaint)


def resolved(at: At | float, complaint: str = "C-1") -> Course:
    return course(ComplaintResolved, at, complaint)


def reopened(at: At | float, complaint: str = "C-1") -> Course:
    return course(ComplaintReopened, at, complaint)


def complaint_withdrawn(at: At | float, complaint: str = "C-1") -> Course:
    return course(ComplaintWithdrawn, at, complaint)


def withdrawn(at: At | float, original: Withdrawable) -> FactWithdrawn:
    """`original` taken back."""
    at = _at(at)
    return FactWithdrawn(
        id=at.event_id(f"withdrawn {original.id}"),
        source=SOURCE,
        subject=original.subject,
        time=when(at.at_s),
        data=FactWithdrawnData(original=original, reason="entered by mistake"),
    )


def profile(at: At | float, owner: str = "M-1", segment: Segment = Segment.MID) -> AccountProfileSet:
    at = _at(at)
    data = AccountProfileData(
        name="Example Retail 00001",
        segment=segment,
        annual_value=Decimal(12000),
        currency="EUR",
        owner=ManagerId(owner),
    )
    return AccountProfileSet(
        id=at.event_id("profile"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data
    )


def override_set(at: At | float, value: float = 90.0, for_s: float = 30 * DAY) -> OverrideSet:
    at = _at(at)
    data = OverrideSetData(
        author=ManagerId("M-2"), reason="merger announced", value=value, expires_at=when(at.at_s + for_s)
    )
    return OverrideSet(id=at.event_id("override"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def override_lifted(at: At | float) -> OverrideLifted:
    at = _at(at)
    data = OverrideLiftedData(author=ManagerId("M-3"), reason="merger called off")
    return OverrideLifted(id=at.event_id("lifted"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)


def acknowledged(at: At | float, alert: str) -> AlertAcknowledged:
    at = _at(at)
    data = AlertActionData(alert_id=AlertId(alert), actor=ManagerId("M-1"), comment="on it")
    return AlertAcknowledged(
        id=at.event_id("acknowledged"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data
    )


def settled_by_person(at: At | float, alert: str) -> AlertResolved:
    at = _at(at)
    data = AlertActionData(alert_id=AlertId(alert), actor=ManagerId("M-1"))
    return AlertResolved(id=at.event_id("settled"), source=SOURCE, subject=at.account, time=when(at.at_s), data=data)
