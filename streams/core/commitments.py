"""What is owed by a time: an order shipped and delivered, an invoice paid, a hand-off closed, a call returned.

All that a commitment says follows from how often each of its facts was told less how often it was taken back, so they
may come in any order, each once. `streams.core.ledgers` has those of an account. Complaints have a course of their own
(`streams.core.complaints`).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

NEVER_DUE: Final = float("inf")
_ZERO: Final = Decimal(0)


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
    """One thing owed. `done` counts what settles it, `promises`, `payments` and `disputes` (times) what was told; of an
    order `sent` how often it was shipped, which does not settle the `deliveries` promised.

    `due_at` is by when it is owed as the latest promise has it, `promised_at` when that was made (inf without one);
    `owes`: it is promised, and neither settled nor disputed. `deliver_by` is when delivery is owed, inf when it is not.
    """

    __slots__ = (
        "deliver_by",
        "deliveries",
        "disputes",
        "done",
        "due_at",
        "owes",
        "payments",
        "promised_at",
        "promises",
        "sent",
    )

    def __init__(self, done: int = 0, promises: Counts = ()) -> None:
        self.done, self.promises = done, promises
        self.sent = 0
        self.deliveries: Counts = ()
        self.payments: Counts = ()
        self.disputes: Counts = ()
        self._settle()

    @classmethod
    def promised(cls, promise: Promise) -> "Commitment":
        """One of which nothing but its promise is known: what most are to begin with."""
        record = cls.__new__(cls)
        record.done, record.promises, record.payments, record.disputes = 0, ((promise, 1),), (), ()
        record.sent, record.deliveries, record.deliver_by = 0, (), NEVER_DUE
        record.promised_at, record.due_at = promise.at, promise.due_at
        record.owes = True
        return record

    @property
    def was_made(self) -> bool:
        """Whether a promise stands."""
        return self.due_at != NEVER_DUE

    @property
    def delivery_was_promised(self) -> bool:
        """Whether a promise of delivery stands."""
        return _latest(self.deliveries) is not None

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

    def promise_delivery(self, promise: Promise, sign: int) -> None:
        """Delivery was promised."""
        self.deliveries = _counted(self.deliveries, promise, sign)
        self._settle()

    def send(self, sign: int) -> None:
        """It was shipped."""
        self.sent += sign
        self._settle()

    def finish(self, sign: int) -> None:
        """What was promised was done."""
        self.done += sign
        self._settle()

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
        packed: list[object] = [
            self.done,
            _packed(self.promises),
            self.sent,
            _packed(self.deliveries),
            _packed(self.payments),
            self.disputes,
        ]
        while len(packed) > 1 and not packed[-1]:
            packed.pop()
        return packed

    @classmethod
    def unpacked(cls, values: Sequence[Any]) -> "Commitment":
        """The same from there."""
        done, promises, sent, deliveries, payments, disputes = (*values, *_EMPTY[len(values) :])
        record = cls(done, tuple((Promise(*promise), times) for times, *promise in promises))
        record.sent = sent
        record.deliveries = tuple((Promise(*promise), times) for times, *promise in deliveries)
        record.payments = tuple((Money(*money), times) for times, *money in payments)
        record.disputes = tuple((at, times) for at, times in disputes)
        record._settle()
        return record

    def _settle(self) -> None:
        promise, self.deliver_by = self._latest(), NEVER_DUE
        self.promised_at, self.due_at = (promise.at, promise.due_at) if promise else (NEVER_DUE, NEVER_DUE)
        self.owes = promise is not None and self.done <= 0 and self.sent <= 0
        if self.deliveries and self.done <= 0:
            delivery = _latest(self.deliveries)
            self.deliver_by = delivery.due_at if delivery else NEVER_DUE
        if self.owes and (self.payments or self.disputes):
            waits = any(at >= self.promised_at for at, times in self.disputes if times > 0)
            self.owes = not waits and self.open_amount > 0

    def _latest(self) -> Promise | None:
        return _latest(self.promises)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Commitment) and self.packed() == other.packed()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Commitment{self.packed()!r}"


_EMPTY: Final[tuple[Any, ...]] = (0, (), 0, (), (), ())
"""A packed commitment of which nothing is known."""


def _packed(counts: Counts) -> list[tuple[Any, ...]]:
    return [(times, *fact) for fact, times in counts]


def _latest(promises: Counts) -> Promise | None:
    if len(promises) == 1:
        ((promise, times),) = promises
        return promise if times > 0 else None
    return max((promise for promise, times in promises if times > 0), default=None)


def _counted(counts: Counts, fact: Any, sign: int) -> Counts:
    if not counts:
        return ((fact, sign),)
    told = dict(counts)
    told[fact] = told.get(fact, 0) + sign
    return tuple(sorted(item for item in told.items() if item[1]))
