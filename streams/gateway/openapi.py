"""The contract of the front door as OpenAPI 3.1, generated from the models, so that it cannot disagree with them."""

from typing import Any, Final

from pydantic import TypeAdapter

from schemas.catalogue import EVENT, MODELS
from schemas.codec import JSON, STRUCTURED
from schemas.limits import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES
from streams.gateway.modes import BATCH, NDJSON
from streams.gateway.results import EventResult, Problem, Receipt

VERSION: Final = "1"
_PROBLEM: Final = "application/problem+json"
_REF: Final = "#/components/schemas/{model}"

_MODELS: Final[dict[str, TypeAdapter[Any]]] = {
    "Event": EVENT,
    "EventResult": TypeAdapter(EventResult),
    "Receipt": TypeAdapter(Receipt),
    "Problem": TypeAdapter(Problem),
}

_DESCRIPTION: Final = f"""\
Takes CloudEvents 1.0 in structured, binary and batched mode, and NDJSON streams.

An event may have {MAX_EVENT_BYTES // 1024} KiB, a batch {MAX_BATCH_EVENTS} events or {MAX_BATCH_BYTES // 1024} KiB.
Every event gets a result. `accepted` is said only after Kafka acknowledged the event on all replicas in sync.
`(source, id)` identifies an event for ever: sending it again after a 429, a 503 or a broken connection is safe, it
counts once.
"""

_ANSWERS: Final = {
    "202": ("All events were accepted.", "Receipt"),
    "207": ("Some events were accepted and some refused: see the results. Send only mended ones again.", "Receipt"),
    "403": ("All events were refused, because the key does not speak for their source.", "Receipt"),
    "422": ("All events were refused (a receipt), or the body is no batch at all (a problem).", "Receipt"),
}
_PROBLEMS: Final = {
    "401": "No key, or not a valid one.",
    "408": "The body did not arrive in time.",
    "413": "The event or the batch is too large. Said before the body is parsed, if need be before it has arrived.",
    "415": "Not one of the four content types, not UTF-8, or compressed.",
    "429": "Too much for this key, for the gateway, or for the readers. `Retry-After` says when to come again.",
    "503": "Kafka is away or did not acknowledge in time. Nothing of the request is claimed to be accepted.",
}


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Account Pulse gateway", "version": VERSION, "description": _DESCRIPTION},
        "paths": {
            "/v1/events": {"post": _post_events()},
            "/healthz": {"get": _plain("The process is alive.")},
            "/readyz": {"get": _plain("The broker answers; 503 when it does not.")},
            "/metrics": {"get": _plain("Metrics for Prometheus.")},
        },
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "pulse_<id>_<secret>"}},
        },
        "security": [{"key": []}],
    }


def _schemas() -> dict[str, Any]:
    inputs = [(name, "validation" if name == "Event" else "serialization", it) for name, it in _MODELS.items()]
    roots, rest = TypeAdapter.json_schemas(inputs, ref_template=_REF)  # type: ignore[arg-type]  # literals in a list
    named = {name: schema for (name, _), schema in roots.items() if "$ref" not in schema}
    return {**named, **rest.get("$defs", {})}


def _post_events() -> dict[str, Any]:
    answers: dict[str, Any] = {
        status: {"description": text, "content": _json(JSON, model)} for status, (text, model) in _ANSWERS.items()
    }
    answers |= {
        status: {"description": text, "content": _json(_PROBLEM, "Problem")} for status, text in _PROBLEMS.items()
    }
    answers["422"]["content"] |= _json(_PROBLEM, "Problem")
    answers["413"]["content"] |= _json(JSON, "Receipt")
    answers["429"]["headers"] = answers["503"]["headers"] = {
        "Retry-After": {"description": "seconds", "schema": {"type": "integer", "minimum": 1}}
    }
    answers["200"] = {
        "description": "A stream: one result a line, while the request is still being sent. A line without a result was"
        " not accepted: send it again.",
        "content": {NDJSON: {"schema": {"$ref": _REF.format(model="EventResult")}}},
    }
    return {
        "operationId": "postEvents",
        "summary": "Send events",
        "description": _DESCRIPTION,
        "parameters": _binary_headers(),
        "requestBody": {"required": True, "content": _bodies()},
        "responses": dict(sorted(answers.items())),
    }


def _bodies() -> dict[str, Any]:
    event = {"$ref": _REF.format(model="Event")}
    return {
        STRUCTURED: {"schema": event},
        BATCH: {"schema": {"type": "array", "maxItems": MAX_BATCH_EVENTS, "items": event}},
        NDJSON: {"schema": event},
        JSON: {"schema": {"type": "object", "description": "binary mode: `data`, with the attributes in ce- headers"}},
    }


def _binary_headers() -> list[dict[str, Any]]:
    told = {
        "ce-specversion": {"const": "1.0"},
        "ce-id": {"type": "string"},
        "ce-source": {"type": "string"},
        "ce-type": {"enum": sorted(MODELS)},
        "ce-subject": {"type": "string"},
        "ce-time": {"type": "string", "format": "date-time"},
    }
    return [
        {"name": name, "in": "header", "required": False, "description": "binary mode only", "schema": schema}
        for name, schema in told.items()
    ]


def _json(content_type: str, model: str) -> dict[str, Any]:
    return {content_type: {"schema": {"$ref": _REF.format(model=model)}}}


def _plain(text: str) -> dict[str, Any]:
    return {"summary": text, "security": [], "responses": {"200": {"description": text}}}
