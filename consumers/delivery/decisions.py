"""What is decided about one step: to notify somebody over a channel, or not to, and why. Values, no behaviour."""

from dataclasses import dataclass

from schemas.alerts import AlertKind, AlertStep
from schemas.deliveries import OutcomeReason, digest_id, notification_id
from schemas.events.managers import ContactKind, ManagerProfileData
from schemas.ids import ManagerId
from schemas.times import UtcDatetime


@dataclass(frozen=True, slots=True)
class Notification:
    """One recipient is told of one step over one channel. `address` is the channel's own (a mail address).

    A `test` tries out a channel: it says so, and what it tells has not happened.
    """

    step: AlertStep
    recipient: ManagerId
    profile: ManagerProfileData
    channel: ContactKind
    address: str = ""
    test: bool = False

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


@dataclass(frozen=True, slots=True)
class Digest:
    """What one recipient is told over one channel in one message, the weightiest first; due at `due_at`.

    Of an incident all members are of the kind `of`.
    """

    due_at: UtcDatetime
    members: tuple[Notification, ...]
    of: AlertKind | None = None

    @property
    def first(self) -> Notification:
        """One of them: recipient, channel and address are those of all."""
        return self.members[0]

    @property
    def id(self) -> str:
        """The same on every attempt."""
        return digest_id(self.first.recipient, self.first.channel, self.due_at, self.of)
