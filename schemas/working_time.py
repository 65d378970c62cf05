"""Working time: when somebody works, and how long they have had, in the hours they work where they are.

A day's hours are local times of a zone, so each day is turned into moments by itself and a day on which the clocks
change is as long as it is. What is counted is real time. Hours that end no later than they begin run into the next day.
Holidays are not known: whoever keeps one is absent.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from schemas.events.managers import ManagerProfileData, WorkingHours
from schemas.zones import UTC_ZONE, moment, zone_of

HORIZON_D: Final = 366
"""Who does not work so much within so many days is not waited for."""
_KEPT_DAYS: Final = 1_000
_DAY: Final = timedelta(days=1)

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
        """The moment at which `working_s` seconds were worked since `begin`; inf when not within the horizon.

        Of no seconds at all it is the first working moment: `begin` itself, where that is one.
        """
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
                start, end = shift.start.replace(tzinfo=None), shift.end.replace(tzinfo=None)
                last = day if end > start else day + _DAY
                yield moment(day, start, self.zone), moment(last, end, self.zone)


def calendar_of(profile: ManagerProfileData | None, default: Sequence[WorkingHours]) -> Calendar:
    """A manager's calendar; who names no hours works the `default` ones, and who is unknown does so in UTC."""
    if profile is None:
        return Calendar(UTC_ZONE, tuple(default))
    away = _merged((it.start_at.timestamp(), it.end_at.timestamp()) for it in profile.absences)
    return Calendar(zone_of(profile.time_zone), profile.working_hours or tuple(default), away)


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
