"""From parsed JSON to records for Kafka, or to the reason why not.

Pure: a function of the events, the key and the clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError
from pydantic_core import to_json

from schemas.catalogue import EVENTS, AnyEvent, topic_of
from schemas.codec import check_time, from_object, to_structured
from schemas.errors import BadEvent, Reason
from schemas.events.withdrawals import FactWithdrawn
from schemas.ids import Source
from schemas.limits import MAX_EVENT_BYTES, MAX_ID_CHARS
from schemas.upcast import upcast

Raw = object
"""What came: a JSON value, or the `BadEvent` that says why there is none."""


@dataclass(frozen=True, slots=True)
class Record:
    """An accepted event as it goes to Kafka. `index` is its place in the request."""

    index: int
    event_id: str
    topic: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that does not go to Kafka, and why."""

    index: int
    event_id: str | None
    reason: Reason
    detail: str


@dataclass(slots=True)
class Judgement:
    """What becomes of the events of one request; every event is in one of the two, in order."""

    records: list[Record] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def bytes_by_topic(self) -> dict[str, int]:
        """How much is to be written to each topic."""
        sizes: dict[str, int] = {}
        for record in self.records:
            sizes[record.topic] = sizes.get(record.topic, 0) + len(record.key) + len(record.value)
        return sizes


def judge(raws: Sequence[Raw], may_speak: Callable[[Source], bool], now: datetime, first_index: int = 0) -> Judgement:
    """Judge every event by itself: one bad event never takes its neighbours with it."""
    judgement = Judgement()
    for index, (raw, event) in enumerate(zip(raws, _to_events(raws, now), strict=True), first_index):
        try:
            judgement.records.append(_to_record(index, event, may_speak, now))
        except BadEvent as bad:
            judgement.refused.append(Refused(index, _id_of(raw), bad.reason, bad.detail))
    return judgement


def _to_events(raws: Sequence[Raw], now: datetime) -> Sequence[AnyEvent | BadEvent]:
    """One validation call for all, because it costs a third of one call for each; one by one only to find the bad."""
    objects = [upcast(raw) for raw in raws if isinstance(raw, dict)]
    if len(objects) == len(raws):
        try:
            # Through JSON, because strict models read a time or an amount from JSON's text but not from Python's.
            return EVENTS.validate_json(to_json(objects))
        except ValidationError:
            pass
    return [_to_event(raw, now) for raw in raws]


def _to_event(raw: Raw, now: datetime) -> AnyEvent | BadEvent:
    if isinstance(raw, BadEvent):
        return raw
    if not isinstance(raw, dict):
        return BadEvent(Reason.NOT_CLOUDEVENT, "expected a JSON object with the attributes of a CloudEvent")
    try:
        return from_object(raw, now)
    except BadEvent as bad:
        return bad


def _to_record(index: int, event: AnyEvent | BadEvent, may_speak: Callable[[Source], bool], now: datetime) -> Record:
    if isinstance(event, BadEvent):
        raise event
    check_time(event, now)
    _check_source(event, may_speak)
    value = to_structured(event)
    if len(value) > MAX_EVENT_BYTES:
        raise BadEvent(Reason.TOO_LARGE, f"{len(value)} bytes, the limit is {MAX_EVENT_BYTES}")
    return Record(index, event.id, topic_of(event).name, event.subject.encode(), value)


def _check_source(event: AnyEvent, may_speak: Callable[[Source], bool]) -> None:
    """A key speaks for its own sources; it cannot take back what another source told either."""
    if not may_speak(event.source):
        raise BadEvent(Reason.WRONG_SOURCE, f"source: this key does not speak for {event.source[:80]!r}")
    if not isinstance(event, FactWithdrawn):
        return
    original = event.data.original
    if not may_speak(original.source):
        raise BadEvent(
            Reason.WRONG_SOURCE, f"data.original.source: this key does not speak for {original.source[:80]!r}"
        )


def _id_of(raw: Raw) -> str | None:
    found = raw.get("id") if isinstance(raw, dict) else None
    return found[:MAX_ID_CHARS] if isinstance(found, str) else None
