"""fact.withdrawn: a fact that should not have been told. It travels on the topic of the fact it withdraws."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Envelope, Model, Text
from schemas.events.complaints import ComplaintEvent
from schemas.events.interactions import InteractionEvent
from schemas.events.purchases import PurchaseEvent

Withdrawable = Annotated[InteractionEvent | PurchaseEvent | ComplaintEvent, Field(discriminator="type")]


class FactWithdrawnData(Model):
    """The whole original event, so that its points can leave as of its own time, and why it is withdrawn."""

    original: Withdrawable
    reason: Text


class FactWithdrawn(Envelope):
    """A fact was taken back."""

    type: Literal["fact.withdrawn.v1"] = "fact.withdrawn.v1"
    data: FactWithdrawnData
