"""account.deliveries, beside the receipts of alerts: what became of a roll-up, one for each reader and period.

A roll-up tells of no alert, so its receipt is no `DeliveryReceipt` and does not count among what was decided there.
"""

from hashlib import blake2b
from typing import Annotated

from pydantic import Field

from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason
from schemas.envelope import Model
from schemas.events.managers import ContactKind
from schemas.ids import ManagerId, ManagerIdField
from schemas.times import UtcDatetime


class RollUpReceipt(Model):
    """The end of telling one reader what happened below them in one period, which is named by when it was due.

    There is none while it could not be told yet: it is due until there is one or the next period begins.
    """

    notification_id: str
    recipient: ManagerIdField
    channel: ContactKind
    attempt: Annotated[int, Field(ge=1)] = 1
    outcome: Outcome
    reason: OutcomeReason
    detail: str = ""
    at: UtcDatetime
    period_due_at: UtcDatetime


Receipt = Annotated[DeliveryReceipt | RollUpReceipt, Field(union_mode="left_to_right")]
"""Whatever lies on account.deliveries."""


def roll_up_id(recipient: ManagerId, period_due_at: UtcDatetime) -> str:
    """The id of a reader's roll-up of a period, the same on every try; 32 hexadecimal digits."""
    return blake2b(f"roll-up\x00{recipient}\x00{period_due_at.isoformat()}".encode(), digest_size=16).hexdigest()
