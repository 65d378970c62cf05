"""account.deliveries: what became of each notification. decided = delivered + failed + deferred + suppressed."""

from enum import StrEnum
from hashlib import blake2b
from typing import Annotated

from pydantic import Field

from schemas.alerts import AlertKind, AlertStep
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
    ABSENT = "absent"
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
    QUIET_HOURS = "quiet_hours"
    OVER_BUDGET = "over_budget"
    IN_DIGEST = "in_digest"
    IN_INCIDENT = "in_incident"
    OVERTAKEN = "overtaken"


DIGESTED = frozenset({OutcomeReason.OVER_BUDGET, OutcomeReason.IN_DIGEST, OutcomeReason.IN_INCIDENT})
"""Deferred for these, a notification is told with others in one message and not by itself."""

FOR_ATTENTION = DIGESTED | {OutcomeReason.QUIET_HOURS}
"""Deferred for these, nothing has failed: the recipient is not to be interrupted now."""


class DeliveryReceipt(Model):
    """The outcome of one attempt to tell one recipient of one step over one channel.

    `notification_id` is the same on every attempt. `caused_by_record_at` is carried over from the step, for latency.
    Of a deferred one `due_at` is when it is tried next, and the first such receipt carries the `step`: whoever takes it
    up after a restart needs nothing else.
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
    kind: AlertKind | None = None
    due_at: UtcDatetime | None = None
    step: AlertStep | None = None


def digest_id(recipient: ManagerId, channel: ContactKind, due_at: UtcDatetime, of: AlertKind | None = None) -> str:
    """The id of a recipient's digest over one channel at one time, or of an incident `of` one kind; 32 hexadecimal
    digits.
    """
    text = f"digest\x00{recipient}\x00{channel.value}\x00{due_at.isoformat()}\x00{of.value if of else ''}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def notification_id(step_id: str, recipient: ManagerId | None, channel: ContactKind | None) -> str:
    """The id of telling one recipient of one step over one channel, 32 hexadecimal digits.

    >>> notification_id("a:1", ManagerId("M-1"), ContactKind.EMAIL) == notification_id("a:1", ManagerId("M-1"), None)
    False
    """
    text = f"{step_id}\x00{recipient or ''}\x00{channel.value if channel else ''}"
    return blake2b(text.encode(), digest_size=16).hexdigest()
