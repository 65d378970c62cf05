"""Working time is counted in the hours, the zone and the absences of one person, also when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events.managers import Role, WorkingHours
from schemas.working_time import Calendar, Span, calendar_of
from schemas.zones import moment
from tests.core.escalation.people import NINE_TO_FIVE, absent, at, manager

HOUR = 3600.0
BERLIN, NEW_YORK, CHICAGO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("America/Chicago")


def worked(zone: str, begin: str, hours: float, *shifts: WorkingHours, away: tuple[Span, ...] = ()) -> str:
    """When so many hours were worked since `begin`, local time of the zone."""
    calendar = Calendar(ZoneInfo(zone), shifts or NINE_TO_FIVE, away)
    end = calendar.after(at(begin), hours * HOUR)
    return datetime.fromtimestamp(end, ZoneInfo(zone)).isoformat()


def shift(weekday: int, start: str, end: str) -> WorkingHours:
    return WorkingHours(weekday=weekday, start=time.fromisoformat(start), end=time.fromisoformat(end))


def test_time_runs_in_working_hours_only() -> None:
    assert worked("UTC", "2026-03-02T10:00", 4) == "2026-03-02T14:00:00+00:00"
    assert worked("UTC", "2026-03-02T15:00", 4) == "2026-03-03T11:00:00+00:00"
    assert worked("UTC", "2026-03-02T03:00", 4) == "2026-03-02T13:00:00+00:00"


def test_a_weekend_takes_no_time_away() -> None:
    assert worked("UTC", "2026-03-06T16:00", 4) == "2026-03-09T12:00:00+00:00"


def test_hours_are_those_of_the_persons_zone() -> None:
    assert worked("Asia/Tokyo", "2026-03-02T00:00+00:00", 4) == "2026-03-02T13:00:00+09:00"
    assert worked("America/Los_Angeles", "2026-03-02T00:00+00:00", 1) == "2026-03-02T10:00:00-08:00"


def test_an_absence_stops_the_clock() -> None:
    away = ((at("2026-03-02T12:00"), at("2026-03-04T00:00")),)
    assert worked("UTC", "2026-03-02T10:00", 4, away=away) == "2026-03-04T11:00:00+00:00"


@pytest.mark.parametrize(
    "zone, friday, offsets",
    [
        ("Europe/Berlin", "2026-03-27", ("+01:00", "+02:00")),
        ("Europe/Berlin", "2026-10-23", ("+02:00", "+01:00")),
        ("America/New_York", "2026-03-06", ("-05:00", "-04:00")),
        ("America/New_York", "2026-10-30", ("-04:00", "-05:00")),
    ],
)
def test_a_weekend_on_which_the_clocks_change_moves_no_working_hour(
    zone: str, friday: str, offsets: tuple[str, str]
) -> None:
    monday = (date.fromisoformat(friday) + timedelta(days=3)).isoformat()
    assert worked(zone, f"{friday}T16:00{offsets[0]}", 2) == f"{monday}T10:00:00{offsets[1]}"


@pytest.mark.parametrize(
    "zone, day, real_hours",
    [
        ("Europe/Berlin", "2026-03-29", 7),
        ("Europe/Berlin", "2026-10-25", 9),
        ("America/Chicago", "2026-03-08", 7),
        ("America/Chicago", "2026-11-01", 9),
        ("America/Phoenix", "2026-03-08", 8),
    ],
)
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(zone: str, day: str, real_hours: int) -> None:
    night = shift(5, "22:00", "06:00")
    saturday = date.fromisoformat(day) - timedelta(days=1)
    begin = moment(saturday, time(12), ZoneInfo(zone))
    end = Calendar(ZoneInfo(zone), (night,)).after(begin, real_hours * HOUR)
    assert datetime.fromtimestamp(end, ZoneInfo(zone)).isoformat()[:16] == f"{day}T06:00"


def test_a_time_that_the_clocks_skip_is_the_moment_at_which_they_skip() -> None:
    skip = at("2026-03-29T01:00")
    assert moment(date(2026, 3, 29), time(2, 0), BERLIN) == skip
    assert moment(date(2026, 3, 29), time(2, 30), BERLIN) == skip
    assert moment(date(2026, 3, 29), time(2, 59, 59), BERLIN) == skip
    assert moment(date(2026, 3, 29), time(3, 0), BERLIN) == skip
    assert moment(date(2026, 3, 8), time(2, 30), CHICAGO) == at("2026-03-08T08:00")


def test_a_time_that_the_clocks_show_twice_is_the_first() -> None:
    assert moment(date(2026, 10, 25), time(2, 30), BERLIN) == at("2026-10-25T00:30")
    assert moment(date(2026, 11, 1), time(1, 30), NEW_YORK) == at("2026-11-01T05:30")


def test_a_leap_day_is_a_day() -> None:
    assert worked("Europe/Berlin", "2028-02-28T16:00+01:00", 9) == "2028-02-29T17:00:00+01:00"
    assert worked("Europe/Berlin", "2026-02-27T16:00+01:00", 9) == "2026-03-02T17:00:00+01:00"


def test_hours_that_overlap_count_once() -> None:
    shifts = (shift(0, "09:00", "13:00"), shift(0, "12:00", "17:00"), shift(6, "22:00", "10:00"))
    assert worked("UTC", "2026-03-02T08:00", 9, *shifts) == "2026-03-02T17:00:00+00:00"


def test_who_does_not_work_for_a_year_is_not_waited_for() -> None:
    calendar = Calendar(ZoneInfo("UTC"), NINE_TO_FIVE, ((0.0, at("2031-01-01T00:00")),))
    assert calendar.after(at("2026-03-02T10:00"), HOUR) == float("inf")


def test_a_zone_that_nobody_knows_is_read_as_utc() -> None:
    profile = manager("Ann", Role.LEAD, time_zone="Mars/Olympus").data
    assert calendar_of(profile, ()).zone.key == "UTC"


@pytest.mark.parametrize("name", ["Europe", "Europe/", "/etc/localtime", "localtime/x", "a" * 64])
def test_a_name_that_is_no_zone_but_a_path_is_read_as_utc(name: str) -> None:
    assert calendar_of(manager("Ann", Role.LEAD, time_zone=name).data, ()).zone.key == "UTC"


def test_the_first_working_moment_that_an_absence_takes_is_found() -> None:
    calendar = calendar_of(
        manager(
            "Ann",
            Role.LEAD,
            working_hours=NINE_TO_FIVE,
            absences=(absent(at("2026-03-07T00:00"), at("2026-03-12T00:00")),),
        ).data,
        (),
    )
    friday = at("2026-03-06T16:00")
    assert calendar.missed(friday, at("2026-03-13T00:00")) == at("2026-03-09T09:00")
    assert calendar.missed(friday, at("2026-03-09T09:00")) == float("inf")
    weekend_only = Calendar(ZoneInfo("UTC"), NINE_TO_FIVE, ((at("2026-03-07T00:00"), at("2026-03-09T00:00")),))
    assert weekend_only.missed(friday, at("2026-03-13T00:00")) == float("inf")


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "UTC"])
BOUNDS = st.builds(time, st.sampled_from([0, *range(4, 24)]), st.sampled_from([0, 30]))
"""Not within the hours in which clocks change: what those mean is said above."""
SHIFTS = st.lists(
    st.builds(
        WorkingHours,
        weekday=st.integers(0, 6),
        start=BOUNDS,
        end=BOUNDS,
    ),
    min_size=1,
    max_size=8,
)
CHANGES = st.sampled_from(["2026-03-27", "2026-10-23", "2026-03-06", "2026-10-30", "2026-04-03", "2028-02-27"])
AWAY = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 40)), max_size=3)


def works(shifts: list[WorkingHours], zone: ZoneInfo, when: float) -> bool:
    """Whether the wall clock says so."""
    local = datetime.fromtimestamp(when, UTC).astimezone(zone).replace(tzinfo=None)
    for one in shifts:
        for day in (local.date(), local.date() - timedelta(days=1)):
            if day.weekday() == one.weekday:
                start = datetime.combine(day, one.start)
                end = datetime.combine(day if one.end > one.start else day + timedelta(days=1), one.end)
                if start <= local < end:
                    return True
    return False


@settings(max_examples=150, deadline=None)
@given(ZONES, SHIFTS, CHANGES, AWAY, st.integers(1, 40))
def test_it_agrees_with_looking_at_the_wall_clock_every_half_hour(
    name: str, shifts: list[WorkingHours], day: str, gone: list[tuple[int, int]], half_hours: int
) -> None:
    zone, begin = ZoneInfo(name), at(f"{day}T00:00")
    away = tuple((begin + start * HOUR, begin + (start + length) * HOUR) for start, length in gone)
    profile = manager(
        "Ann", Role.LEAD, time_zone=name, working_hours=tuple(shifts), absences=tuple(absent(*span) for span in away)
    )
    end = calendar_of(profile.data, ()).after(begin, half_hours * HOUR / 2)
    counted, now = 0, begin
    while counted < half_hours and now < begin + 20 * 24 * HOUR:
        there = not any(start <= now < back for start, back in away)
        counted += there and works(shifts, zone, now)
        now += HOUR / 2
    if counted == half_hours:
        assert end == now
    else:
        assert end > now


def test_an_offset_in_working_hours_says_nothing() -> None:
    hours = WorkingHours.model_validate_json('{"weekday": 0, "start": "09:00", "end": "17:00:00-05:00"}')
    assert worked("Europe/Berlin", "2026-03-02T08:00+01:00", 8, hours) == "2026-03-02T17:00:00+01:00"


CHANGED = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Australia/Lord_Howe", "2026-04-05"),
]
MINUTE = 60.0


@cache
def shown(name: str, day: str) -> list[datetime]:
    """What the clocks show each minute of the day before the change, of that day and of the two after it."""
    zone = ZoneInfo(name)
    begin = moment(date.fromisoformat(day) - timedelta(days=1), time(0), zone)
    walls = (datetime.fromtimestamp(begin + MINUTE * minute, zone) for minute in range(4 * 24 * 60))
    return [wall.replace(tzinfo=None) for wall in walls]


def first_at(walls: list[datetime], wanted: datetime) -> int:
    """The first minute at which the clocks show that, or later."""
    return next((minute for minute, wall in enumerate(walls) if wall >= wanted), len(walls))


def working_minutes(walls: list[datetime], shifts: list[WorkingHours]) -> set[int]:
    """A shift is from the first minute at which the clocks show its beginning, or later, to that of its end."""
    worked: set[int] = set()
    for day in {wall.date() for wall in walls}:
        for one in shifts:
            if one.weekday == day.weekday():
                last = day if one.end > one.start else day + timedelta(days=1)
                bounds = (datetime.combine(day, one.start), datetime.combine(last, one.end))
                worked |= set(range(*(first_at(walls, bound) for bound in bounds)))
    return worked


NIGHTLY = st.builds(time, st.sampled_from([1, 2, 3, 12, 22]), st.sampled_from([0, 10, 30, 59]))
NEAR_A_CHANGE = st.lists(
    st.builds(WorkingHours, weekday=st.sampled_from([5, 6]), start=NIGHTLY, end=NIGHTLY), min_size=1, max_size=3
)
GONE = st.lists(st.tuples(st.integers(0, 72 * 60), st.integers(1, 600)), max_size=2)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CHANGED), NEAR_A_CHANGE, GONE, st.integers(1, 600))
def test_on_days_the_clocks_change_it_agrees_with_looking_at_them_every_minute(
    change: tuple[str, str], shifts: list[WorkingHours], gone: list[tuple[int, int]], minutes: int
) -> None:
    """Nights, half hours of Lord Howe, hours that begin or end in what is skipped or shown twice, absences."""
    name, walls = change[0], shown(*change)
    begin = moment(walls[0].date(), time(0), ZoneInfo(name))
    away = tuple((begin + start * MINUTE, begin + (start + length) * MINUTE) for start, length in gone)
    profile = manager(
        "Ann", Role.LEAD, time_zone=name, working_hours=tuple(shifts), absences=tuple(absent(*span) for span in away)
    )
    there = {at for at in range(len(walls)) if not any(start <= at < start + length for start, length in gone)}
    worked = sorted(working_minutes(walls, shifts) & there)
    calendar = Calendar(ZoneInfo(name), tuple(shifts), calendar_of(profile.data, ()).away)
    reached = calendar.after(begin, minutes * MINUTE)
    if minutes <= len(worked):
        assert reached == begin + (worked[minutes - 1] + 1) * MINUTE
    else:
        assert reached > begin + len(walls) * MINUTE - 24 * 60 * MINUTE
