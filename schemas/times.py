"""Times: aware on the wire, UTC inside. A naive time is an error, never a guess."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def to_utc(value: datetime) -> datetime:
    """The same instant in UTC.

    >>> from datetime import timedelta, timezone
    >>> to_utc(datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))).isoformat()
    '2026-03-01T10:00:00+00:00'
    """
    return value if value.tzinfo is UTC else value.astimezone(UTC)


UtcDatetime = Annotated[AwareDatetime, AfterValidator(to_utc)]
