"""How many alerts each manager was told at once today: a fold of the receipts, kept for two days."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from consumers.delivery.attention.hours import day_begins
from consumers.delivery.attention.recent import Recent
from consumers.delivery.attention.rules import UNINTERRUPTING
from consumers.delivery.decisions import Notification
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason
from schemas.ids import AlertId, ManagerId

_KEPT: Final = timedelta(hours=50)
"""Longer than any calendar day, anywhere."""


class Interruptions:
    """One alert counts once, over however many channels it was told; a digest counts nothing."""

    def __init__(self) -> None:
        self._told = Recent[ManagerId](_KEPT)

    def note(self, receipt: DeliveryReceipt) -> None:
        """Take in a receipt; one of the past or of no interruption changes nothing."""
        sent = receipt.outcome is Outcome.DELIVERED and receipt.reason is OutcomeReason.ACCEPTED
        if sent and receipt.recipient and receipt.channel not in UNINTERRUPTING:
            self._told.note(receipt.recipient, receipt.alert_id, receipt.at)

    def today(self, notification: Notification, now: datetime, soon: Collection[AlertId]) -> int:
        """How many alerts but its own its recipient was told on the calendar day of `now` in their zone, or will be
        `soon`.
        """
        recipient, began = notification.recipient, day_begins(notification.profile, now)
        return self._told.others(recipient, notification.step.alert_id, began, soon)
