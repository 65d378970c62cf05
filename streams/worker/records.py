"""From Kafka records to facts and dead letters.

One validation call reads a batch; single calls only find the bad one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Final, Protocol

from aiokafka.partitioner import murmur2
from pydantic import ValidationError

from schemas.catalogue import EVENTS, AnyEvent, topic_of
from schemas.codec import check_time, decode
from schemas.deadletters import DeadLetter
from schemas.errors import BadEvent, Reason
from schemas.limits import MAX_EVENT_BYTES
from schemas.topics import Topic
from streams.core.fold import Fact, digest_of
from streams.core.state import Partition

_CLOUDEVENTS: Final = b"application/cloudevents"
_REFUSED_BY: Final = f"worker {version('account-pulse')}"


class Record(Protocol):
    """One record as the driver reads it; `timestamp` in epoch milliseconds."""

    @property
    def offset(self) -> int:
        """Where it stands in its partition."""

    @property
    def timestamp(self) -> int:
        """When the broker got it."""

    @property
    def key(self) -> bytes | None:
        """The account id as UTF-8."""

    @property
    def value(self) -> bytes | None:
        """The event."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Kafka allows a header without a value."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where records stand. `partitions` is the topic's partition count, which decides where a key belongs."""

    topic: Topic
    partition: int
    partitions: int


@dataclass(slots=True)
class Decoded:
    """A batch taken apart: facts in offset order, and what was refused."""

    facts: list[Fact] = field(default_factory=list)
    refused: list[tuple[Record, DeadLetter]] = field(default_factory=list)


def decode_batch(records: Sequence[Record], place: Place, partition: Partition, now: datetime) -> Decoded:
    """The facts in `records`; `partition` tells which accounts are known to belong here."""
    decoded = Decoded()
    for record, event in zip(records, _events(records, now), strict=True):
        try:
            decoded.facts.append(_fact(record, event, place, partition))
        except BadEvent as bad:
            decoded.refused.append((record, _letter(record, place, bad, now)))
    return decoded


def _fact(record: Record, event: AnyEvent | BadEvent, place: Place, partition: Partition) -> Fact:
    if isinstance(event, BadEvent):
        raise event
    _check(record, event, place, partition)
    digest = digest_of(event.source, event.id)
    return Fact(event.subject, record.offset, digest, record.timestamp / 1000.0, event)


def _events(records: Sequence[Record], now: datetime) -> Iterable[AnyEvent | BadEvent]:
    values = [record.value for record in records if _is_plain(record)]
    if len(values) == len(records):
        try:
            events = EVENTS.validate_json(b"[" + b",".join(values) + b"]")  # type: ignore[arg-type]
        except ValidationError:
            pass  # one of them is bad: read them one by one to find out which
        else:
            if len(events) == len(records):
                return [_in_time(event, now) for event in events]
    return [_single(record, now) for record in records]


def _is_plain(record: Record) -> bool:
    if record.value is None or len(record.value) > MAX_EVENT_BYTES:
        return False
    return any(name.lower() == "content-type" and (raw or b"").startswith(_CLOUDEVENTS) for name, raw in record.headers)


def _in_time(event: AnyEvent, now: datetime) -> AnyEvent | BadEvent:
    try:
        check_time(event, now)
    except BadEvent as bad:
        return bad
    return event


def _single(record: Record, now: datetime) -> AnyEvent | BadEvent:
    try:
        return decode(record.value, record.headers, now)
    except BadEvent as bad:
        return bad


def _check(record: Record, event: AnyEvent, place: Place, partition: Partition) -> None:
    if topic_of(event) is not place.topic:
        raise BadEvent(Reason.WRONG_TOPIC, f"{event.type} belongs on {topic_of(event).name}")
    if record.key is None or record.key != event.subject.encode():
        raise BadEvent(Reason.WRONG_KEY, "the record's key is not the event's subject")
    if event.subject not in partition.index:
        home = (murmur2(record.key) & 0x7FFFFFFF) % place.partitions
        if home != place.partition:
            raise BadEvent(Reason.WRONG_PARTITION, f"the key belongs in partition {home}: produce with murmur2")


def _letter(record: Record, place: Place, bad: BadEvent, now: datetime) -> DeadLetter:
    return DeadLetter(place.topic.name, place.partition, record.offset, bad.reason, bad.detail, _REFUSED_BY, now)
