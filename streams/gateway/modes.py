"""How events come in one request: CloudEvents' structured, binary and batched HTTP modes. Pure.

NDJSON streams are cut into lines in `lines`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import unquote_to_bytes

from schemas.codec import JSON, STRUCTURED, parse_json
from schemas.errors import BadEvent, Reason
from schemas.limits import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES
from streams.gateway.errors import Rejected, Why
from streams.gateway.judging import Raw

BATCH: Final = "application/cloudevents-batch+json"
NDJSON: Final = "application/x-ndjson"


class Mode(StrEnum):
    """The four ways in. Metric label."""

    STRUCTURED = "structured"
    BINARY = "binary"
    BATCH = "batch"
    STREAM = "stream"


_MODES: Final[Mapping[str, Mode]] = {
    STRUCTURED: Mode.STRUCTURED,
    JSON: Mode.BINARY,
    BATCH: Mode.BATCH,
    NDJSON: Mode.STREAM,
}

LIMIT_BYTES: Final[Mapping[Mode, int]] = {
    Mode.STRUCTURED: MAX_EVENT_BYTES,
    Mode.BINARY: MAX_EVENT_BYTES,
    Mode.BATCH: MAX_BATCH_BYTES,
}
"""How large a body may be; a stream has no limit, only its lines have."""


def mode_of(content_type: str, content_encoding: str) -> Mode:
    """The mode a request's headers announce.

    Raises:
        Rejected: 415.
    """
    media_type, _, parameters = content_type.partition(";")
    mode = _MODES.get(media_type.strip().lower())
    charset = parameters.replace(" ", "").lower()
    if mode is None or charset not in ("", "charset=utf-8", 'charset="utf-8"'):
        raise Rejected(Why.WRONG_CONTENT_TYPE, f"Content-Type: expected one of {', '.join(_MODES)}, in UTF-8")
    if content_encoding.lower() not in ("", "identity"):
        raise Rejected(Why.WRONG_CONTENT_TYPE, "Content-Encoding: send the body uncompressed")
    return mode


def to_raws(mode: Mode, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> list[Raw]:
    """The events in a body, parsed and not yet judged.

    Raises:
        Rejected: 413 or 422, a batch that is none.
    """
    if mode is Mode.BATCH:
        return _to_batch(body)
    try:
        return [_to_binary(body, headers) if mode is Mode.BINARY else parse_json(body)]
    except BadEvent as bad:
        return [bad]


def _to_batch(body: bytes) -> list[Raw]:
    try:
        parsed = parse_json(body)
    except BadEvent as bad:
        raise Rejected(Why.NOT_A_BATCH, f"{bad.reason.value}: {bad.detail}") from None
    if not isinstance(parsed, list):
        raise Rejected(Why.NOT_A_BATCH, "expected a JSON array of CloudEvents")
    if len(parsed) > MAX_BATCH_EVENTS:
        raise Rejected(Why.TOO_MANY, f"{len(parsed)} events, the limit of a batch is {MAX_BATCH_EVENTS}")
    return parsed


def _to_binary(body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> dict[str, object]:
    """Attributes from `ce-` headers, percent-encoded where not plain ASCII, as the HTTP binding has it."""
    attributes: dict[str, object] = {}
    for name, raw in headers:
        if name.startswith(b"ce-"):
            attribute = name[3:].decode("latin-1")
            if attribute in attributes:
                raise BadEvent(Reason.NOT_CLOUDEVENT, f"{name.decode('latin-1')}: given twice")
            attributes[attribute] = _to_text(attribute, raw)
    if "type" not in attributes:
        raise BadEvent(Reason.NOT_CLOUDEVENT, f"ce-type: expected ce- headers with {JSON}, or else {STRUCTURED}")
    return {**attributes, "datacontenttype": JSON, "data": parse_json(body)}


def _to_text(attribute: str, raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise BadEvent(Reason.NOT_UTF8, f"ce-{attribute}: not UTF-8 once percent-decoded") from None
