"""What is known of the recipients' attention, and what that means for a notification of now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from consumers.delivery.attention.interruptions import Interruptions
from consumers.delivery.attention.portfolios import Portfolios
from consumers.delivery.attention.rules import Later, Situation, when
from consumers.delivery.decisions import Notification
from consumers.delivery.settings import AttentionSettings
from schemas.deliveries import DeliveryReceipt


@dataclass(frozen=True, slots=True)
class Attention:
    """Filled by what is folded: receipts and profiles."""

    settings: AttentionSettings
    clock: Callable[[], datetime]
    portfolios: Portfolios
    interruptions: Interruptions

    def later(self, notification: Notification) -> Later | None:
        """When it should be told instead of now; None for now."""
        now, recipient = self.clock(), notification.recipient
        situation = Situation(
            now,
            self.portfolios.accounts(recipient),
            self.interruptions.today(recipient, notification.profile, now),
        )
        return when(notification, situation, self.settings)

    def note(self, receipt: DeliveryReceipt) -> None:
        """Take in what was told."""
        self.interruptions.note(receipt)


def attention(settings: AttentionSettings, clock: Callable[[], datetime]) -> Attention:
    """One of which nothing is known yet."""
    return Attention(settings, clock, Portfolios(), Interruptions())
