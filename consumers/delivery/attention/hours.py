"""A recipient's own hours: when they work, what day it is for them, when the next digest is due.

Wall-clock times are taken in the recipient's zone and become moments by the zone's rules (`schemas.zones`), so that a
digest stays at its hour when daylight saving begins or ends. Absences are no part of it: who is told instead of
somebody who is away is decided by the alert's chain, and a message must not wait for the end of a holiday.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from schemas.events.managers import ManagerProfileData
from schemas.working_time import Calendar
from schemas.zones import moment, zone_of

_LOOK_AHEAD_D: Final = 8
"""A week and a day: every weekday comes up, also when today's hour has passed."""


def local_day(profile: ManagerProfileData, at: datetime) -> date:
    """The recipient's calendar day."""
    return at.astimezone(zone_of(profile.time_zone)).date()


def day_begins(profile: ManagerProfileData, at: datetime) -> datetime:
    """The midnight, by the recipient's clock, with which their calendar day of `at` began."""
    return datetime.fromtimestamp(moment(local_day(profile, at), time(), zone_of(profile.time_zone)), UTC)


def works_from(profile: ManagerProfileData, at: datetime) -> datetime:
    """`at` during the working hours, and of somebody who named none; else when they begin again.

    Hours that never come are as good as none.
    """
    if not profile.working_hours:
        return at
    asked = at.timestamp()
    begins = Calendar(zone_of(profile.time_zone), profile.working_hours).after(asked, 0.0)
    return datetime.fromtimestamp(begins, UTC) if asked < begins < float("inf") else at


def last_roll_up(profile: ManagerProfileData, at: datetime, hour: time, *, weekly: bool) -> datetime:
    """The latest moment up to `at` at which the recipient's clock showed `hour` on a day on which they work, or on the
    first such day of a week.
    """
    working = _weekdays(profile)
    due = _shown(profile, at, hour, {min(working)} if weekly else working, -1)
    return datetime.fromtimestamp(next(it for it in due if it <= at.timestamp()), UTC)


def next_digest(profile: ManagerProfileData, at: datetime, hour: time) -> datetime:
    """The next moment after `at` at which the recipient's clock shows `hour`, on a day on which they work at all."""
    due = _shown(profile, at, hour, _weekdays(profile), 1)
    return datetime.fromtimestamp(next(it for it in due if it > at.timestamp()), UTC)


def _weekdays(profile: ManagerProfileData) -> set[int]:
    """Those on which the recipient works; every one of somebody who named no hours."""
    return {span.weekday for span in profile.working_hours} or set(range(7))


def _shown(
    profile: ManagerProfileData, at: datetime, hour: time, weekdays: Collection[int], step_d: int
) -> Iterator[float]:
    """When the recipient's clock shows `hour` on days of these weekdays, from today on or back by `step_d` days."""
    zone, today = zone_of(profile.time_zone), local_day(profile, at)
    days = (today + timedelta(days=step_d * away) for away in range(_LOOK_AHEAD_D + 1))
    return (moment(day, hour, zone) for day in days if day.weekday() in weekdays)
