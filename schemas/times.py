"""Times: aware on the wire, UTC inside. A naive time is an error, never a guess."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from schemas.limits import FIRST_TIME, LAST_TIME


def to_utc(value: datetime) -> datetime:
    """The same instant in UTC.

    >>> from datetime import timedelta, timezone
    >>> to_utc(datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))).isoformat()
    '2026-03-01T10:00:00+00:00'
    """
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def read_time(value: object) -> datetime:
    """A datetime, or a time as JSON carries it: written out, with a zone, within what every reader can hold.

    A bare number, "1772366400" as well, is refused: its unit would be a guess.

    >>> read_time("2026-03-01T12:00:00+02:00").isoformat()
    '2026-03-01T10:00:00+00:00'
    """
    # By hand because it is the hottest line of the catalogue: pydantic's parser with a validator behind it is slower.
    time = _written(value) if value.__class__ is str else value
    if not isinstance(time, datetime):
        raise _NOT_WRITTEN
    if time.tzinfo is None:
        raise _NAIVE
    if not FIRST_TIME <= time < LAST_TIME:
        raise _OUT_OF_RANGE
    return to_utc(time)


def _written(value: object) -> datetime | None:
    text = str(value)
    if not text[4:5] == "-" == text[7:8]:
        return None
    try:
        return datetime.fromisoformat(text) if text[10:11] in ("T", " ") else None
    except ValueError:
        return None


_NOT_WRITTEN = PydanticCustomError("time_format", "Input should be a time such as 2026-03-01T12:00:00Z")
_NAIVE = PydanticCustomError("timezone_aware", "Input should have timezone info")
_OUT_OF_RANGE = PydanticCustomError("time_range", "Input should lie between 1900 and 2200")

UtcDatetime = Annotated[datetime, BeforeValidator(read_time)]
