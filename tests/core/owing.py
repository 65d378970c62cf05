"""Builders of the facts that open and settle commitments."""

from decimal import Decimal
from typing import Any

from schemas.catalogue import AnyEvent
from schemas.codec import from_object
from tests.core.building import ACCOUNT, DAY, HOUR, SOURCE, At, when


def fact(kind: str, at: At | float, **data: Any) -> AnyEvent:
    """An event of any type; its id follows from type, time and the id of what it is about."""
    at = at if isinstance(at, At) else At(at)
    about = next((str(value) for name, value in data.items() if name.endswith("_id")), "")
    envelope = {"specversion": "1.0", "source": SOURCE, "subject": ACCOUNT, "type": f"{kind}.v1"}
    text = {name: str(value) if isinstance(value, Decimal) else value for name, value in data.items()}
    return from_object(
        {**envelope, "id": at.event_id(f"{kind} {about}"), "time": when(at.at_s).isoformat(), "data": text},
        when(1000 * DAY),
    )


def promised(at: At | float, order: str = "O-1", due_after_s: float = DAY) -> AnyEvent:
    """An order with a promised day of shipment."""
    return fact(
        "purchase.order_placed", at, order_id=order, amount="100", currency="EUR", promised_at=_after(at, due_after_s)
    )


def to_deliver(
    at: At | float, order: str = "O-1", delivered_after_s: float = 3 * DAY, shipped_after_s: float | None = None
) -> AnyEvent:
    """An order with a promised day of delivery, and perhaps one of shipment."""
    shipment = {} if shipped_after_s is None else {"promised_at": _after(at, shipped_after_s)}
    delivery_due = _after(at, delivered_after_s)
    data = {"order_id": order, "amount": "100", "currency": "EUR", **shipment}
    return fact("purchase.order_placed", at, **data, delivery_promised_at=delivery_due)


def shipped(at: At | float, order: str = "O-1") -> AnyEvent:
    return fact("purchase.order_shipped", at, order_id=order)


def delivered(at: At | float, order: str = "O-1") -> AnyEvent:
    return fact("purchase.order_delivered", at, order_id=order)


def cancelled(at: At | float, order: str = "O-1") -> AnyEvent:
    return fact("purchase.order_cancelled", at, order_id=order)


def issued(at: At | float, invoice: str = "I-1", amount: str = "100", due_after_s: float = DAY) -> AnyEvent:
    due_at = _after(at, due_after_s)
    return fact("purchase.invoice_issued", at, invoice_id=invoice, amount=amount, currency="EUR", due_at=due_at)


def paid(at: At | float, invoice: str = "I-1", amount: str | None = None, currency: str = "EUR") -> AnyEvent:
    money = {} if amount is None else {"amount": amount, "currency": currency}
    return fact("purchase.invoice_paid", at, invoice_id=invoice, **money)


def disputed(at: At | float, invoice: str = "I-1") -> AnyEvent:
    return fact("purchase.invoice_disputed", at, invoice_id=invoice)


def handed_off(at: At | float, name: str = "H-1", due_after_s: float = HOUR) -> AnyEvent:
    due_at = _after(at, due_after_s)
    return fact("interaction.handed_off", at, hand_off_id=name, to_team="service", due_at=due_at)


def hand_off_closed(at: At | float, name: str = "H-1") -> AnyEvent:
    return fact("interaction.hand_off_closed", at, hand_off_id=name)


def asked_to_call(at: At | float, due_after_s: float = HOUR) -> AnyEvent:
    """The client rang and was promised a call back."""
    due_at = _after(at, due_after_s)
    return fact("interaction.logged", at, channel="call", direction="inbound", callback_due_at=due_at)


def called(at: At | float) -> AnyEvent:
    return fact("interaction.logged", at, channel="call", direction="outbound")


def _after(at: At | float, due_after_s: float) -> str:
    return when((at.at_s if isinstance(at, At) else at) + due_after_s).isoformat()
