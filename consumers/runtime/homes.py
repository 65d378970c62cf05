"""In which partition a key lies, and what of it is ours. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from kafka.partitioner import murmur2


class Place(NamedTuple):
    """A partition of a topic; equal to kafka-python's own pair."""

    topic: str
    partition: int


@lru_cache(maxsize=100_000)
def home_of(key: bytes, partitions: int) -> int:
    """The partition the Java client's partitioner (murmur2) puts a key into.

    >>> home_of(b"A-1", 4), home_of(b"A-2", 4)
    (3, 1)
    """
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


@dataclass(frozen=True, slots=True)
class Assigned:
    """The partitions that are ours, and how many each topic has."""

    places: AbstractSet[Place]
    partitions: Mapping[str, int]

    def holds(self, topic: str, key: str) -> bool:
        """Whether the records of a key of a topic come to us."""
        return Place(topic, home_of(key.encode(), self.partitions[topic])) in self.places
