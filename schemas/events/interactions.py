"""account.interactions: contact with the client, what they said of us, and how much they use."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.envelope import Data, Envelope, Name, Text
from schemas.ids import HandOffIdField
from schemas.times import UtcDatetime


class Channel(StrEnum):
    """How the contact took place."""

    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    CHAT = "chat"
    VISIT = "visit"
    PORTAL = "portal"


class Direction(StrEnum):
    """Who reached out, seen from us."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Instrument(StrEnum):
    """The survey asked: net promoter, satisfaction, or effort."""

    NPS = "nps"
    CSAT = "csat"
    CES = "ces"


class LoggedData(Data):
    """`sentiment` in [-1, 1]; `duration_s` in seconds; `callback_due_at` when a call back was promised."""

    channel: Channel
    direction: Direction
    sentiment: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None = None
    duration_s: Annotated[int, Field(ge=0, le=86_400)] | None = None
    callback_due_at: UtcDatetime | None = None
    summary: Text | None = None


class InteractionLogged(Envelope):
    """A contact took place."""

    type: Literal["interaction.logged.v1"] = "interaction.logged.v1"
    data: LoggedData


class SurveyData(Data):
    """`answer` on the scale [`scale_min`, `scale_max`] that was shown, higher is better."""

    instrument: Instrument
    answer: Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
    scale_min: Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)] = 0
    scale_max: Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
    comment: Text | None = None

    @model_validator(mode="after")
    def _answer_on_scale(self) -> Self:
        if not self.scale_min < self.scale_max:
            raise PydanticCustomError("scale", "scale_min must be below scale_max")
        if not self.scale_min <= self.answer <= self.scale_max:
            raise PydanticCustomError("scale", "the answer lies outside its scale")
        return self


class SurveyAnswered(Envelope):
    """The client answered a survey."""

    type: Literal["interaction.survey_answered.v1"] = "interaction.survey_answered.v1"
    data: SurveyData


class UsageData(Data):
    """`quantity` of use of `feature` within the last `period_s` seconds."""

    feature: Name
    quantity: Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
    period_s: Annotated[int, Field(gt=0, le=366 * 86_400)]


class UsageReported(Envelope):
    """A product reported how much the client used it."""

    type: Literal["interaction.usage_reported.v1"] = "interaction.usage_reported.v1"
    data: UsageData


class HandedOffData(Data):
    """The client was handed to another team, which owes a reaction by `due_at`."""

    hand_off_id: HandOffIdField
    to_team: Name
    due_at: UtcDatetime


class HandedOff(Envelope):
    """A hand-off began."""

    type: Literal["interaction.handed_off.v1"] = "interaction.handed_off.v1"
    data: HandedOffData


class HandOffClosedData(Data):
    """Which hand-off ended."""

    hand_off_id: HandOffIdField


class HandOffClosed(Envelope):
    """A hand-off ended."""

    type: Literal["interaction.hand_off_closed.v1"] = "interaction.hand_off_closed.v1"
    data: HandOffClosedData


InteractionEvent = InteractionLogged | SurveyAnswered | UsageReported | HandedOff | HandOffClosed
