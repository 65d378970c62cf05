"""Invented complaints: opened some time after an order, mostly answered, often resolved, sometimes left open."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from pulse.simulate.facts import DESK
from pulse.simulate.history import Order
from pulse.simulate.teller import Teller

CATEGORIES: Final = ("delivery", "delivery", "product", "billing", "service", "technical")
_SUMMARIES: Final = {
    "delivery": "The parcel has not arrived.",
    "product": "The case is cracked.",
    "billing": "The amount is not what was agreed.",
    "service": "Nobody called back.",
    "technical": "The shop does not let us sign in.",
}
_ANSWER_WITHIN_H: Final = {1: 72, 2: 48, 3: 24, 4: 8}


def complain(teller: Teller, order: Order, number: int) -> None:
    """Perhaps a complaint about one order, and its course."""
    if not teller.happens(0.02 + 0.13 * teller.temper):
        return
    complaint = f"C-{teller.customer.number:05d}-{number}"
    opened_at = teller.after(order.fact.at, 6, 240)
    severity = severity_of(teller.rng)
    within_h = _ANSWER_WITHIN_H[severity]
    due_at = (opened_at + timedelta(hours=within_h)).replace(microsecond=0)
    data = opened(teller.rng, complaint, severity, due_at) | {"order_id": order.id}
    teller.tell(opened_at, DESK, "complaint.opened.v1", data)
    if teller.happens(0.1 * severity * teller.temper):
        _tell(teller, teller.after(opened_at, 1, 2.0 * within_h), "escalated", complaint)
    if teller.happens(0.93):
        late = teller.happens(0.15 + 0.3 * teller.temper)
        answered_at = (
            teller.after(opened_at, within_h, 3 * within_h) if late else teller.after(opened_at, 0.5, within_h)
        )
        _tell(teller, answered_at, "answered", complaint)
        _settle(teller, answered_at, complaint)


def _settle(teller: Teller, answered_at: datetime, complaint: str) -> None:
    if not teller.happens(0.88):
        return
    resolved_at = teller.after(answered_at, 2, 120)
    _tell(teller, resolved_at, "resolved", complaint)
    if teller.happens(0.03 + 0.1 * teller.temper):
        reopened_at = teller.after(resolved_at, 24, 300)
        _tell(teller, reopened_at, "reopened", complaint)
        answered_at = teller.after(reopened_at, 1, 24)
        _tell(teller, answered_at, "answered", complaint)
        _tell(teller, teller.after(answered_at, 2, 72), "resolved", complaint)


def _tell(teller: Teller, at: datetime, step: str, complaint: str) -> None:
    teller.tell(at, DESK, f"complaint.{step}.v1", {"complaint_id": complaint})


def severity_of(rng: Random) -> int:
    """1 and 2 are common, 4 is rare."""
    return (1, 1, 1, 2, 2, 2, 2, 3, 3, 4)[int(10 * rng.random())]


def opened(rng: Random, complaint: str, severity: int, due_at: datetime) -> dict[str, Any]:
    """The data of a complaint's opening."""
    category = CATEGORIES[int(len(CATEGORIES) * rng.random())]
    return {
        "complaint_id": complaint,
        "category": category,
        "severity": severity,
        "answer_due_at": due_at.isoformat(),
        "summary": _SUMMARIES[category],
    }
