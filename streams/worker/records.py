"""From Kafka records to facts and dead letters.

One validation call reads a batch; single calls only find the bad one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Final

from aiokafka.partitioner import murmur2

from schemas.catalogue import AnyEvent
from schemas.deadletters import DeadLetter
from schemas.errors import BadEvent
from schemas.records import Record, check_home, check_place, read_events
from schemas.topics import Topic
from streams.core.fold import Fact, digest_of
from streams.core.state import Partition

_REFUSED_BY: Final = f"worker {version('account-pulse')}"


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
    for record, event in zip(records, read_events(records, now), strict=True):
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


def _check(record: Record, event: AnyEvent, place: Place, partition: Partition) -> None:
    check_place(record, event, place.topic.name)
    if event.subject not in partition.index:  # an account that we know was checked when it was new
        check_home((murmur2(event.subject.encode()) & 0x7FFFFFFF) % place.partitions, place.partition)


def _letter(record: Record, place: Place, bad: BadEvent, now: datetime) -> DeadLetter:
    return DeadLetter(place.topic.name, place.partition, record.offset, bad.reason, bad.detail, _REFUSED_BY, now)
