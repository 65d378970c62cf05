"""Kafka records to events: the one reading that worker and warehouse share, so that both count the same facts.

No driver comes in here; a record is whatever has these fields.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from schemas.catalogue import AnyEvent, Event, topic_of
from schemas.codec import STRUCTURED_HEADERS, check_time, decode
from schemas.errors import BadEvent, Reason
from schemas.limits import MAX_EVENT_BYTES
from schemas.plain import Plain, read, to_plain

_CLOUDEVENTS: Final = b"application/cloudevents"
_BETWEEN: Final = b",\nnull,"
"""Stands between records read in one call. A line break ends no text and null is no element of any list in what we
read, so that two halves in two records never become one record."""
_T = TypeVar("_T")
_MANY: Final[TypeAdapter[list[AnyEvent | None]]] = TypeAdapter(list[Event | None])


class Record(Protocol):
    """One Kafka record as every driver reads it; key, value and headers are raw bytes."""

    @property
    def offset(self) -> int:
        """The position in the partition."""
        ...

    @property
    def timestamp(self) -> int:
        """The producer's or broker's, milliseconds since the epoch."""
        ...

    @property
    def key(self) -> bytes | None:
        """The raw key."""
        ...

    @property
    def value(self) -> bytes | None:
        """The raw value; None deletes the key from a compacted topic."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Names and raw values, in order; a value may be missing."""
        ...


def read_events(records: Sequence[Record], now: datetime) -> list[AnyEvent | BadEvent]:
    """What each record says, in their order; `now` is the reader's clock.

    One validation call reads them all; single calls only find the bad one.
    """
    events = _together([record.value for record in records if record.value is not None and is_plain(record)])
    if events and len(events) == len(records):
        return [_in_time(event, now) for event in events]
    return [_single(record, now) for record in records]


def read_plain(records: Sequence[Record], now: datetime) -> list[Plain | BadEvent]:
    """The same as plain dictionaries, faster. It is for the reader to refuse events from the future and of another
    place: whoever makes columns of a batch looks at all of it at once.
    """
    values = _usual(records)
    if values:
        with suppress(ValidationError):
            return [read(value) for value in values]
    return [_plain_or_not(record, now) for record in records]


def _usual(records: Sequence[Record]) -> list[bytes]:
    """The values, when every record has one that is plain and no header beside; else none."""
    values = [record.value for record in records if record.value is not None]
    same = [record.headers for record in records].count(STRUCTURED_HEADERS) == len(records) == len(values)
    return values if same and max(map(len, values), default=0) <= MAX_EVENT_BYTES else []


def _plain_or_not(record: Record, now: datetime) -> Plain | BadEvent:
    if is_plain(record):
        with suppress(ValidationError):
            return read(record.value or b"")
    return _laid_out(record, now)


def _laid_out(record: Record, now: datetime) -> Plain | BadEvent:
    event = _single(record, now)
    return event if isinstance(event, BadEvent) else to_plain(event)


def is_plain(record: Record) -> bool:
    """Whether the value is the event's JSON as it stands (structured mode) and within the limit."""
    if record.value is None or len(record.value) > MAX_EVENT_BYTES:
        return False
    if record.headers == STRUCTURED_HEADERS:
        return True
    types = [raw for name, raw in record.headers if raw is not None and name.lower() == "content-type"]
    return bool(types) and types[-1].startswith(_CLOUDEVENTS)  # of several the last counts, as it does for `decode`


def check_place(record: Record, event: AnyEvent, topic: str) -> None:
    """Refuse an event that came on another topic than its own, or under another key than its subject.

    Raises:
        BadEvent: with reason `wrong_topic` or `wrong_key`.
    """
    belongs = topic_of(event)
    if belongs.name != topic:
        raise BadEvent(Reason.WRONG_TOPIC, f"{event.type} belongs on {belongs.name}")
    if not belongs.single and (record.key is None or record.key != event.subject.encode()):
        raise BadEvent(Reason.WRONG_KEY, "the record's key is not the event's subject")


def check_home(home: int, partition: int) -> None:
    """Refuse a key that lies in another partition than murmur2 puts it, its `home`.

    Raises:
        BadEvent: with reason `wrong_partition`.
    """
    if home != partition:
        raise BadEvent(Reason.WRONG_PARTITION, f"the key belongs in partition {home}: produce with murmur2")


def read_together(values: Sequence[bytes], many: TypeAdapter[list[_T | None]]) -> list[_T]:
    """What all values say, one each, in one validation call; fewer when one of them is not one JSON value.

    Raises:
        ValidationError: at least one of them is bad; it does not say which.
    """
    found = many.validate_json(b"[" + _BETWEEN.join(values) + b"]")
    return [one for one in found[::2] if one is not None] if len(found) == 2 * len(values) - 1 else []


def _together(values: Sequence[bytes]) -> list[AnyEvent]:
    """The events in all values; fewer when one of them is bad, so that they are read one by one to find out which."""
    try:
        return read_together(values, _MANY)
    except ValidationError:
        return []


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
