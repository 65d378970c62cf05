"""What is owed by a time: an order shipped, an invoice paid, a hand-off closed, a call returned.

A commitment is the set of its facts, and all it says follows from them, so they may come in any order, each once, and
be taken back. Complaints have a course of their own (`streams.core.complaints`).
"""

from decimal import Decimal
from typing import Final, NamedTuple

from schemas.alerts import AlertKind
from schemas.plain import Plain
from streams.core.facts import seconds

NEVER_DUE: Final = float("inf")

_SHIPMENT, _INVOICE = AlertKind.SHIPMENT_LATE, AlertKind.INVOICE_OVERDUE
_CALLBACK, _HAND_OFF = AlertKind.CALLBACK_OVERDUE, AlertKind.HAND_OFF_OVERDUE

KINDS: Final = (_SHIPMENT, _INVOICE, _CALLBACK, _HAND_OFF)
"""A commitment is of the kind of the alert that its breach raises."""


class _Rule(NamedTuple):
    """What an event type says of which commitment: `promised` opens it, the rest settles it or makes it wait."""

    kind: AlertKind
    name_in: str
    verb: str
    due_in: str = ""


RULES: Final = {
    "purchase.order_placed.v1": _Rule(_SHIPMENT, "order_id", "promised", "promised_at"),
    "purchase.order_shipped.v1": _Rule(_SHIPMENT, "order_id", "done"),
    "purchase.order_delivered.v1": _Rule(_SHIPMENT, "order_id", "done"),
    "purchase.order_returned.v1": _Rule(_SHIPMENT, "order_id", "done"),
    "purchase.order_cancelled.v1": _Rule(_SHIPMENT, "order_id", "done"),
    "purchase.invoice_issued.v1": _Rule(_INVOICE, "invoice_id", "promised", "due_at"),
    "purchase.invoice_paid.v1": _Rule(_INVOICE, "invoice_id", "paid"),
    "purchase.invoice_disputed.v1": _Rule(_INVOICE, "invoice_id", "disputed"),
    "interaction.handed_off.v1": _Rule(_HAND_OFF, "hand_off_id", "promised", "due_at"),
    "interaction.hand_off_closed.v1": _Rule(_HAND_OFF, "hand_off_id", "done"),
}
LOGGED: Final = "interaction.logged.v1"
"""A contact may promise a call back, which has no id of its own and is returned by any later contact of ours."""


class Promise(NamedTuple):
    """A fact as far as a commitment depends on it; epoch seconds. `due_at` is a promise's, money an invoice's alone."""

    verb: str
    at: float
    due_at: float = NEVER_DUE
    amount: str = ""
    currency: str = ""


class Commitment:
    """One thing owed. `course` says of every fact how often it was told less how often it was taken back, none with 0.

    Never changed once made: what follows from the course is found out once.
    """

    __slots__ = ("course", "currency", "due_at", "open_amount", "owes", "promised_at", "was_made")

    def __init__(self, course: tuple[tuple[Promise, int], ...] = ()) -> None:
        self.course = course
        standing = [fact for fact, times in course if times > 0]
        promise = max((fact for fact in standing if fact.verb == "promised"), key=_by_time, default=None)
        self.was_made = promise is not None
        """Whether a promise stands."""
        self.due_at = NEVER_DUE if promise is None else promise.due_at
        """By when, as the latest promise has it; inf without one."""
        self.promised_at = NEVER_DUE if promise is None else promise.at
        """When it was promised; inf without a promise."""
        self.currency = "" if promise is None else promise.currency
        self.open_amount = Decimal(0)
        """Of an invoice, what is still to be paid, in its currency. A payment in another one does not lessen it."""
        self.owes = promise is not None and all(fact.verb != "done" for fact in standing)
        """Whether it is promised and neither settled nor disputed."""
        if promise is not None and promise.amount:
            payments = [fact for fact in standing if fact.verb == "paid"]
            self.open_amount = _left(promise, payments)
            waits = any(fact.verb == "disputed" and fact.at >= promise.at for fact in standing)
            self.owes = self.open_amount > 0 and not waits

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Commitment) and self.course == other.course

    def __hash__(self) -> int:
        return hash(self.course)

    def __repr__(self) -> str:
        return f"Commitment({self.course!r})"


def _by_time(fact: Promise) -> tuple[float, float]:
    return fact.at, fact.due_at


def _left(promise: Promise, payments: list[Promise]) -> Decimal:
    """What is left to pay; a payment that names no amount is one in full."""
    if any(not payment.amount for payment in payments):
        return Decimal(0)
    paid = sum((Decimal(one.amount) for one in payments if one.currency == promise.currency), Decimal(0))
    return max(Decimal(0), Decimal(promise.amount) - paid)


NOTHING_OWED: Final = Commitment()


class Said(NamedTuple):
    """What an event says of a commitment of an account: of which kind, its name, and the fact."""

    kind: AlertKind
    name: str
    fact: Promise


def said(event: Plain, at: float) -> Said | None:
    """What an event of the time `at` says of a commitment; None where it says nothing."""
    data = event["data"]
    if event["type"] == LOGGED:
        due = data.get("callback_due_at")
        return (
            Said(_CALLBACK, f"{event['source']}/{event['id']}", Promise("promised", at, seconds(due))) if due else None
        )
    rule = RULES.get(event["type"])
    if rule is None:
        return None
    name = data[rule.name_in]
    if rule.due_in:
        due = data.get(rule.due_in)
        if due is None:
            return None
        money = (data["amount"], data["currency"]) if rule.kind is _INVOICE else ("", "")
        return Said(rule.kind, name, Promise(rule.verb, at, seconds(due), *money))
    if rule.verb == "paid":
        return Said(
            rule.kind, name, Promise(rule.verb, at, NEVER_DUE, data.get("amount", ""), data.get("currency", ""))
        )
    return Said(rule.kind, name, Promise(rule.verb, at))


def advanced(record: Commitment, fact: Promise, sign: int = 1) -> Commitment:
    """The record with one more fact, or with `sign` -1 one taken back; in any order, each once."""
    if not record.course:
        return Commitment(((fact, sign),))
    counts = dict(record.course)
    counts[fact] = counts.get(fact, 0) + sign
    return Commitment(tuple(sorted(item for item in counts.items() if item[1])))
