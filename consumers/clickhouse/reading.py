"""Kafka records to what they are: events, our own outputs, or what cannot be read. Pure; the clock comes in.

An event counts here exactly where the worker counts it: what the worker refuses is refused, so that the tables and the
scores speak of the same facts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from kafka.partitioner import murmur2
from pydantic import TypeAdapter, ValidationError

from consumers.runtime.subscription import Record
from schemas.alerts import AlertStep
from schemas.catalogue import EVENTS, AnyEvent, topic_of
from schemas.codec import STRUCTURED_HEADERS, check_time, decode, to_bad_event, to_structured
from schemas.deliveries import DeliveryReceipt
from schemas.errors import BadEvent, Reason
from schemas.health import HealthSnapshot
from schemas.limits import MAX_EVENT_BYTES
from schemas.topics import ALERTS, BY_NAME, DELIVERIES, HEALTH, INPUT_TOPICS

_CLOUDEVENTS: Final = b"application/cloudevents"
_INPUTS: Final = frozenset(topic.name for topic in INPUT_TOPICS)
_OUTPUTS: Final[dict[str, TypeAdapter[list[Any]]]] = {
    HEALTH.name: TypeAdapter(list[HealthSnapshot]),
    ALERTS.name: TypeAdapter(list[AlertStep]),
    DELIVERIES.name: TypeAdapter(list[DeliveryReceipt]),
}


@dataclass(frozen=True, slots=True)
class Read:
    """An event with the record it came in. `payload` is its JSON, the record's own bytes where they are that."""

    record: Record
    event: AnyEvent
    payload: bytes


@dataclass(slots=True)
class Sorted:
    """A batch taken apart. Every record is in exactly one of the lists; `outputs` by topic."""

    events: list[Read] = field(default_factory=list)
    outputs: dict[str, list[Record]] = field(default_factory=dict)
    dead_letters: list[Record] = field(default_factory=list)
    refused: list[tuple[Record, BadEvent]] = field(default_factory=list)
    unreadable: list[tuple[Record, BadEvent]] = field(default_factory=list)
    deleted: list[Record] = field(default_factory=list)


def sort(records: Sequence[Record], partitions: int, now: datetime) -> Sorted:
    """The batch taken apart, in its order; `partitions` is the common count of the account topics."""
    done = Sorted()
    inputs: list[Record] = []
    for record in records:
        if record.value is None and _deletes(record.topic):
            done.deleted.append(record)
        elif record.topic in _INPUTS:
            inputs.append(record)
        elif record.topic in _OUTPUTS:
            done.outputs.setdefault(record.topic, []).append(record)
        else:
            done.dead_letters.append(record)
    _read_events(inputs, partitions, now, done)
    for topic, found in done.outputs.items():
        done.outputs[topic] = _readable(found, _OUTPUTS[topic], done)
    return done


def _deletes(topic: str) -> bool:
    """Profiles are folded by the worker, to which a record without a value is no event."""
    known = BY_NAME[topic]
    return known.compacted and not known.co_partitioned


def _read_events(records: Sequence[Record], partitions: int, now: datetime, done: Sorted) -> None:
    for record, found in zip(records, _events(records, now), strict=True):
        try:
            if isinstance(found, BadEvent):
                raise found
            _check_place(record, found.event, partitions)
        except BadEvent as bad:
            done.refused.append((record, bad))
        else:
            done.events.append(found)


def _events(records: Sequence[Record], now: datetime) -> Iterable[Read | BadEvent]:
    """One validation call for all; single calls only to find the bad one, or where the JSON must be built."""
    values = [record.value for record in records if _is_plain(record)]
    if values and len(values) == len(records):
        try:
            events = EVENTS.validate_json(b"[" + b",".join(values) + b"]")  # type: ignore[arg-type]
        except ValidationError:
            pass  # one of them is bad: read them one by one to find out which
        else:
            if len(events) == len(records):
                return [_in_time(record, event, now) for record, event in zip(records, events, strict=True)]
    return [_single(record, now) for record in records]


def _is_plain(record: Record) -> bool:
    if record.value is None or len(record.value) > MAX_EVENT_BYTES:
        return False
    if record.headers == STRUCTURED_HEADERS:
        return True
    return any(name.lower() == "content-type" and (raw or b"").startswith(_CLOUDEVENTS) for name, raw in record.headers)


def _in_time(record: Record, event: AnyEvent, now: datetime) -> Read | BadEvent:
    try:
        check_time(event, now)
    except BadEvent as bad:
        return bad
    return Read(record, event, record.value or b"")


def _single(record: Record, now: datetime) -> Read | BadEvent:
    try:
        event = decode(record.value, record.headers, now)
    except BadEvent as bad:
        return bad
    return Read(record, event, (record.value or b"") if _is_plain(record) else to_structured(event))


def _check_place(record: Record, event: AnyEvent, partitions: int) -> None:
    belongs = topic_of(event)
    if belongs.name != record.topic:
        raise BadEvent(Reason.WRONG_TOPIC, f"{event.type} belongs on {belongs.name}")
    if belongs.single:
        return
    if record.key is None or record.key != event.subject.encode():
        raise BadEvent(Reason.WRONG_KEY, "the record's key is not the event's subject")
    home = _home(record.key, partitions)
    if home != record.partition:
        raise BadEvent(Reason.WRONG_PARTITION, f"the key belongs in partition {home}: produce with murmur2")


@lru_cache(maxsize=100_000)
def _home(key: bytes, partitions: int) -> int:
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


def _readable(records: Sequence[Record], many: TypeAdapter[list[Any]], done: Sorted) -> list[Record]:
    if _fault(records, many) is None:
        return list(records)
    kept = []
    for record in records:
        bad = _fault([record], many)
        if bad is None:
            kept.append(record)
        else:
            done.unreadable.append((record, bad))
    return kept


def _fault(records: Sequence[Record], many: TypeAdapter[list[Any]]) -> BadEvent | None:
    """What keeps the records from being read, in one call for all of them."""
    values = [record.value for record in records if record.value is not None]
    if len(values) < len(records):
        return BadEvent(Reason.NO_VALUE, "a record has no value")
    try:
        found = many.validate_json(b"[" + b",".join(values) + b"]")
    except ValidationError as error:
        return to_bad_event(error)
    return None if len(found) == len(records) else BadEvent(Reason.NOT_JSON, "not one JSON object a record")
