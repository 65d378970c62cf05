"""account.actions: what people decided about alerts and scores."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.envelope import Data, Envelope, Text
from schemas.ids import AlertIdField, ManagerIdField
from schemas.times import UtcDatetime


class AlertActionData(Data):
    """Which alert, who acted, and a comment where there is one."""

    alert_id: AlertIdField
    actor: ManagerIdField
    comment: Text | None = None


class AlertAcknowledged(Envelope):
    """Somebody took the alert."""

    type: Literal["alert.acknowledged.v1"] = "alert.acknowledged.v1"
    data: AlertActionData


class AlertSnoozedData(AlertActionData):
    """`until`: when it comes back."""

    until: UtcDatetime


class AlertSnoozed(Envelope):
    """Somebody put the alert off."""

    type: Literal["alert.snoozed.v1"] = "alert.snoozed.v1"
    data: AlertSnoozedData


class AlertResolved(Envelope):
    """Somebody declared the matter settled."""

    type: Literal["alert.resolved.v1"] = "alert.resolved.v1"
    data: AlertActionData


class AlertReassignedData(AlertActionData):
    """`to`: who has it now."""

    to: ManagerIdField


class AlertReassigned(Envelope):
    """Somebody handed the alert on."""

    type: Literal["alert.reassigned.v1"] = "alert.reassigned.v1"
    data: AlertReassignedData


class AlertCommentedData(AlertActionData):
    """A comment on the alert: here the text is the point."""

    comment: Text


class AlertCommented(Envelope):
    """Somebody wrote a comment."""

    type: Literal["alert.commented.v1"] = "alert.commented.v1"
    data: AlertCommentedData


class AlertRatedData(AlertActionData):
    """Whether the alert was worth its interruption."""

    useful: bool


class AlertRated(Envelope):
    """Somebody said whether the alert was useful."""

    type: Literal["alert.rated.v1"] = "alert.rated.v1"
    data: AlertRatedData


class OverrideSetData(Data):
    """A person's judgement in place of the score, [0, 100], until `expires_at`."""

    author: ManagerIdField
    reason: Text
    value: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
    expires_at: UtcDatetime


class OverrideSet(Envelope):
    """Somebody overrode the score, from the event's time until `expires_at`."""

    type: Literal["health.override_set.v1"] = "health.override_set.v1"
    data: OverrideSetData

    @model_validator(mode="after")
    def _expires_after_it_was_set(self) -> Self:
        if self.data.expires_at <= self.time:
            raise PydanticCustomError(
                "expiry", "an override expires after it was set: expires_at must be later than time"
            )
        return self


class OverrideLiftedData(Data):
    """Who lifted the override, and why."""

    author: ManagerIdField
    reason: Text


class OverrideLifted(Envelope):
    """Somebody lifted the override: whatever was set at or before this event's time."""

    type: Literal["health.override_lifted.v1"] = "health.override_lifted.v1"
    data: OverrideLiftedData


OverrideEvent = OverrideSet | OverrideLifted
ActionEvent = (
    AlertAcknowledged | AlertSnoozed | AlertResolved | AlertReassigned | AlertCommented | AlertRated | OverrideEvent
)
