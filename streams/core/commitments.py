"""What is owed by a time: an order shipped, an invoice paid, a hand-off closed, a call returned.

All that a commitment says follows from how often each of its facts was told less how often it was taken back, so they
may come in any order, each once. Complaints have a course of their own (`streams.core.complaints`).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from schemas.alerts import AlertKind
from schemas.plain import Plain
from streams.core.complaints import ANSWER_DUE
from streams.core.facts import seconds

NEVER_DUE: Final = float("inf")
SETTLED_KEPT: Final = 16
"""How many commitments of an account and kind that are settled are remembered: what comes later about one further back
finds it forgotten.
"""
_ZERO: Final = Decimal(0)
_PROMISED, _DONE, _PAID, _DISPUTED = "promised", "done", "paid", "disputed"
_SHIPMENT, _INVOICE = AlertKind.SHIPMENT_LATE, AlertKind.INVOICE_OVERDUE
_CALLBACK, _HAND_OFF = AlertKind.CALLBACK_OVERDUE, AlertKind.HAND_OFF_OVERDUE


class _Rule(NamedTuple):
    """What an event type says of which commitment. A commitment is of the kind of the alert that its breach raises."""

    kind: AlertKind
    name_in: str
    verb: str
    due_in: str = ""


RULES: Final = {
    "purchase.order_placed.v1": _Rule(_SHIPMENT, "order_id", _PROMISED, "promised_at"),
    "purchase.order_shipped.v1": _Rule(_SHIPMENT, "order_id", _DONE),
    "purchase.order_delivered.v1": _Rule(_SHIPMENT, "order_id", _DONE),
    "purchase.order_returned.v1": _Rule(_SHIPMENT, "order_id", _DONE),
    "purchase.order_cancelled.v1": _Rule(_SHIPMENT, "order_id", _DONE),
    "purchase.invoice_issued.v1": _Rule(_INVOICE, "invoice_id", _PROMISED, "due_at"),
    "purchase.invoice_paid.v1": _Rule(_INVOICE, "invoice_id", _PAID),
    "purchase.invoice_disputed.v1": _Rule(_INVOICE, "invoice_id", _DISPUTED),
    "interaction.handed_off.v1": _Rule(_HAND_OFF, "hand_off_id", _PROMISED, "due_at"),
    "interaction.hand_off_closed.v1": _Rule(_HAND_OFF, "hand_off_id", _DONE),
}
LOGGED: Final = "interaction.logged.v1"
"""A contact may promise a call back, which has no id of its own and is returned by any later contact of ours."""
CALLBACK_DUE: Final = "callback_due_at"
DUE_IN: Final = frozenset({CALLBACK_DUE, ANSWER_DUE, *(rule.due_in for rule in RULES.values() if rule.due_in)})
"""The fields in which events say by when something is owed."""


class Promise(NamedTuple):
    """When it was made and by when it is owed, epoch seconds; of an invoice how much."""

    at: float
    due_at: float
    amount: str = ""
    currency: str = ""


class Money(NamedTuple):
    """A payment; "" for one in full."""

    amount: str = ""
    currency: str = ""


Counts = tuple[tuple[Any, int], ...]
"""Facts and how often each was told less how often it was taken back; none with 0."""


class Commitment:
    """One thing owed. `done` counts what settles it, `promises`, `payments` and `disputes` (times) what was told.

    `due_at` is by when it is owed as the latest promise has it, `promised_at` when that was made (inf without one);
    `owes`: it is promised, and neither settled nor disputed.
    """

    __slots__ = ("disputes", "done", "due_at", "owes", "payments", "promised_at", "promises")

    def __init__(self, done: int = 0, promises: Counts = (), payments: Counts = (), disputes: Counts = ()) -> None:
        self.done, self.promises, self.payments, self.disputes = done, promises, payments, disputes
        self._settle()

    @classmethod
    def promised(cls, promise: Promise) -> "Commitment":
        """One of which nothing but its promise is known: what most are to begin with."""
        record = cls.__new__(cls)
        record.done, record.promises, record.payments, record.disputes = 0, ((promise, 1),), (), ()
        record.promised_at, record.due_at = promise.at, promise.due_at
        record.owes = True
        return record

    @property
    def was_made(self) -> bool:
        """Whether a promise stands."""
        return self.due_at != NEVER_DUE

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid of an invoice, in its currency; a payment in another one does not lessen it."""
        promise = self._latest()
        if promise is None or not promise.amount:
            return _ZERO
        paid = _ZERO
        for money, times in self.payments:
            if times > 0 and not money.amount:
                return _ZERO
            if money.currency == promise.currency:
                paid += times * Decimal(money.amount)
        return max(_ZERO, Decimal(promise.amount) - paid)

    @property
    def currency(self) -> str:
        """Of an invoice; "" else."""
        promise = self._latest()
        return promise.currency if promise else ""

    def promise(self, promise: Promise, sign: int) -> None:
        """A promise was made, with `sign` -1 taken back."""
        self.promises = _counted(self.promises, promise, sign)
        self._settle()

    def finish(self, sign: int) -> None:
        """What was promised was done."""
        self.done += sign
        self.owes = self.done <= 0 and self.due_at != NEVER_DUE

    def pay(self, money: Money, sign: int) -> None:
        """A payment came."""
        self.payments = _counted(self.payments, money, sign)
        self._settle()

    def dispute(self, at: float, sign: int) -> None:
        """The client contests it."""
        self.disputes = _counted(self.disputes, at, sign)
        self._settle()

    def packed(self) -> list[object]:
        """As the changelog has it, without what is empty at its end."""
        if not (self.payments or self.disputes):
            if not self.promises:
                return [self.done]
            return [self.done, [(times, *promise) for promise, times in self.promises]]
        promises = [(times, *promise) for promise, times in self.promises]
        return [self.done, promises, [(times, *money) for money, times in self.payments], self.disputes]

    @classmethod
    def unpacked(cls, values: Sequence[Any]) -> "Commitment":
        """The same from there."""
        done, promises, payments, disputes = [*values, *((),) * 3][:4]
        return cls(
            done,
            tuple((Promise(*promise), times) for times, *promise in promises),
            tuple((Money(*money), times) for times, *money in payments),
            tuple((at, times) for at, times in disputes),
        )

    def _settle(self) -> None:
        promise = self._latest()
        self.promised_at, self.due_at = (promise.at, promise.due_at) if promise else (NEVER_DUE, NEVER_DUE)
        self.owes = promise is not None and self.done <= 0
        if self.owes and (self.payments or self.disputes):
            waits = any(at >= self.promised_at for at, times in self.disputes if times > 0)
            self.owes = not waits and self.open_amount > 0

    def _latest(self) -> Promise | None:
        if len(self.promises) == 1:
            ((promise, times),) = self.promises
            return promise if times > 0 else None
        return max((promise for promise, times in self.promises if times > 0), default=None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Commitment) and self.packed() == other.packed()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Commitment{self.packed()!r}"


