"""Working time: how long somebody has had, in the hours they work where they are.

A day's hours are local times of a zone, so each day is turned into moments by itself and a day on which the clocks
change is as long as it is. What is counted is real time. Hours that end no later than they begin run into the next day.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from schemas.events.managers import ManagerProfileData, WorkingHours

HORIZON_D: Final = 366
"""Who does not work so much within so many days is not waited for."""
_KEPT_DAYS: Final = 1_000
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_UTC_NAME: Final = "UTC"

Span = tuple[float, float]
"""From, until: epoch seconds."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody works: `hours` by weekday in `zone`, but not while `away` (merged, ascending).

    Days once turned into moments are kept: an account that is judged again asks for the same ones.
    """

    zone: ZoneInfo
    hours: tuple[WorkingHours, ...]
    away: tuple[Span, ...] = ()
    _days: dict[date, tuple[Span, ...]] = field(default_factory=dict, compare=False, repr=False)

    def spans(self, begin: float) -> Iterator[Span]:
        """The working time from `begin` (epoch seconds) on, ascending and without overlaps, within the horizon."""
        first = datetime.fromtimestamp(begin, UTC).astimezone(self.zone).date() - _DAY
        reached = begin
        for ahead in range(HORIZON_D + 2):
            for start, end in self._on(first + ahead * _DAY):
                yield from _without((max(start, reached), end), self.away)
                reached = max(reached, end)

    def after(self, begin: float, working_s: float) -> float:
        """The moment at which `working_s` seconds were worked since `begin`; inf when not within the horizon."""
        left = working_s
        for start, end in self.spans(begin):
            if end - start >= left:
                return start + left
            left -= end - start
        return float("inf")

    def missed(self, begin: float, until: float) -> float:
        """The first moment from `begin` on at which somebody would work and is away; inf when not before `until`."""
        if not any(back > begin for _, back in self.away):
            return float("inf")
        for start, end in replace(self, away=(), _days=self._days).spans(begin):
            if start >= until:
                break
            for gone, back in self.away:
                if gone < end and back > start:
                    return max(start, gone)
        return float("inf")

    def _on(self, day: date) -> tuple[Span, ...]:
        spans = self._days.get(day)
        if spans is None:
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            spans = self._days[day] = tuple(sorted(self._of_day(day)))
        return spans

    def _of_day(self, day: date) -> Iterator[Span]:
        for shift in self.hours:
            if shift.weekday == day.weekday():
                last = day if shift.end > shift.start else day + _DAY
                yield moment(day, shift.start, self.zone), moment(last, shift.end, self.zone)


def calendar_of(profile: ManagerProfileData | None, default: Sequence[WorkingHours]) -> Calendar:
    """A manager's calendar; who names no hours works the `default` ones, and who is unknown does so in UTC."""
    if profile is None:
        return Calendar(zone_named(_UTC_NAME), tuple(default))
    away = _merged((it.start_at.timestamp(), it.end_at.timestamp()) for it in profile.absences)
    return Calendar(zone_named(profile.time_zone), profile.working_hours or tuple(default), away)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """The zone; UTC for a name that the time zone database does not have.

    >>> zone_named("Europe/Nowhere").key
    'UTC'
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found; not a name of that form; a folder
        return ZoneInfo(_UTC_NAME)


def moment(day: date, local: time, zone: ZoneInfo) -> float:
    """When a zone's clocks show a time, epoch seconds: the first time, where they show it twice.

    A time that the clocks skip is the moment at which they skip.

    >>> moment(date(2026, 3, 29), time(2, 30), ZoneInfo("Europe/Berlin"))  # 01:00 UTC
    1774746000.0
    """
    shown = datetime.combine(day, local.replace(tzinfo=None), zone)
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


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _without(span: Span, away: Sequence[Span]) -> Iterator[Span]:
    """What is left of a span."""
    start, end = span
    for gone, back in away:
        if back <= start:
            continue
        if gone >= end:
            break
        if gone > start:
            yield start, gone
        start = back
    if start < end:
        yield start, end
