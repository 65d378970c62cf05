"""The catalogue: which event types exist, which model reads each, and on which topic it travels."""

from typing import Annotated, Final, get_args

from pydantic import Field, TypeAdapter

from schemas import topics
from schemas.events.actions import ActionEvent
from schemas.events.complaints import ComplaintEvent
from schemas.events.interactions import InteractionEvent
from schemas.events.managers import ManagerEvent
from schemas.events.profiles import ProfileEvent
from schemas.events.purchases import PurchaseEvent
from schemas.events.withdrawals import FactWithdrawn
from schemas.topics import Topic

AnyEvent = InteractionEvent | PurchaseEvent | ComplaintEvent | ActionEvent | ProfileEvent | ManagerEvent | FactWithdrawn
Event = Annotated[AnyEvent, Field(discriminator="type")]

EVENT: Final[TypeAdapter[AnyEvent]] = TypeAdapter(Event)
EVENTS: Final[TypeAdapter[list[AnyEvent]]] = TypeAdapter(list[Event])
"""Reads a JSON array of events in one call: the gateway's fast path. Records from Kafka: `schemas.records`."""


def _members(union: object) -> tuple[type[AnyEvent], ...]:
    return get_args(union) or (union,)


def type_of(model: type[AnyEvent]) -> str:
    """The event type a model reads, such as `complaint.opened.v1`."""
    return str(model.model_fields["type"].default)


MODELS: Final[dict[str, type[AnyEvent]]] = {type_of(model): model for model in _members(AnyEvent)}

_TOPIC_OF_FAMILY: Final = {
    topics.INTERACTIONS: InteractionEvent,
    topics.PURCHASES: PurchaseEvent,
    topics.COMPLAINTS: ComplaintEvent,
    topics.ACTIONS: ActionEvent,
    topics.PROFILES: ProfileEvent,
    topics.MANAGERS: ManagerEvent,
}
TOPIC_OF_TYPE: Final[dict[str, Topic]] = {
    type_of(model): topic for topic, family in _TOPIC_OF_FAMILY.items() for model in _members(family)
}


def topic_of(event: AnyEvent) -> Topic:
    """The topic an event travels on; a withdrawal goes where the withdrawn fact went."""
    if isinstance(event, FactWithdrawn):
        return TOPIC_OF_TYPE[event.data.original.type]
    return TOPIC_OF_TYPE[event.type]
