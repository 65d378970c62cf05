"""Time zones by the names that profiles give, and what their clocks show."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_SECOND: Final = timedelta(seconds=1)
UTC_ZONE: Final = ZoneInfo("UTC")


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The zone; UTC for a name that the time zone database does not have.

    >>> zone_of("Europe/Nowhere").key
    'UTC'
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found; not a name of that form; a folder
        return UTC_ZONE


def moment(day: date, local: time, zone: ZoneInfo) -> float:
    """When a zone's clocks show a time, epoch seconds: the first time, where they show it twice.

    A time that the clocks skip is the moment at which they skip.

    >>> moment(date(2026, 3, 29), time(2, 30), ZoneInfo("Europe/Berlin"))  # 01:00 UTC
    1774746000.0
    """
    shown = datetime.combine(day, local, zone)
    at = shown.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != shown.replace(tzinfo=None):
        at = _skip(shown.replace(fold=1).astimezone(UTC), at, zone)
    return at.timestamp()


def _skip(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second between two moments at which a zone's offset from UTC changes."""
    old = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
