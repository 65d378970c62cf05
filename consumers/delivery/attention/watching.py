"""What is known of the recipients' attention, and what that means for a notification of now."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from consumers.delivery.attention.interruptions import Interruptions
from consumers.delivery.attention.lately import Lately
from consumers.delivery.attention.portfolios import Portfolios
from consumers.delivery.attention.rules import UNINTERRUPTING, Later, Situation, when
from consumers.delivery.decisions import Notification
from consumers.delivery.settings import AttentionSettings
from schemas.deliveries import DeliveryReceipt
from schemas.ids import ManagerId


@dataclass(frozen=True, slots=True)
class Attention:
    """Filled by what is folded: receipts and profiles."""

    settings: AttentionSettings
    clock: Callable[[], datetime]
    portfolios: Portfolios
    interruptions: Interruptions
    lately: Lately

    def later(
        self, notification: Notification, in_hand: Collection[Notification] = (), resting: int = 0
    ) -> Later | None:
        """When it should be told instead of now; None for now. What is `in_hand` counts as told, `resting` wait for the
        recipient's working hours.
        """
        now, recipient, kind = self.clock(), notification.recipient, notification.step.kind
        soon = {one.step.alert_id: one.step.kind for one in in_hand if interrupts(one, recipient)}
        told = self.interruptions.today(notification, now, soon)
        alike = self.lately.alike(notification, now, [alert for alert, its in soon.items() if its is kind])
        situation = Situation(now, self.portfolios.accounts(recipient), told, alike, resting)
        return when(notification, situation, self.settings)

    def note(self, receipt: DeliveryReceipt) -> None:
        """Take in what was told."""
        self.interruptions.note(receipt)
        self.lately.note(receipt)


def attention(settings: AttentionSettings, clock: Callable[[], datetime]) -> Attention:
    """One of which nothing is known yet."""
    return Attention(
        settings, clock, Portfolios(), Interruptions(), Lately(timedelta(seconds=settings.incident_within_s))
    )


def interrupts(one: Notification, recipient: ManagerId) -> bool:
    """Whether it takes this recipient's attention."""
    return one.recipient == recipient and one.channel not in UNINTERRUPTING
