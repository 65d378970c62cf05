"""What is decided about one step: to notify somebody over a channel, or not to, and why. Values, no behaviour."""

from dataclasses import dataclass

from schemas.alerts import AlertStep
from schemas.deliveries import OutcomeReason, notification_id
from schemas.events.managers import ContactKind, ManagerProfileData
from schemas.ids import ManagerId


@dataclass(frozen=True, slots=True)
class Notification:
    """One recipient is told of one step over one channel. `address` is the channel's own (a mail address)."""

    step: AlertStep
    recipient: ManagerId
    profile: ManagerProfileData
    channel: ContactKind
    address: str = ""

    @property
    def id(self) -> str:
        """The same on every attempt and after every replay."""
        return notification_id(self.step.step_id, self.recipient, self.channel)


@dataclass(frozen=True, slots=True)
class Suppression:
    """Nobody is told, or one recipient is not told over one channel; `reason` is from the closed list."""

    step: AlertStep
    reason: OutcomeReason
    recipient: ManagerId | None = None
    channel: ContactKind | None = None
    detail: str = ""

    @property
    def id(self) -> str:
        """The id the notification would have had."""
        return notification_id(self.step.step_id, self.recipient, self.channel)


Decision = Notification | Suppression
