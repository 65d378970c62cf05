"""A recipient's own hours: by their clock, through daylight saving, across midnight."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.delivery.attention.hours import last_roll_up, local_day, next_digest, works_from
from schemas.events.managers import ManagerProfileData, WorkingHours
from tests.delivery.samples import manager

WEEK = tuple(WorkingHours(weekday=day, start=time(8), end=time(17)) for day in range(5))
NIGHTS = tuple(WorkingHours(weekday=day, start=time(22), end=time(6)) for day in range(7))


def somebody(zone: str = "Europe/Berlin", hours: tuple[WorkingHours, ...] = WEEK) -> ManagerProfileData:
    return manager(time_zone=zone, working_hours=hours).data


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        ("2026-03-02T07:59:59+01:00", False),
        ("2026-03-02T08:00:00+01:00", True),
        ("2026-03-02T16:59:59+01:00", True),
        ("2026-03-02T17:00:00+01:00", False),
        ("2026-03-07T12:00:00+01:00", False),
        ("2026-03-30T08:00:00+02:00", True),
    ],
)
def test_working_hours_are_those_of_the_recipients_clock(moment: str, works: bool) -> None:
    assert (works_from(somebody(), at(moment)) == at(moment)) is works


def test_a_shift_over_midnight_belongs_to_the_evening_it_began() -> None:
    night = somebody(hours=NIGHTS[:1])
    for works in ("2026-03-02T23:00:00+01:00", "2026-03-03T05:00:00+01:00"):
        assert works_from(night, at(works)) == at(works)
    assert works_from(night, at("2026-03-04T05:00:00+01:00")) == at("2026-03-09T22:00:00+01:00")


def test_who_gave_no_hours_always_works_also_at_a_microsecond() -> None:
    sunday = at("2026-03-01T03:00:00.123457+01:00")
    assert works_from(somebody(hours=()), sunday) is sunday


@pytest.mark.parametrize(
    ("now", "again"),
    [
        ("2026-03-02T07:00:00+01:00", "2026-03-02T08:00:00+01:00"),
        ("2026-03-06T18:00:00+01:00", "2026-03-09T08:00:00+01:00"),
        ("2026-03-28T12:00:00+01:00", "2026-03-30T08:00:00+02:00"),
        ("2026-10-24T12:00:00+02:00", "2026-10-26T08:00:00+01:00"),
    ],
)
def test_work_begins_again_by_the_clock_on_the_wall_also_when_it_is_changed(now: str, again: str) -> None:
    assert works_from(somebody(), at(now)) == at(again)


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        ("Europe/Berlin", "2026-03-02T07:59:00+01:00", "2026-03-02T08:00:00+01:00"),
        ("Europe/Berlin", "2026-03-02T08:00:00+01:00", "2026-03-03T08:00:00+01:00"),
        ("Europe/Berlin", "2026-03-27T09:00:00+01:00", "2026-03-30T08:00:00+02:00"),
        ("America/New_York", "2026-10-30T09:00:00-04:00", "2026-11-02T08:00:00-05:00"),
        ("Nowhere/Land", "2026-03-02T07:59:00+00:00", "2026-03-02T08:00:00+00:00"),
    ],
)
def test_a_digest_is_due_on_the_next_day_of_work_at_its_hour(zone: str, now: str, due: str) -> None:
    assert next_digest(somebody(zone), at(now), time(8)) == at(due)


def test_a_digest_at_an_hour_that_the_day_does_not_have_goes_when_the_clocks_skip_it() -> None:
    daily = somebody(hours=())
    assert next_digest(daily, at("2026-03-28T12:00:00+01:00"), time(2, 30)) == at("2026-03-29T03:00:00+02:00")


def test_a_digest_at_an_hour_that_the_clocks_show_twice_goes_once() -> None:
    daily, first = somebody(hours=()), at("2026-10-25T02:30:00+02:00")
    assert next_digest(daily, at("2026-10-24T12:00:00+02:00"), time(2, 30)) == first
    assert next_digest(daily, first, time(2, 30)) == at("2026-10-26T02:30:00+01:00")


@pytest.mark.parametrize(
    ("now", "weekly", "due"),
    [
        ("2026-03-02T08:00:00+01:00", True, "2026-03-02T08:00:00+01:00"),
        ("2026-03-02T07:59:00+01:00", True, "2026-02-23T08:00:00+01:00"),
        ("2026-03-08T23:00:00+01:00", True, "2026-03-02T08:00:00+01:00"),
        ("2026-03-30T09:00:00+02:00", True, "2026-03-30T08:00:00+02:00"),
        ("2026-03-08T23:00:00+01:00", False, "2026-03-06T08:00:00+01:00"),
        ("2026-03-04T07:00:00+01:00", False, "2026-03-03T08:00:00+01:00"),
    ],
)
def test_a_roll_up_was_due_on_the_last_day_of_work_or_the_first_of_the_week(
    now: str, *, weekly: bool, due: str
) -> None:
    assert last_roll_up(somebody(), at(now), time(8), weekly=weekly) == at(due)


def test_the_first_day_of_work_need_not_be_a_monday() -> None:
    later = somebody(hours=WEEK[2:])
    assert last_roll_up(later, at("2026-03-03T12:00:00+01:00"), time(8), weekly=True) == at("2026-02-25T08:00:00+01:00")


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis wants naive bounds
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])


@given(MOMENTS, ZONES, st.times())
def test_a_digest_is_always_ahead_and_at_most_some_days(now: datetime, zone: str, hour: time) -> None:
    due = next_digest(somebody(zone), now, hour)
    assert now < due <= now + timedelta(days=4)
    assert local_day(somebody(zone), due).weekday() < 5


@given(MOMENTS, ZONES)
def test_whoever_does_not_work_now_works_when_it_begins_again(now: datetime, zone: str) -> None:
    person = somebody(zone)
    begins = works_from(person, now)
    assert begins >= now
    assert works_from(person, begins) == begins
    assert begins == now or works_from(person, begins - timedelta(microseconds=1)) == begins
