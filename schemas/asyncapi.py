"""The AsyncAPI 3 document: channels with their Kafka settings, messages, and who reads or writes what.

The payloads are references to the JSON Schema files that `schemas.publish` puts beside it.
"""

from typing import Any, Final

from schemas.catalogue import MODELS, TOPIC_OF_TYPE
from schemas.codec import JSON, STRUCTURED
from schemas.deadletters import PREFIX
from schemas.events.withdrawals import WITHDRAWN
from schemas.topics import (
    ALERTS,
    COMPLAINTS,
    DEAD_LETTERS,
    DEFAULT_PARTITIONS,
    DELIVERIES,
    HEALTH,
    INPUT_TOPICS,
    INTERACTIONS,
    OUTPUT_TOPICS,
    POLICIES,
    PURCHASES,
    SHADOW,
    Topic,
)

JsonObject = dict[str, Any]

_PAYLOAD_OF: Final = {
    HEALTH: ("health-snapshot",),
    ALERTS: ("alert-step",),
    DELIVERIES: ("delivery-receipt", "roll-up-receipt"),
    POLICIES: ("policy-release",),
    SHADOW: ("shadow-difference",),
}
_KAFKA_BINDING: Final = "0.5.0"


def document(version: str) -> JsonObject:
    """The AsyncAPI document of the product at `version`.

    >>> document("1.0.0")["channels"]["account.complaints"]["address"]
    'account.complaints'
    """
    topics = (*INPUT_TOPICS, *OUTPUT_TOPICS)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Account Pulse",
            "version": version,
            "description": "Facts about accounts go in, health and alerts come out. Producers use the murmur2 "
            "partitioner over the UTF-8 bytes of the key; every topic keyed by account has the same partition count.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": STRUCTURED,
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {_operation_id(topic): _operation(topic) for topic in topics},
        "components": {"messages": _messages()},
    }


def _channel(topic: Topic) -> JsonObject:
    config = {name: int(value) for name, value in topic.config().items() if name != "cleanup.policy"}
    return {
        "address": topic.name,
        "description": topic.meaning,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _names_on(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions(DEFAULT_PARTITIONS),
                "topicConfiguration": {"cleanup.policy": [topic.config()["cleanup.policy"]], **config},
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _operation_id(topic: Topic) -> str:
    verb = "receive" if topic in INPUT_TOPICS else "send"
    return f"{verb}-{topic.name.removeprefix('account.')}"


def _operation(topic: Topic) -> JsonObject:
    return {
        "action": "receive" if topic in INPUT_TOPICS else "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": topic.meaning,
    }


def _names_on(topic: Topic) -> list[str]:
    if topic in OUTPUT_TOPICS:
        return list(_PAYLOAD_OF.get(topic, ("dead-letter",)))
    own = [event_type for event_type, home in TOPIC_OF_TYPE.items() if home == topic]
    return [*own, WITHDRAWN] if topic in (INTERACTIONS, PURCHASES, COMPLAINTS) else own


def _messages() -> JsonObject:
    events = {event_type: _event(event_type) for event_type in sorted(MODELS)}
    outputs = {name: _output(topic, name) for topic, names in _PAYLOAD_OF.items() for name in names}
    return {**events, **outputs, "dead-letter": _dead_letter()}


def _event(event_type: str) -> JsonObject:
    return {
        "name": event_type,
        "contentType": STRUCTURED,
        "summary": _first_line(MODELS[event_type].__doc__),
        "payload": {"$ref": f"events/{event_type}.json"},
        "bindings": _keyed_by("the subject of the event"),
    }


def _output(topic: Topic, name: str) -> JsonObject:
    return {
        "name": name,
        "contentType": JSON,
        "summary": topic.meaning,
        "payload": {"$ref": f"outputs/{name}.json"},
        "bindings": _keyed_by(topic.key),
    }


def _dead_letter() -> JsonObject:
    ours = ("topic", "partition", "offset", "reason", "detail", "refused_by", "refused_at")
    return {
        "name": "dead-letter",
        "summary": DEAD_LETTERS.meaning,
        "description": "Key, value and headers are the refused record's own; ours are added to the headers.",
        "headers": {
            "type": "object",
            "properties": {f"{PREFIX}{name}": {"type": "string"} for name in ours},
            "required": [f"{PREFIX}{name}" for name in ours],
        },
        "bindings": _keyed_by(DEAD_LETTERS.key),
    }


def _keyed_by(meaning: str) -> JsonObject:
    key = {"type": "string", "description": meaning}
    return {"kafka": {"key": key, "bindingVersion": _KAFKA_BINDING}}


def _first_line(doc: str | None) -> str:
    return (doc or "").partition("\n")[0]
