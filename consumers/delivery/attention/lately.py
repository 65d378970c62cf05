"""How many alerts of a kind came for each manager within the last minutes: a fold of the receipts."""

from collections.abc import Collection
from datetime import datetime, timedelta

from consumers.delivery.attention.recent import Recent
from consumers.delivery.attention.rules import UNINTERRUPTING
from consumers.delivery.decisions import Notification
from schemas.alerts import AlertKind
from schemas.deliveries import FOR_ATTENTION, DeliveryReceipt, Outcome, OutcomeReason
from schemas.ids import AlertId, ManagerId


class Lately:
    """One alert counts once, over however many channels. What is older than `within` is forgotten."""

    def __init__(self, within: timedelta) -> None:
        self._within = within
        self._came = Recent[tuple[ManagerId, AlertKind]](within)

    def note(self, receipt: DeliveryReceipt) -> None:
        """Take in a receipt; one of no interruption changes nothing."""
        told = receipt.outcome is Outcome.DELIVERED and receipt.reason is OutcomeReason.ACCEPTED
        waits = receipt.outcome is Outcome.DEFERRED and receipt.reason in FOR_ATTENTION
        if (told or waits) and receipt.recipient and receipt.kind and receipt.channel not in UNINTERRUPTING:
            self._came.note((receipt.recipient, receipt.kind), receipt.alert_id, receipt.at)

    def alike(self, notification: Notification, now: datetime, soon: Collection[AlertId]) -> int:
        """How many alerts of its kind but its own came for its recipient until now, or come `soon`."""
        step = notification.step
        return self._came.others((notification.recipient, step.kind), step.alert_id, now - self._within, soon)
