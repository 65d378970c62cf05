"""How many alerts each manager was told at once today: a fold of the receipts, kept for two days."""

from datetime import datetime, timedelta
from typing import Final

from consumers.delivery.attention.hours import local_day
from consumers.delivery.attention.recent import Recent
from consumers.delivery.attention.rules import UNINTERRUPTING
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason
from schemas.events.managers import ManagerProfileData
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

    def today(self, manager: ManagerId, profile: ManagerProfileData, now: datetime) -> frozenset[AlertId]:
        """The alerts the manager was told on the calendar day of `now` in their zone."""
        day = local_day(profile, now)
        return frozenset(alert for alert, at in self._told.of(manager).items() if local_day(profile, at) == day)