def _counted(counts: Counts, fact: Any, sign: int) -> Counts:
    if not counts:
        return ((fact, sign),)
    told = dict(counts)
    told[fact] = told.get(fact, 0) + sign
    return tuple(sorted(item for item in told.items() if item[1]))


class Ledger:
    """An account's commitments of one kind by name. `owed` has those that are owed, with when each is due (epoch
    seconds); `written` what the changelog has of each, `whole` of all, for whoever writes rows: most did not change.
    """

    __slots__ = ("owed", "records", "whole", "written")

    def __init__(self) -> None:
        self.records: dict[str, Commitment] = {}
        self.owed: dict[str, float] = {}
        self.written: dict[str, bytes] = {}
        self.whole = b""

    def promise(self, name: str, promise: Promise, sign: int) -> float:
        """A promise was made, with `sign` -1 taken back; by when it is owed now, inf when it is not."""
        record = self.records.get(name)
        if record is None and sign > 0:
            self.records[name] = Commitment.promised(promise)
            self.owed[name] = promise.due_at
            self.whole = b""
            return promise.due_at
        record = self.record(name)
        record.promise(promise, sign)
        return self.changed(name, record)

    def record(self, name: str) -> Commitment:
        """The one of a name, about to change."""
        found = self.records.get(name)
        if found is None:
            found = self.records[name] = Commitment()
        return found

    def changed(self, name: str, record: Commitment) -> float:
        """It changed: by when it is owed now, inf when it is not. The longest settled may be forgotten."""
        self.whole = b""
        self.written.pop(name, None)
        if record.owes:
            self.owed[name] = record.due_at
            return record.due_at
        self.owed.pop(name, None)
        if len(self.records) - len(self.owed) > SETTLED_KEPT:
            oldest = next(other for other in self.records if other not in self.owed)
            del self.records[oldest]
            self.written.pop(oldest, None)
        return NEVER_DUE

    def return_calls(self, reached_out_at: float) -> bool:
        """Calls promised before our newest contact are returned; whether there were any."""
        returned = [name for name in self.owed if self.records[name].promised_at < reached_out_at]
        for name in returned:
            del self.owed[name]
        return bool(returned)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and (self.records, self.owed) == (other.records, other.owed)

    __hash__ = None  # type: ignore[assignment]


Ledgers = dict[str, Ledger]


def keep(ledgers: Ledgers, event: Plain, at: float, sign: int) -> tuple[str, float]:
    """Enter what an event of the time `at` says, with `sign` -1 take it back.

    Returns the kind of the commitment ("" where it says nothing of one) and by when it is owed now, inf when it is not.
    """
    data = event["data"]
    rule = RULES.get(event["type"])
    if rule is None:
        due = data.get(CALLBACK_DUE)
        if due is None:
            return "", NEVER_DUE
        name = f"{event['source']}/{event['id']}"
        return _CALLBACK, _ledger(ledgers, _CALLBACK).promise(name, Promise(at, seconds(due)), sign)
    kind, name_in, verb, due_in = rule
    name = data[name_in]
    if verb is _PROMISED:
        due = data.get(due_in)
        if due is None:
            return "", NEVER_DUE
        money = (data["amount"], data["currency"]) if kind is _INVOICE else ()
        return kind, _ledger(ledgers, kind).promise(name, Promise(at, seconds(due), *money), sign)
    ledger = _ledger(ledgers, kind)
    record = ledger.record(name)
    if verb is _DONE:
        record.finish(sign)
    elif verb is _PAID:
        record.pay(Money(data.get("amount") or "", data.get("currency") or ""), sign)
    else:
        record.dispute(at, sign)
    return kind, ledger.changed(name, record)


def _ledger(ledgers: Ledgers, kind: str) -> Ledger:
    found = ledgers.get(kind)
    if found is None:
        found = ledgers[kind] = Ledger()
    return found
