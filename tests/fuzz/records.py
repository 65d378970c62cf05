"""What is fuzzed: one record on its way to a partition, and the same as a transport hands it over."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.codec import STRUCTURED_HEADERS
from schemas.topics import Topic

Headers = list[tuple[str, bytes | None]]
STRUCTURED: Final[Headers] = list(STRUCTURED_HEADERS)


class Shot(NamedTuple):
    """A record to be written; `partition` None leaves it to the key. `way` says what was done to it."""

    topic: Topic
    key: bytes | None
    value: bytes | None
    headers: Headers = STRUCTURED
    partition: int | None = None
    way: str = "as_it_is"


@dataclass(frozen=True, slots=True)
class Read:
    """A record as read, with its `number` in the stream (from 1) and what was done to it."""

    number: int
    way: str
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers
