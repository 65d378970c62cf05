"""account.complaints: one complaint from opening to its end."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Data, Envelope, Text
from schemas.ids import ComplaintIdField, OrderIdField
from schemas.times import UtcDatetime


class Category(StrEnum):
    """What the complaint is about."""

    BILLING = "billing"
    DELIVERY = "delivery"
    PRODUCT = "product"
    SERVICE = "service"
    TECHNICAL = "technical"


class ComplaintOpenedData(Data):
    """`severity` 1 (minor) to 4 (business stopped); `answer_due_at` by when an answer is owed, else by the policy."""

    complaint_id: ComplaintIdField
    category: Category
    severity: Annotated[int, Field(ge=1, le=4)]
    answer_due_at: UtcDatetime | None = None
    order_id: OrderIdField | None = None
    summary: Text | None = None


class ComplaintOpened(Envelope):
    """The client complained."""

    type: Literal["complaint.opened.v1"] = "complaint.opened.v1"
    data: ComplaintOpenedData


class ComplaintData(Data):
    """Which complaint, and a word on it."""

    complaint_id: ComplaintIdField
    note: Text | None = None


class ComplaintAnswered(Envelope):
    """The client got a first answer."""

    type: Literal["complaint.answered.v1"] = "complaint.answered.v1"
    data: ComplaintData


class ComplaintEscalated(Envelope):
    """The client, or we, took the complaint a level up."""

    type: Literal["complaint.escalated.v1"] = "complaint.escalated.v1"
    data: ComplaintData


class ComplaintResolved(Envelope):
    """The complaint was settled."""

    type: Literal["complaint.resolved.v1"] = "complaint.resolved.v1"
    data: ComplaintData


class ComplaintReopened(Envelope):
    """A settled complaint came back."""

    type: Literal["complaint.reopened.v1"] = "complaint.reopened.v1"
    data: ComplaintData


class ComplaintWithdrawn(Envelope):
    """The client took the complaint back."""

    type: Literal["complaint.withdrawn.v1"] = "complaint.withdrawn.v1"
    data: ComplaintData


ComplaintEvent = (
    ComplaintOpened
    | ComplaintAnswered
    | ComplaintEscalated
    | ComplaintResolved
    | ComplaintReopened
    | ComplaintWithdrawn
)
