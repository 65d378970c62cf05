"""Kafka records to what they are: events, our own outputs, or what cannot be read. Pure; the clock comes in.

An event counts here exactly where the worker counts it: what the worker refuses is refused, so that the tables and the
scores speak of the same facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from consumers.runtime.homes import home_of
from consumers.runtime.subscription import Record
from schemas.alerts import AlertStep
from schemas.catalogue import AnyEvent
from schemas.codec import to_bad_event, to_structured
from schemas.errors import BadEvent, Reason
from schemas.health import HealthSnapshot
from schemas.policies import PolicyRelease
from schemas.records import check_home, check_place, is_plain, read_events, read_together
from schemas.rollups import Receipt
from schemas.shadow import ShadowDifference
from schemas.topics import ALERTS, BY_NAME, DELIVERIES, HEALTH, INPUT_TOPICS, POLICIES, SHADOW

_INPUTS: Final = frozenset(topic.name for topic in INPUT_TOPICS)
_OUTPUTS: Final[dict[str, TypeAdapter[list[Any]]]] = {
    HEALTH.name: TypeAdapter(list[HealthSnapshot | None]),
    ALERTS.name: TypeAdapter(list[AlertStep | None]),
    DELIVERIES.name: TypeAdapter(list[Receipt | None]),
    POLICIES.name: TypeAdapter(list[PolicyRelease | None]),
    SHADOW.name: TypeAdapter(list[ShadowDifference | None]),
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
    for record, event in zip(records, read_events(records, now), strict=True):
        try:
            if isinstance(event, BadEvent):
                raise event
            _check_place(record, event, partitions)
            done.events.append(Read(record, event, _payload(record, event)))
        except BadEvent as bad:
            done.refused.append((record, bad))


def _payload(record: Record, event: AnyEvent) -> bytes:
    return (record.value or b"") if is_plain(record) else to_structured(event)


def _check_place(record: Record, event: AnyEvent, partitions: int) -> None:
    check_place(record, event, record.topic)
    if not BY_NAME[record.topic].single:
        check_home(home_of(event.subject.encode(), partitions), record.partition)


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
        found = read_together(values, many)
    except ValidationError as error:
        return to_bad_event(error)
    return None if len(found) == len(records) else BadEvent(Reason.NOT_JSON, "not one JSON object a record")
