"""What is invented around the purchases of one account: profile, shipments, invoices, contacts, complaints.

An account's temper (how often it finds fault) colours all of it, so that scores differ for a reason.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from pulse.simulate.complaints import complain
from pulse.simulate.facts import BILLING, CRM, LOGISTICS, TELEMETRY, Fact
from pulse.simulate.groups import parent_of
from pulse.simulate.history import Customer, Order
from pulse.simulate.people import PLACES, Manager, owner_of
from pulse.simulate.teller import Teller
from schemas.events.profiles import Segment

_SECTORS: Final = ("Retail", "Foods", "Music", "Travel", "Logistics", "Clinic", "Studio", "Works")
_STRATEGIC: Final = Decimal(400)
_MID: Final = Decimal(90)
_INVOICED_FROM: Final = Decimal(70)
_STILL_BUYING: Final = timedelta(days=75)
_MONTHS_OF_LOG: Final = 18


def companions(customer: Customer, people: list[Manager], seed: int, end: datetime) -> list[Fact]:
    """Everything invented for one account, in no particular order; some lie beyond `end`, the end of the log."""
    teller = Teller(customer, seed)
    segment = _set_profile(teller, people)
    for number, order in enumerate(customer.orders, start=1):
        _ship(teller, order)
        _invoice(teller, order)
        _talk(teller, order)
        complain(teller, order, number)
    _check_in(teller, segment)
    _review(teller, end)
    return teller.facts


def annual_value(orders: Iterable[Order]) -> Decimal:
    """What a year of these orders is worth, to the cent; the log runs over a year and a half."""
    total = sum((order.amount for order in orders), Decimal(0))
    return (total * 12 / _MONTHS_OF_LOG).quantize(Decimal("0.01"))


def segment_of(value: Decimal) -> Segment:
    """The segment of an account worth `value` a year."""
    if value >= _STRATEGIC:
        return Segment.STRATEGIC
    return Segment.MID if value >= _MID else Segment.LONG_TAIL


def _set_profile(teller: Teller, people: list[Manager]) -> Segment:
    customer = teller.customer
    value = annual_value(customer.orders)
    segment = segment_of(value)
    locale, zone = PLACES[customer.number % len(PLACES)]
    parent = parent_of(customer.number)
    data = {
        "name": f"Example {_SECTORS[customer.number % len(_SECTORS)]} {customer.number:05d}",
        "segment": segment.value,
        "annual_value": str(value),
        "currency": "USD",
        "owner": owner_of(customer.number, segment, people),
        "locale": locale,
        "time_zone": zone,
        **({"parent": parent} if parent else {}),
    }
    teller.tell(customer.orders[0].fact.at - timedelta(minutes=5), CRM, "account.profile_set.v1", data)
    return segment


def _ship(teller: Teller, order: Order) -> None:
    if not teller.happens(0.2):
        return
    shipped_at = teller.after(order.fact.at, 4, 60)
    teller.tell(shipped_at, LOGISTICS, "purchase.order_shipped.v1", {"order_id": order.id})
    if not teller.happens(0.25):
        return
    delivered_at = teller.after(shipped_at, 24, 144)
    teller.tell(delivered_at, LOGISTICS, "purchase.order_delivered.v1", {"order_id": order.id})
    if teller.happens(0.02 + 0.12 * teller.temper):
        returned_at = teller.after(delivered_at, 24, 240)
        teller.tell(returned_at, LOGISTICS, "purchase.order_returned.v1", {"order_id": order.id})


def _invoice(teller: Teller, order: Order) -> None:
    if order.amount < _INVOICED_FROM:
        return
    invoice = f"INV-{order.id}"
    issued_at = teller.after(order.fact.at, 12, 36)
    due_at = (issued_at + timedelta(days=14)).replace(microsecond=0)
    data = {
        "invoice_id": invoice,
        "amount": str(order.amount),
        "currency": "USD",
        "due_at": due_at.isoformat(),
        "order_id": order.id,
    }
    teller.tell(issued_at, BILLING, "purchase.invoice_issued.v1", data)
    if teller.happens(0.06 * teller.temper):
        disputed_at = teller.after(issued_at, 24, 120)
        teller.tell(disputed_at, BILLING, "purchase.invoice_disputed.v1", {"invoice_id": invoice})
    if teller.happens(0.95):
        late_h = 480 * teller.rng.random() if teller.happens(0.1 + 0.4 * teller.temper) else 0.0
        paid_at = teller.after(issued_at, 24, 330) + timedelta(hours=late_h)
        teller.tell(paid_at, BILLING, "purchase.invoice_paid.v1", {"invoice_id": invoice})


def _talk(teller: Teller, order: Order) -> None:
    at = order.fact.at
    if teller.happens(0.13):
        teller.tell(teller.after(at, 1, 200), CRM, "interaction.logged.v1", contact(teller.rng, teller.temper))
    if teller.happens(0.06):
        teller.tell(teller.after(at, 48, 400), CRM, "interaction.survey_answered.v1", survey(teller.rng, teller.temper))
    if teller.happens(0.08):
        data = {"feature": "wish list", "quantity": float(int(40 * teller.rng.random())), "period_s": 7 * 86_400}
        teller.tell(teller.after(at, 150, 200), TELEMETRY, "interaction.usage_reported.v1", data)


def _check_in(teller: Teller, segment: Segment) -> None:
    """The owner keeps in touch with who is worth it, from the first order to some weeks after the last."""
    if segment is Segment.LONG_TAIL:
        return
    gap_h = 24 * (60 if segment is Segment.STRATEGIC else 180)
    at = teller.after(teller.customer.orders[0].fact.at, 0, gap_h)
    end = teller.customer.orders[-1].fact.at + timedelta(days=45)
    while at < end:
        data = contact(teller.rng, teller.temper) | {"direction": "outbound"}
        teller.tell(at, CRM, "interaction.logged.v1", data)
        at = teller.after(at, 0.6 * gap_h, 1.4 * gap_h)


def _review(teller: Teller, end: datetime) -> None:
    """Who still buys as the log ends was visited and asked lately: it is their health that people look at."""
    if teller.customer.orders[-1].fact.at < end - _STILL_BUYING:
        return
    for _ in range(2):
        at = end - timedelta(hours=1000 * teller.rng.random())
        teller.tell(at, CRM, "interaction.logged.v1", contact(teller.rng, teller.temper))
    at = end - timedelta(hours=1000 * teller.rng.random())
    teller.tell(at, CRM, "interaction.survey_answered.v1", survey(teller.rng, teller.temper))


def contact(rng: Random, temper: float) -> dict[str, Any]:
    """The data of one contact: the worse the temper, the cooler the tone."""
    channel = ("call", "email", "email", "chat", "meeting", "portal")[int(6 * rng.random())]
    tone = max(-1.0, min(1.0, 0.65 - 1.1 * temper + 0.7 * (rng.random() - 0.5)))
    data: dict[str, Any] = {
        "channel": channel,
        "direction": ("inbound", "inbound", "outbound")[int(3 * rng.random())],
        "sentiment": round(tone, 2),
    }
    if channel in ("call", "meeting"):
        data["duration_s"] = 60 + int(1800 * rng.random())
    return data


def survey(rng: Random, temper: float) -> dict[str, Any]:
    """The data of one answered survey, on the scale that its instrument shows."""
    instrument, least, most = (("nps", 0, 10), ("csat", 1, 5), ("ces", 1, 7))[int(3 * rng.random())]
    share = max(0.0, min(1.0, 0.95 - 0.8 * temper + 0.4 * (rng.random() - 0.5)))
    return {
        "instrument": instrument,
        "answer": float(round(least + (most - least) * share)),
        "scale_min": float(least),
        "scale_max": float(most),
    }
