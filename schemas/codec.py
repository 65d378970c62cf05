"""CloudEvents on Kafka and HTTP, structured and binary mode, to models and back.

Decoding never guesses: whatever is wrong becomes a `BadEvent` with a reason from the closed enum and a detail that
names the field, never the payload.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from schemas.catalogue import EVENT, MODELS, AnyEvent
from schemas.errors import BadEvent, Reason
from schemas.events.withdrawals import FactWithdrawn
from schemas.limits import MAX_CLOCK_SKEW, MAX_EVENT_BYTES
from schemas.money import MONEY_ERROR
from schemas.upcast import upcast

Headers = Iterable[tuple[str, bytes | None]]
"""Kafka's record headers; Kafka allows a header without a value."""

STRUCTURED: Final = "application/cloudevents+json"
JSON: Final = "application/json"
STRUCTURED_HEADERS: Final = [("content-type", STRUCTURED.encode())]


def decode(value: bytes | None, headers: Headers, now: datetime) -> AnyEvent:
    """The event in one Kafka record.

    `now` is the reader's clock: an event further ahead than `MAX_CLOCK_SKEW` is refused.

    Raises:
        BadEvent: the record is not an event that we accept.
    """
    by_name = {name.lower(): raw for name, raw in headers if raw is not None}
    return from_object(_to_object(_checked(value), by_name), now)


def from_object(event: dict[str, Any], now: datetime) -> AnyEvent:
    """The event in a JSON object (a CloudEvent in structured form).

    Raises:
        BadEvent: the object is not an event that we accept.
    """
    if not isinstance(event.get("type"), str):
        raise BadEvent(Reason.NOT_CLOUDEVENT, "type: the event type is missing")
    event = upcast(event)
    if event["type"] not in MODELS:
        raise BadEvent(Reason.UNKNOWN_TYPE, f"type: {event['type'][:80]!r} is not in the catalogue")
    if event.get("subject") in (None, ""):
        raise BadEvent(Reason.NO_SUBJECT, "subject: the account id is missing")
    parsed = _to_event(event)
    check_time(parsed, now)
    return parsed


def _to_event(event: dict[str, Any]) -> AnyEvent:
    # Through JSON, because strict models read a time or an amount from JSON's text but not from Python's.
    try:
        return EVENT.validate_json(to_json(event))
    except ValidationError as error:
        raise to_bad_event(error) from None


def check_time(event: AnyEvent, now: datetime) -> None:
    """Refuse an event from the future of the reader's clock, and the withdrawal of one.

    Raises:
        BadEvent: with reason `future_time`.
    """
    latest = max(event.time, event.data.original.time) if isinstance(event, FactWithdrawn) else event.time
    if latest > now + MAX_CLOCK_SKEW:
        raise BadEvent(Reason.FUTURE_TIME, f"time: more than {MAX_CLOCK_SKEW} ahead of the clock")


def to_bad_event(error: ValidationError) -> BadEvent:
    """Pydantic's findings as one reason and a detail with every path at fault (values left out)."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    told = (f"{_path(item)}: {item['msg']}".removeprefix(": ") for item in found[:10])  # a whole event has no path
    return BadEvent(_reason(found[0]), "; ".join(told))


def to_structured(event: AnyEvent) -> bytes:
    """The event as one JSON object, extension attributes included. Read back by `decode` to an equal event."""
    return to_json(event.model_dump(mode="json", exclude_none=True))


def to_binary(event: AnyEvent) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The event's data as value and its attributes as `ce_` headers."""
    attributes = event.model_dump(mode="json", exclude={"data", "datacontenttype"}, exclude_none=True)
    headers = [("content-type", JSON.encode())]
    headers += [(f"ce_{name}", _to_text(value).encode()) for name, value in attributes.items()]
    return to_json(event.data.model_dump(mode="json", exclude_none=True)), headers


def _to_text(value: object) -> str:
    return value if isinstance(value, str) else to_json(value).decode()


def _checked(value: bytes | None) -> bytes:
    if value is None:
        raise BadEvent(Reason.NO_VALUE, "the record has no value")
    if len(value) > MAX_EVENT_BYTES:
        raise BadEvent(Reason.TOO_LARGE, f"{len(value)} bytes, the limit is {MAX_EVENT_BYTES}")
    return value


def _to_object(value: bytes, headers: Mapping[str, bytes]) -> dict[str, Any]:
    content_type = headers.get("content-type", b"").decode("latin-1").lower()
    parsed = parse_json(value)
    if content_type.startswith("application/cloudevents") or "ce_type" not in headers:
        return _expect_object(parsed)
    try:
        attributes = {name[3:]: raw.decode() for name, raw in headers.items() if name.startswith("ce_")}
    except UnicodeDecodeError:
        raise BadEvent(Reason.NOT_UTF8, "a ce_ header is not UTF-8") from None
    return {**attributes, "datacontenttype": JSON, "data": parsed}


def parse_json(value: bytes) -> Any:
    """The JSON value in `value`.

    Raises:
        BadEvent: with reason `not_utf8` or `not_json`.
    """
    try:
        value.decode()
    except UnicodeDecodeError as error:
        raise BadEvent(Reason.NOT_UTF8, f"byte {error.start} is not UTF-8") from None
    try:
        return from_json(value, allow_inf_nan=False)
    except ValueError as error:
        raise BadEvent(Reason.NOT_JSON, str(error)) from None


def _expect_object(parsed: object) -> dict[str, Any]:
    if not isinstance(parsed, dict):
        raise BadEvent(Reason.NOT_CLOUDEVENT, "expected a JSON object with the attributes of a CloudEvent")
    return parsed


def _path(item: ErrorDetails) -> str:
    return ".".join(str(step)[:80] for step in item["loc"] if step not in MODELS)


def _reason(item: ErrorDetails) -> Reason:
    path = _path(item)
    if item["type"] == "timezone_aware":
        return Reason.NAIVE_TIME
    if item["type"] == MONEY_ERROR or path.endswith(("amount", "currency", "annual_value")):
        return Reason.BAD_MONEY
    if path in ("specversion", "id", "source"):
        return Reason.NOT_CLOUDEVENT
    return Reason.INVALID
