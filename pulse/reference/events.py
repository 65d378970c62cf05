"""docs/events.md: the topics and every event type with what it carries."""

from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

from pulse.reference.markdown import Row, prose, table
from pulse.reference.types import words
from schemas.catalogue import MODELS, TOPIC_OF_TYPE
from schemas.envelope import Envelope
from schemas.topics import ALL_TOPICS, DEFAULT_PARTITIONS, Topic

_HEAD: Final = """# Events and topics

Every event is a CloudEvent 1.0 in JSON. `(source, id)` identifies it for ever, `subject` is the account (for
`manager.profile_set` the manager) and the Kafka key. Unknown extension attributes are kept, unknown fields of `data`
are refused. Times are written out with a zone (`2026-03-01T12:00:00Z`), amounts best as strings (`"149.90"`). A field
with a question mark may be left out. The same as JSON Schema and AsyncAPI: [schemas/](schemas/).

Written from the code by `python -m pulse.reference docs`.
"""


def events_page() -> str:
    """The page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    yield "## Topics\n"
    yield from table(("topic", "key", "partitions", "kept", "holds"), map(_topic_row, ALL_TOPICS))
    yield "## The envelope\n"
    yield from table(("attribute", "type"), _field_rows(Envelope))
    for event_type in MODELS:
        yield from _event(event_type)


def _event(event_type: str) -> Iterator[str]:
    model, topic = MODELS[event_type], TOPIC_OF_TYPE.get(event_type)
    home = f"`{topic.name}`" if topic else "that of the fact it withdraws"
    yield f"## {event_type}\n"
    yield f"{prose(model)} Topic: {home}.\n"
    data = model.model_fields["data"].annotation
    if isinstance(data, type) and issubclass(data, BaseModel):
        yield f"{prose(data)}\n"
        yield from table(("field of data", "type"), _field_rows(data))


def _topic_row(topic: Topic) -> Row:
    kept = "the latest of each key" if topic.compacted else "for ever"
    if topic.retention is not None:
        kept = f"{topic.retention.days} days"
    return f"`{topic.name}`", topic.key, str(topic.partitions(DEFAULT_PARTITIONS)), kept, topic.meaning


def _field_rows(model: type[BaseModel]) -> Iterator[Row]:
    for name, field in model.model_fields.items():
        yield f"`{name}`{'' if field.is_required() else '?'}", words(field)
