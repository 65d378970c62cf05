"""What is known about every notification: a fold of account.deliveries, kept up while we deliver. Pure.

Invariant, held at every moment: decided = delivered + failed + deferred + suppressed. A notification that is settled
(delivered, failed or suppressed) stays so, whatever receipt comes later; a replayed receipt changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.deliveries import DeliveryReceipt, Outcome
from schemas.ids import AlertId, ManagerId
from schemas.times import UtcDatetime


@dataclass(frozen=True, slots=True)
class Deferred:
    """A notification that was not delivered yet: the receipt of its last attempt, and when the first was."""

    last: DeliveryReceipt
    since: UtcDatetime


class Ledger:
    """Ids are kept as 16 bytes each, since they are never forgotten."""

    def __init__(self) -> None:
        self._settled: set[bytes] = set()
        self._counts: Counter[Outcome] = Counter()
        self._told: defaultdict[AlertId, set[ManagerId]] = defaultdict(set)
        self.deferred: dict[str, Deferred] = {}

    def note(self, receipt: DeliveryReceipt) -> bool:
        """Take in a receipt. False when it changed nothing: the notification was settled already."""
        if self.is_settled(receipt.notification_id):
            return False
        if receipt.outcome is Outcome.DEFERRED:
            self._defer(receipt)
        else:
            self.deferred.pop(receipt.notification_id, None)
            self._settled.add(bytes.fromhex(receipt.notification_id))
            self._counts[receipt.outcome] += 1
        if receipt.recipient and receipt.outcome in (Outcome.DELIVERED, Outcome.DEFERRED):
            self._told[receipt.alert_id].add(receipt.recipient)
        return True

    def is_settled(self, notification_id: str) -> bool:
        """Whether nothing remains to be done about it."""
        return bytes.fromhex(notification_id) in self._settled

    def is_decided(self, notification_id: str) -> bool:
        """Whether it was decided before, settled or not."""
        return self.is_settled(notification_id) or notification_id in self.deferred

    def told(self, alert: AlertId) -> frozenset[ManagerId]:
        """The managers who were told, or will be, of this episode."""
        return frozenset(self._told.get(alert, ()))

    @property
    def decided(self) -> int:
        """How many notifications were decided."""
        return len(self._settled) + len(self.deferred)

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many stand at each outcome now."""
        return {**{outcome: self._counts[outcome] for outcome in Outcome}, Outcome.DEFERRED: len(self.deferred)}

    def _defer(self, receipt: DeliveryReceipt) -> None:
        before = self.deferred.get(receipt.notification_id)
        if before is None or before.last.attempt <= receipt.attempt:
            self.deferred[receipt.notification_id] = Deferred(receipt, before.since if before else receipt.at)
