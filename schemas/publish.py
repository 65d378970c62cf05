"""The catalogue for others: a JSON Schema of every event and output, and one AsyncAPI document over them.

Generated from the models and the topics alone, so it cannot say anything else than the code does. Nothing is written
here: whoever calls gets relative paths and texts.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from schemas.alerts import AlertStep
from schemas.asyncapi import document
from schemas.catalogue import MODELS
from schemas.deliveries import DeliveryReceipt
from schemas.health import HealthSnapshot
from schemas.policies import PolicyRelease
from schemas.rollups import RollUpReceipt
from schemas.shadow import ShadowDifference

OUTPUTS: Final[Mapping[str, type[BaseModel]]] = {
    "health-snapshot": HealthSnapshot,
    "alert-step": AlertStep,
    "delivery-receipt": DeliveryReceipt,
    "roll-up-receipt": RollUpReceipt,
    "policy-release": PolicyRelease,
    "shadow-difference": ShadowDifference,
}


class _Plain(GenerateJsonSchema):
    """Without titles that repeat the field's name."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def event_schema(event_type: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one event type in structured mode.

    >>> event_schema("complaint.opened.v1")["properties"]["type"]
    {'const': 'complaint.opened.v1', 'type': 'string'}
    """
    schema = _schema(MODELS[event_type], "validation", f"urn:account-pulse:event:{event_type}")
    schema["properties"]["type"].pop("default")
    return schema | {"required": ["type", *schema["required"]]}


def output_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one kind of record that we write: a key of `OUTPUTS`."""
    return _schema(OUTPUTS[name], "serialization", f"urn:account-pulse:output:{name}")


def files(version: str) -> dict[str, str]:
    """Everything published, as relative path to text; `version` is that of the product."""
    documents = {f"events/{event_type}.json": event_schema(event_type) for event_type in sorted(MODELS)}
    documents |= {f"outputs/{name}.json": output_schema(name) for name in OUTPUTS}
    documents |= {"asyncapi.json": document(version)}
    return {path: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for path, content in documents.items()}


def _schema(model: type[BaseModel], mode: JsonSchemaMode, identifier: str) -> dict[str, Any]:
    generated = TypeAdapter(model).json_schema(mode=mode, schema_generator=_Plain)
    return {"$schema": _Plain.schema_dialect, "$id": identifier, **generated}
