"""Whether a letter may go back, and as what. Pure: the clock is an argument.

What the worker would refuse again is refused here with the same code that the worker uses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kafka.partitioner import murmur2

from pulse.deadletters.letters import Letter
from pulse.deadletters.wording import MEANINGS
from schemas.codec import decode
from schemas.errors import BadEvent, Reason
from schemas.records import check_place
from schemas.topics import BY_NAME, INPUT_TOPICS

_INPUTS = frozenset(topic.name for topic in INPUT_TOPICS)


@dataclass(frozen=True, slots=True)
class Mend:
    """What stands in for the original's key or value; None leaves it as it came."""

    key: bytes | None = None
    value: bytes | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A record ready to be sent, to the partition its key belongs in; `time` is its fact's, None where unchecked."""

    letter_id: str
    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A letter that stays where it is, why, and what can be done; `reason` is a `Reason` or one of ours."""

    letter_id: str
    reason: str
    detail: str
    cure: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """A parcel as the checks see a record; they do not look at where it stood."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    offset: int = 0
    timestamp: int = 0


@dataclass(frozen=True, slots=True)
class Judge:
    """`partitions` by topic; `force` lets a record go that is still bad."""

    partitions: Mapping[str, int]
    now: datetime
    mend: Mend = Mend()
    force: bool = False

    def judge(self, letter: Letter) -> Parcel | Refusal:
        """The record to send, or why not."""
        topic = letter.about.topic
        count = self.partitions.get(topic, 0)
        if topic not in BY_NAME or not count:
            return _refused(letter, BadEvent(Reason.WRONG_TOPIC, f"{topic} is not on the broker"))
        parcel = self._parcel(letter, count)
        if self.force:
            return parcel
        try:
            return replace(parcel, time=_checked(parcel, self.now))
        except BadEvent as bad:
            return _refused(letter, bad)

    def _parcel(self, letter: Letter, count: int) -> Parcel:
        key = letter.key if self.mend.key is None else self.mend.key
        value = letter.value if self.mend.value is None else self.mend.value
        home = letter.about.partition % count if key is None else home_of(key, count)
        return Parcel(letter.id, letter.about.topic, home, key, value, letter.headers)


def home_of(key: bytes, partitions: int) -> int:
    """The partition murmur2 gives the key, as the Java client reckons it.

    >>> home_of(b"A1", 4)
    3
    """
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


def _refused(letter: Letter, bad: BadEvent) -> Refusal:
    return Refusal(letter.id, bad.reason.value, bad.detail, MEANINGS[bad.reason][1])


def _checked(parcel: Parcel, now: datetime) -> datetime:
    """The time of the parcel's fact, which the worker would take."""
    if parcel.topic not in _INPUTS:
        raise BadEvent(Reason.WRONG_TOPIC, f"{parcel.topic} is written by our own processes, it takes no facts")
    record = _Seen(parcel.key, parcel.value, parcel.headers)
    event = decode(record.value, record.headers, now)
    check_place(record, event, parcel.topic)
    return event.time
