"""What is known of the recipients' attention, and what that means for a notification of now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from consumers.delivery.attention.interruptions import Interruptions
from consumers.delivery.attention.lately import Lately
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
    lately: Lately

    def later(self, notification: Notification, resting: int = 0) -> Later | None:
        """When it should be told instead of now; None for now. `resting` wait for the recipient's working hours."""
        now, recipient = self.clock(), notification.recipient
        situation = Situation(
            now,
            self.portfolios.accounts(recipient),
            self.interruptions.today(recipient, notification.profile, now),
            self.lately.alike(recipient, notification.step.kind, notification.step.alert_id, now),
            resting,
        )
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
