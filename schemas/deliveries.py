"""account.deliveries: what became of each notification. decided = delivered + failed + deferred + suppressed."""

from enum import StrEnum
from hashlib import blake2b
from typing import Annotated

from pydantic import Field

from schemas.envelope import Model
from schemas.events.managers import ContactKind
from schemas.ids import AccountIdField, AlertIdField, ManagerId, ManagerIdField
from schemas.times import UtcDatetime


class Outcome(StrEnum):
    """What became of it."""

    DELIVERED = "delivered"
    FAILED = "failed"
    DEFERRED = "deferred"
    SUPPRESSED = "suppressed"


class OutcomeReason(StrEnum):
    """Why it came so."""

    ACCEPTED = "accepted"
    HISTORIC = "historic"
    NO_OWNER = "no_owner"
    UNKNOWN_MANAGER = "unknown_manager"
    NO_CHANNEL = "no_channel"
    NOT_NOTIFIED_STEP = "not_notified_step"
    RECEIVER_AWAY = "receiver_away"
    RECEIVER_REFUSED = "receiver_refused"
    ALREADY_SENT = "already_sent"
    RECEIVER_GONE = "receiver_gone"
    PACED = "paced"
    CHANNEL_NOT_OFFERED = "channel_not_offered"
    UNUSABLE_ADDRESS = "unusable_address"
    NOT_WANTED = "not_wanted"


class DeliveryReceipt(Model):
    """The outcome of one attempt to tell one recipient of one step over one channel.

    `notification_id` is the same on every attempt. `caused_by_record_at` is carried over from the step, for latency.
    """

    notification_id: str
    alert_id: AlertIdField
    step_id: str
    account_id: AccountIdField
    recipient: ManagerIdField | None
    channel: ContactKind | None
    attempt: Annotated[int, Field(ge=1)]
    outcome: Outcome
    reason: OutcomeReason
    detail: str = ""
    at: UtcDatetime
    caused_by_record_at: UtcDatetime | None = None


def notification_id(step_id: str, recipient: ManagerId | None, channel: ContactKind | None) -> str:
    """The id of telling one recipient of one step over one channel, 32 hexadecimal digits.

    >>> notification_id("a:1", ManagerId("M-1"), ContactKind.EMAIL) == notification_id("a:1", ManagerId("M-1"), None)
    False
    """
    text = f"{step_id}\x00{recipient or ''}\x00{channel.value if channel else ''}"
    return blake2b(text.encode(), digest_size=16).hexdigest()
