"""An account's commitments of each kind, and what each event says of which. See `streams.core.commitments`."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from schemas.alerts import AlertKind
from schemas.plain import Plain
from streams.core.commitments import NEVER_DUE, Commitment, Money, Promise
from streams.core.complaints import ANSWER_DUE
from streams.core.facts import seconds

SETTLED_KEPT: Final = 16
"""How many commitments of an account and kind that are settled are remembered: what comes later about one further back
finds it forgotten.
"""
_PROMISED, _SENT, _DONE, _PAID, _DISPUTED = "promised", "sent", "done", "paid", "disputed"
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
    "purchase.order_shipped.v1": _Rule(_SHIPMENT, "order_id", _SENT),
    "purchase.order_delivered.v1": _Rule(_SHIPMENT, "order_id", _DONE),
    "purchase.order_returned.v1": _Rule(_SHIPMENT, "order_id", _DONE),
    "purchase.order_cancelled.v1": _Rule(_SHIPMENT, "order_id", _DONE),
    "purchase.invoice_issued.v1": _Rule(_INVOICE, "invoice_id", _PROMISED, "due_at"),
    "purchase.invoice_paid.v1": _Rule(_INVOICE, "invoice_id", _PAID),
    "purchase.invoice_disputed.v1": _Rule(_INVOICE, "invoice_id", _DISPUTED),
    "interaction.handed_off.v1": _Rule(_HAND_OFF, "hand_off_id", _PROMISED, "due_at"),
    "interaction.hand_off_closed.v1": _Rule(_HAND_OFF, "hand_off_id", _DONE),
}
CALLBACK_DUE: Final = "callback_due_at"
"""A contact may promise a call back, which has no id of its own and is returned by any later contact of ours."""
_CALLED_BACK: Final = _Rule(_CALLBACK, "", _PROMISED, CALLBACK_DUE)
DELIVERY_DUE: Final = "delivery_promised_at"
"""An order may be promised to be shipped by one time and delivered by another; each promise stands by itself."""
DELIVERY_OF: Final = "\x01"
"""Stands before an order's id where its delivery is meant, not its shipment; no id has such a character."""
DUE_IN: Final = frozenset(
    {CALLBACK_DUE, DELIVERY_DUE, ANSWER_DUE, *(rule.due_in for rule in RULES.values() if rule.due_in)}
)
"""The fields in which events say by when something is owed."""


class Ledger:
    """An account's commitments of one kind by name. `owed` has those that are owed, with when each is due (epoch
    seconds), `undelivered` the orders of which delivery is; `written` what the changelog has of each, `whole` of all,
    for whoever writes rows: most did not change.
    """

    __slots__ = ("owed", "records", "undelivered", "whole", "written")

    def __init__(self) -> None:
        self.records: dict[str, Commitment] = {}
        self.owed: dict[str, float] = {}
        self.undelivered: dict[str, float] = {}
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
        """It changed: by when something of it is owed now, else inf. The longest settled may be forgotten."""
        self.whole = b""
        self.written.pop(name, None)
        if record.deliver_by != NEVER_DUE:
            self.undelivered[name] = record.deliver_by
        else:
            self.undelivered.pop(name, None)
        if record.owes:
            self.owed[name] = record.due_at
            return min(record.due_at, record.deliver_by)
        self.owed.pop(name, None)
        if record.deliver_by == NEVER_DUE:
            self._forget()
        return record.deliver_by

    def dues(self) -> Mapping[str, float]:
        """By when each thing owed is due (epoch seconds): by name, of a delivery with `DELIVERY_OF` before it."""
        if not self.undelivered:
            return self.owed
        return self.owed | {DELIVERY_OF + name: due_at for name, due_at in self.undelivered.items()}

    def is_unfounded(self, name: str) -> bool:
        """Whether what is known of something, named as in `dues`, is not that it was promised."""
        record = self.records.get(name.removeprefix(DELIVERY_OF))
        if record is None:
            return False
        return not (record.delivery_was_promised if name.startswith(DELIVERY_OF) else record.was_made)

    def _forget(self) -> None:
        waiting = self.owed.keys() | self.undelivered.keys() if self.undelivered else self.owed.keys()
        while len(self.records) - len(waiting) > SETTLED_KEPT:
            oldest = next(other for other in self.records if other not in waiting)
            del self.records[oldest]
            self.written.pop(oldest, None)
            self.whole = b""

    def return_calls(self, reached_out_at: float) -> float | None:
        """Calls promised before our newest contact are returned, all others owed, also where that contact is an older
        one than was known. By when something is owed anew, inf where nothing is; None where nothing changed.
        """
        calls = self.records.items()
        owed = {name: call.due_at for name, call in calls if call.owes and call.promised_at >= reached_out_at}
        if owed == self.owed:
            return None
        due_at = min((at for name, at in owed.items() if name not in self.owed), default=NEVER_DUE)
        self.owed = owed
        self._forget()
        return due_at

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and (self.records, self.owed) == (other.records, other.owed)

    __hash__ = None  # type: ignore[assignment]


Ledgers = dict[str, Ledger]


def keep(ledgers: Ledgers, event: Plain, at: float, sign: int) -> tuple[str, float]:
    """Enter what an event of the time `at` says, with `sign` -1 take it back.

    Returns the kind of the commitment ("" where it says nothing of one) and by when it is owed now, inf when it is not.
    """
    rule, data = RULES.get(event["type"]), event["data"]
    if rule is None:
        rule, name = _CALLED_BACK, f"{event['source']}/{event['id']}"
    else:
        name = data[rule.name_in]
    if rule.verb is _PROMISED:
        return _promise(ledgers, rule, name, Fact(data, at, sign))
    ledger = _ledger(ledgers, rule.kind)
    record = ledger.record(name)
    _ENTER[rule.verb](record, Fact(data, at, sign))
    return rule.kind, ledger.changed(name, record)


class Fact(NamedTuple):
    """What an event carries, when it happened (epoch seconds), and 1, or -1 where it is taken back."""

    data: Mapping[str, Any]
    at: float
    sign: int


def _promise(ledgers: Ledgers, rule: _Rule, name: str, fact: Fact) -> tuple[str, float]:
    due, delivery_due = fact.data.get(rule.due_in), fact.data.get(DELIVERY_DUE)
    if delivery_due is None:
        if due is None:
            return "", NEVER_DUE
        ledger = _ledger(ledgers, rule.kind)
        money = (fact.data["amount"], fact.data["currency"]) if rule.kind is _INVOICE else ()
        return rule.kind, ledger.promise(name, Promise(fact.at, seconds(due), *money), fact.sign)
    ledger = _ledger(ledgers, rule.kind)
    record = ledger.record(name)
    record.promise_delivery(Promise(fact.at, seconds(delivery_due)), fact.sign)
    if due is not None:
        record.promise(Promise(fact.at, seconds(due)), fact.sign)
    return rule.kind, ledger.changed(name, record)


_ENTER: Final[dict[str, Callable[[Commitment, Fact], None]]] = {
    _SENT: lambda record, fact: record.send(fact.sign),
    _DONE: lambda record, fact: record.finish(fact.sign),
    _PAID: lambda record, fact: record.pay(
        Money(fact.data.get("amount") or "", fact.data.get("currency") or ""), fact.sign
    ),
    _DISPUTED: lambda record, fact: record.dispute(fact.at, fact.sign),
}
"""By verb, what else may be said of a commitment."""


def _ledger(ledgers: Ledgers, kind: str) -> Ledger:
    found = ledgers.get(kind)
    if found is None:
        found = ledgers[kind] = Ledger()
    return found
