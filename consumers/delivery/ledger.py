"""What is known about every notification: a fold of account.deliveries, kept up while we deliver. Pure.

Invariant, held at every moment: decided = delivered + failed + deferred + suppressed. A notification that is settled
(delivered, failed or suppressed) stays so, whatever receipt comes later; a replayed receipt changes nothing.

Memory is bounded: of the settled the ids of the latest are known, of all others that they are older than a moment.
Whoever decides asks `is_beyond_memory` before a step of that age: it may have been told, so it is not told again.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import TypeVar

from schemas.alerts import AlertStep
from schemas.deliveries import DIGESTED, FOR_ATTENTION, DeliveryReceipt, Outcome
from schemas.events.managers import ContactKind
from schemas.ids import AlertId, ManagerId
from schemas.times import UtcDatetime


@dataclass(frozen=True, slots=True)
class Deferred:
    """A notification that was not delivered yet: its last receipt, since when it is being tried, and the step.

    What waits for its recipient's attention is tried from then on.
    """

    last: DeliveryReceipt
    since: UtcDatetime
    step: AlertStep | None


Reader = tuple[ManagerId, ContactKind]
_Key = TypeVar("_Key")


@dataclass(slots=True)
class _Generation:
    """What was settled and told in a stretch of time that ended, so far, at `until`. Ids are 16 bytes each."""

    settled: set[bytes] = field(default_factory=set)
    told: dict[AlertId, tuple[ManagerId, ...]] = field(default_factory=dict)
    until: UtcDatetime | None = None


class Ledger:
    """Remembers at least the latest half of `max_remembered` settled notifications, and never more than all of it."""

    def __init__(self, max_remembered: int = 500_000) -> None:
        self._half = max(1, max_remembered // 2)
        self._young = _Generation()
        self._old = _Generation()
        self._counts: Counter[Outcome] = Counter()
        self.decided = 0
        """How many notifications were decided: counted by themselves, so that they can be held against the outcomes."""
        self.forgotten_until: UtcDatetime | None = None
        """When the latest was settled of those that are forgotten; None while none is."""
        self.deferred: dict[str, Deferred] = {}
        self.digests: defaultdict[Reader, set[str]] = defaultdict(set)
        """Who waits for which of the deferred in a digest."""
        self.resting: defaultdict[Reader, set[str]] = defaultdict(set)
        """And which waits for their working hours."""
        self._by_alert: defaultdict[AlertId, set[str]] = defaultdict(set)

    def note(self, receipt: DeliveryReceipt) -> bool:
        """Take in a receipt. False when it changed nothing: the notification was settled already."""
        if self.is_settled(receipt.notification_id):
            return False
        self.decided += receipt.notification_id not in self.deferred
        if receipt.outcome is Outcome.DEFERRED:
            self._defer(receipt)
        else:
            self._drop(receipt.notification_id)
            self._settle(receipt)
        if receipt.recipient and receipt.outcome in (Outcome.DELIVERED, Outcome.DEFERRED):
            self._tell(receipt.alert_id, receipt.recipient)
        return True

    def is_settled(self, notification_id: str) -> bool:
        """Whether nothing remains to be done about it."""
        name = bytes.fromhex(notification_id)
        return name in self._young.settled or name in self._old.settled

    def is_decided(self, notification_id: str) -> bool:
        """Whether it was decided before, settled or not."""
        return self.is_settled(notification_id) or notification_id in self.deferred

    def is_beyond_memory(self, decided_at: UtcDatetime) -> bool:
        """Whether what became of a step of that age may be forgotten: a receipt is never older than its step."""
        return self.forgotten_until is not None and decided_at <= self.forgotten_until

    def waiting(self, alert: AlertId) -> Collection[Deferred]:
        """What of this episode is deferred."""
        return [self.deferred[name] for name in sorted(self._by_alert.get(alert, ()))]

    def told(self, alert: AlertId) -> frozenset[ManagerId]:
        """The managers who were told, or will be, of this episode, as far as is remembered."""
        return frozenset().union(*(it.told.get(alert, ()) for it in (self._young, self._old)))

    @property
    def remembered(self) -> int:
        """How many settled notifications are known by their ids."""
        return len(self._young.settled) + len(self._old.settled)

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many stand at each outcome now."""
        return {**{outcome: self._counts[outcome] for outcome in Outcome}, Outcome.DEFERRED: len(self.deferred)}

    def _tell(self, alert: AlertId, recipient: ManagerId) -> None:
        before = self._young.told.get(alert, ())
        if recipient not in before:
            self._young.told[alert] = (*before, ManagerId(intern(recipient)))

    def _settle(self, receipt: DeliveryReceipt) -> None:
        if len(self._young.settled) >= self._half:
            self._forget_the_older_half()
        young = self._young
        young.settled.add(bytes.fromhex(receipt.notification_id))
        young.until = max(young.until or receipt.at, receipt.at)
        self._counts[receipt.outcome] += 1

    def _forget_the_older_half(self) -> None:
        if self._old.until is not None:
            self.forgotten_until = max(self.forgotten_until or self._old.until, self._old.until)
        self._old, self._young = self._young, _Generation()

    def _defer(self, receipt: DeliveryReceipt) -> None:
        before = self.deferred.get(receipt.notification_id)
        if before is None or before.last.attempt <= receipt.attempt:
            self._drop(receipt.notification_id)
            self._keep(Deferred(receipt, _since(receipt, before), receipt.step or (before.step if before else None)))

    def _keep(self, deferred: Deferred) -> None:
        receipt = deferred.last
        self.deferred[receipt.notification_id] = deferred
        self._by_alert[receipt.alert_id].add(receipt.notification_id)
        if receipt.reason in FOR_ATTENTION and receipt.recipient and receipt.channel:
            waiting = self.digests if receipt.reason in DIGESTED else self.resting
            waiting[receipt.recipient, receipt.channel].add(receipt.notification_id)

    def _drop(self, notification_id: str) -> None:
        """Out of what is deferred, wherever it stands."""
        gone = self.deferred.pop(notification_id, None)
        if gone is None:
            return
        _take_out(self._by_alert, gone.last.alert_id, notification_id)
        if gone.last.recipient and gone.last.channel:
            for waiting in (self.digests, self.resting):
                _take_out(waiting, (gone.last.recipient, gone.last.channel), notification_id)


def _since(receipt: DeliveryReceipt, before: Deferred | None) -> UtcDatetime:
    if receipt.reason in FOR_ATTENTION and receipt.due_at:
        return receipt.due_at
    return before.since if before else receipt.at


def _take_out(sets: dict[_Key, set[str]], key: _Key, name: str) -> None:
    """Without leaving an empty set behind."""
    names = sets.get(key, set())
    names.discard(name)
    if not names:
        sets.pop(key, None)
