"""Records that must be refused, each made of a good one by one fault. Pure."""

import json
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from kafka.partitioner import murmur2

from schemas.limits import MAX_EVENT_BYTES
from schemas.topics import EVENT_TOPICS
from tests.torture.records import MARK, STRUCTURED, Kind, Record

_AHEAD: Final = timedelta(days=62)
"""Enough for the oldest of the late events too."""
_Spoiling = Callable[[random.Random, Record, int], Record]


def poisoned(rng: random.Random, number: int, good: Record, partitions: int) -> Record:
    """The record spoiled in one of the ways there are; `number` tells it from all others."""
    name = rng.choice(sorted(_WAYS))
    mark = (STRUCTURED, (MARK, f"{name} {number}".encode()), ("x-bytes", b"\x00\xff"))
    return _WAYS[name](rng, good, partitions)._replace(kind=Kind.POISON, headers=mark)


def fault(headers: Iterable[tuple[str, bytes | None]]) -> str:
    """What is wrong with a poisoned record: the reason it must be refused for."""
    mark = next((raw or b"" for name, raw in headers if name == MARK), b"")
    return mark.decode().split(" ")[0]


def _not_json(rng: random.Random, good: Record, partitions: int) -> Record:
    return good._replace(value=(good.value or b"")[:-1])


def _not_utf8(rng: random.Random, good: Record, partitions: int) -> Record:
    return good._replace(value=b"\xff\xfe" + rng.randbytes(20))


def _no_value(rng: random.Random, good: Record, partitions: int) -> Record:
    return good._replace(value=None)


def _wrong_key(rng: random.Random, good: Record, partitions: int) -> Record:
    return good._replace(key=(good.key or b"") + b"-other")


def _wrong_partition(rng: random.Random, good: Record, partitions: int) -> Record:
    home = (murmur2(good.key or b"") & 0x7FFFFFFF) % partitions
    return good._replace(partition=(home + rng.randrange(1, partitions)) % partitions)


def _wrong_topic(rng: random.Random, good: Record, partitions: int) -> Record:
    return good._replace(topic=rng.choice([topic for topic in EVENT_TOPICS if topic != good.topic]))


def _oversized(rng: random.Random, good: Record, partitions: int) -> Record:
    return _changed(good, padding="x" * (MAX_EVENT_BYTES + rng.randrange(1, 5_000)))


def _unknown_type(rng: random.Random, good: Record, partitions: int) -> Record:
    return _changed(good, type="account.renamed.v1")


def _future(rng: random.Random, good: Record, partitions: int) -> Record:
    at = datetime.fromisoformat(json.loads(good.value or b"")["time"])
    return _changed(good, time=(at + _AHEAD).isoformat())


def _naive_time(rng: random.Random, good: Record, partitions: int) -> Record:
    return _changed(good, time="2026-03-01T12:00:00")


def _changed(good: Record, **fields: Any) -> Record:
    return good._replace(value=json.dumps({**json.loads(good.value or b""), **fields}).encode())


_WAYS: Final[dict[str, _Spoiling]] = {
    "not_json": _not_json,
    "not_utf8": _not_utf8,
    "no_value": _no_value,
    "wrong_key": _wrong_key,
    "wrong_partition": _wrong_partition,
    "wrong_topic": _wrong_topic,
    "too_large": _oversized,
    "unknown_type": _unknown_type,
    "future_time": _future,
    "naive_time": _naive_time,
}
