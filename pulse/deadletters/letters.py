"""One dead letter as a value, its id, and which letters a request means. No I/O.

Ids are `topic/partition/offset` of the original record.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from consumers.runtime.subscription import Record
from pulse.deadletters.errors import BadRequest
from schemas.deadletters import DeadLetter, from_headers
from schemas.errors import Reason
from schemas.topics import BY_NAME

_ID: Final = re.compile(r"[A-Za-z0-9._-]+/\d+/\d+")
_AGO: Final = re.compile(r"(\d{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Letter:
    """A record of account.dead-letters: what we say of it, and the original's own key, value and headers."""

    about: DeadLetter
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @property
    def id(self) -> str:
        """Where the original stood."""
        return f"{self.about.topic}/{self.about.partition}/{self.about.offset}"

    @property
    def age(self) -> tuple[datetime, str, int, int]:
        """Sorts letters: when they were refused, then where the originals stood."""
        return self.about.refused_at, self.about.topic, self.about.partition, self.about.offset

    @property
    def same(self) -> tuple[str, bytes | None, int]:
        """Equal for copies of one letter, which a crash of the worker may leave; an id alone may come again where a
        topic was deleted and made anew.
        """
        return self.id, self.key, hash(self.value)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are meant: all that fulfil everything that is given."""

    ids: frozenset[str] = frozenset()
    reason: Reason | None = None
    topic: str | None = None
    since: datetime | None = None

    def fits(self, letter: Letter) -> bool:
        """Whether the letter is meant."""
        about = letter.about
        return (
            (not self.ids or letter.id in self.ids)
            and self.reason in (None, about.reason)
            and self.topic in (None, about.topic)
            and (self.since is None or about.refused_at >= self.since)
        )


def from_record(record: Record) -> Letter:
    """The letter in a record of account.dead-letters.

    Raises:
        KeyError, ValueError: the record is no dead letter of ours.
    """
    about, own = from_headers(record.headers)
    if about.refused_at.tzinfo is None:
        raise ValueError("refused_at has no time zone")
    return Letter(about, record.key, record.value, tuple(own))


def parse_ids(texts: Collection[str]) -> frozenset[str]:
    """The ids, each looked at.

    Raises:
        BadRequest: one of them is no id.
    """
    for text in texts:
        if not _ID.fullmatch(text):
            raise BadRequest(f"{text!r} is no id of a dead letter; expected topic/partition/offset of the original")
    return frozenset("/".join((topic, str(int(at)), str(int(offset)))) for topic, at, offset in map(_split, texts))


def parse_topic(text: str | None) -> str | None:
    """The topic, which must be one of ours.

    Raises:
        BadRequest: it is none of ours.
    """
    if text is not None and text not in BY_NAME:
        raise BadRequest(f"{text!r} is no topic of ours; known are {', '.join(BY_NAME)}")
    return text


def parse_since(text: str | None, now: datetime) -> datetime | None:
    """A time such as 2026-03-02T10:00+01:00 (UTC where no offset is given), or how long ago: 90s, 15m, 2h, 7d.

    >>> parse_since("2h", datetime(2026, 3, 2, 10, tzinfo=UTC)).isoformat()
    '2026-03-02T08:00:00+00:00'
    >>> parse_since("2026-03-01", datetime(2026, 3, 2, 10, tzinfo=UTC)).isoformat()
    '2026-03-01T00:00:00+00:00'

    Raises:
        BadRequest: it is neither.
    """
    if text is None:
        return None
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise BadRequest(f"--since {text!r}: expected a time such as 2026-03-02T10:00Z, or 90s, 15m, 2h, 7d") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _split(text: str) -> tuple[str, str, str]:
    topic, partition, offset = text.split("/")
    return topic, partition, offset
