"""A recipient's own hours: whether somebody works now, when that begins again, when the next digest is due.

Wall-clock times are taken in the recipient's zone and become moments by the zone's rules, so that a digest stays at its
hour when daylight saving begins or ends. An hour that a day does not have is taken by the clocks as they were before.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from consumers.runtime.zones import zone_of
from schemas.events.managers import ManagerProfileData, WorkingHours

_LOOK_AHEAD_D: Final = 15
"""Two weeks and a day: every weekday that has hours comes up, whatever was skipped."""


def local_day(profile: ManagerProfileData, at: datetime) -> date:
    """The recipient's calendar day."""
    return at.astimezone(zone_of(profile.time_zone)).date()


def works_at(profile: ManagerProfileData, at: datetime) -> bool:
    """Whether the moment lies within the working hours; somebody who gave none always works."""
    if not profile.working_hours:
        return True
    day = local_day(profile, at)
    spans = (span for near in (day - timedelta(days=1), day) for span in _spans(profile, near))
    return any(begin <= at < end for begin, end in spans)


def works_again(profile: ManagerProfileData, at: datetime) -> datetime:
    """The next beginning of working hours after `at`; `at` itself where there are none."""
    starts = (begin for day in _days(profile, at) for begin, _ in _spans(profile, day) if begin > at)
    return min(starts, default=at)


def next_digest(profile: ManagerProfileData, at: datetime, hour: time) -> datetime:
    """The next moment after `at` at which the recipient's clock shows `hour`, on a day on which they work at all."""
    working = {span.weekday for span in profile.working_hours} or set(range(7))
    due = (_moment(profile, day, hour) for day in _days(profile, at) if day.weekday() in working)
    return next(moment for moment in due if moment > at)


def _days(profile: ManagerProfileData, at: datetime) -> Iterator[date]:
    today = local_day(profile, at)
    return (today + timedelta(days=ahead) for ahead in range(_LOOK_AHEAD_D))


def _spans(profile: ManagerProfileData, day: date) -> Iterator[tuple[datetime, datetime]]:
    for hours in profile.working_hours:
        if hours.weekday == day.weekday():
            yield _moment(profile, day, hours.start), _moment(profile, _last_day(hours, day), hours.end)


def _last_day(hours: WorkingHours, day: date) -> date:
    """A shift that ends before it begins ends on the next day."""
    return day if hours.end > hours.start else day + timedelta(days=1)


def _moment(profile: ManagerProfileData, day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, zone_of(profile.time_zone)).astimezone(UTC)
