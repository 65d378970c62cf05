"""fact.withdrawn: a fact that should not have been told. It travels on the topic of the fact it withdraws."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.envelope import Data, Envelope, Text
from schemas.events.actions import OverrideEvent
from schemas.events.complaints import ComplaintEvent
from schemas.events.interactions import InteractionEvent
from schemas.events.purchases import PurchaseEvent

WITHDRAWN: Final = "fact.withdrawn.v1"

Withdrawable = Annotated[InteractionEvent | PurchaseEvent | ComplaintEvent | OverrideEvent, Field(discriminator="type")]


class FactWithdrawnData(Data):
    """The whole original event, so that its points can leave as of its own time, and why it is withdrawn."""

    original: Withdrawable
    reason: Text


class FactWithdrawn(Envelope):
    """A fact was taken back."""

    type: Literal["fact.withdrawn.v1"] = "fact.withdrawn.v1"
    data: FactWithdrawnData

    @model_validator(mode="after")
    def _same_account(self) -> Self:
        if self.subject != self.data.original.subject:
            raise PydanticCustomError("subject", "a fact is withdrawn under the subject it was told of")
        return self
