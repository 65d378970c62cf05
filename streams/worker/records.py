"""From Kafka records to facts and dead letters.

What holds for a whole batch is looked at once for all; only where something is wrong is it found out record by record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Final, TypeGuard

from aiokafka.partitioner import murmur2

from schemas.catalogue import TOPIC_OF_TYPE
from schemas.codec import decode
from schemas.deadletters import DeadLetter
from schemas.errors import BadEvent
from schemas.events.withdrawals import WITHDRAWN
from schemas.limits import MAX_CLOCK_SKEW
from schemas.plain import Plain
from schemas.records import Record, check_home, check_place, read_plain
from schemas.topics import Topic
from streams.core.facts import KINDS, Facts, facts_of, seconds
from streams.core.state import Partition

_REFUSED_BY: Final = f"worker {version('account-pulse')}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where records stand. `partitions` is the topic's partition count, which decides where a key belongs."""

    topic: Topic
    partition: int
    partitions: int

    def home(self, subject: str) -> int:
        """The partition that murmur2 puts a key into."""
        home: int = (murmur2(subject.encode()) & 0x7FFFFFFF) % self.partitions
        return home


@dataclass(slots=True)
class Decoded:
    """A batch taken apart: facts in offset order, and what was refused."""

    facts: Facts
    refused: list[tuple[Record, DeadLetter]] = field(default_factory=list)


def decode_batch(records: Sequence[Record], place: Place, partition: Partition, now: datetime) -> Decoded:
    """The facts in `records`; `partition` tells which accounts are known to belong here."""
    read = read_plain(records, now)
    if _all_plain(read):
        facts = _facts(records, read)
        if _all_in_place(records, facts, place, partition) and not _any_ahead(facts, now):
            return Decoded(facts)
    return _singly(records, read, place, partition, now)


def _all_plain(read: Sequence[Plain | BadEvent]) -> TypeGuard[Sequence[Plain]]:
    return set(map(type, read)) <= {dict}


def _facts(records: Sequence[Record], events: Sequence[Plain]) -> Facts:
    return facts_of(events, [record.offset for record in records], [record.timestamp / 1000.0 for record in records])


def _all_in_place(records: Sequence[Record], facts: Facts, place: Place, partition: Partition) -> bool:
    """Whether every event came on its own topic, under its own key, in its own partition."""
    kinds = {KINDS[kind] for kind in set(facts.kind.tolist())} - {WITHDRAWN}
    if not all(TOPIC_OF_TYPE[kind] == place.topic for kind in kinds):
        return False
    if not all(_topic_of(event) == place.topic for event in facts.of_kind(WITHDRAWN)):
        return False
    if [record.key for record in records] != list(map(str.encode, facts.subjects)):
        return False
    # An account that we know was looked at when it was new.
    if all(map(partition.index.__contains__, facts.subjects)):
        return True
    fresh = set(facts.subjects) - partition.index.keys()
    return all(place.home(subject) == place.partition for subject in fresh)


def _topic_of(event: Plain) -> Topic:
    kind: str = event["type"]
    return TOPIC_OF_TYPE[event["data"]["original"]["type"] if kind == WITHDRAWN else kind]


def _any_ahead(facts: Facts, now: datetime) -> bool:
    """Whether a fact, or one that is withdrawn, lies in the future."""
    latest = (now + MAX_CLOCK_SKEW).timestamp()
    return bool(facts.at.max(initial=0.0) > latest) or any(
        _is_ahead(event, latest) for event in facts.of_kind(WITHDRAWN)
    )


def _is_ahead(event: Plain, latest: float) -> bool:
    return event["type"] == WITHDRAWN and seconds(event["data"]["original"]["time"]) > latest


def _singly(
    records: Sequence[Record], read: Sequence[Plain | BadEvent], place: Place, partition: Partition, now: datetime
) -> Decoded:
    good: list[tuple[Record, Plain]] = []
    refused: list[tuple[Record, DeadLetter]] = []
    for record, event in zip(records, read, strict=True):
        try:
            good.append((record, _checked(record, event, place, partition, now)))
        except BadEvent as bad:
            refused.append((record, _letter(record, place, bad, now)))
    return Decoded(_facts([record for record, _ in good], [event for _, event in good]), refused)


def _checked(record: Record, event: Plain | BadEvent, place: Place, partition: Partition, now: datetime) -> Plain:
    if isinstance(event, BadEvent):
        raise event
    if _is_odd(record, event, place, now):
        check_place(record, decode(record.value, record.headers, now), place.topic.name)
    if event["subject"] not in partition.index:
        check_home(place.home(event["subject"]), place.partition)
    return event


def _is_odd(record: Record, event: Plain, place: Place, now: datetime) -> bool:
    """Whether the model must say what is wrong."""
    latest = (now + MAX_CLOCK_SKEW).timestamp()
    misplaced = _topic_of(event) != place.topic or record.key != event["subject"].encode()
    return misplaced or seconds(event["time"]) > latest or _is_ahead(event, latest)


def _letter(record: Record, place: Place, bad: BadEvent, now: datetime) -> DeadLetter:
    return DeadLetter(place.topic.name, place.partition, record.offset, bad.reason, bad.detail, _REFUSED_BY, now)
