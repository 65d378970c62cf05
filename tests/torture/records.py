"""What is written to Kafka: one record, and the mark that tells poison from facts when the log is read back."""

from enum import StrEnum
from typing import Final, NamedTuple

from schemas.topics import Topic

STRUCTURED: Final = ("content-type", b"application/cloudevents+json")
MARK: Final = "x-poison"
"""The header of every record that must be refused; its value says what is wrong with it."""


class Kind(StrEnum):
    """What a record is to the reckoning."""

    FACT = "fact"
    DUPLICATE = "duplicate"
    POISON = "poison"


class Record(NamedTuple):
    """One record to write; `partition` None leaves it to the key."""

    kind: Kind
    topic: Topic
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = (STRUCTURED,)
    partition: int | None = None
