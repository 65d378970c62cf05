"""Builders of managers and their absences."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any, Final

from schemas.events.managers import Absence, ManagerProfileData, ManagerProfileSet, Role, WorkingHours
from schemas.ids import AccountId, EventId, ManagerId, Source
from streams.core.escalation.directory import Directory

LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
ALWAYS: Final = tuple(WorkingHours(weekday=day, start=time(0), end=time(0)) for day in range(7))
"""Around the clock, so that working time is time."""
NINE_TO_FIVE: Final = tuple(WorkingHours(weekday=day, start=time(9), end=time(17)) for day in range(5))


def at(text: str) -> float:
    """Epoch seconds of an ISO time; UTC unless it says otherwise."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def absent(start: float, end: float, delegate: str | None = None) -> Absence:
    """An absence between two moments in epoch seconds."""
    bounds = (datetime.fromtimestamp(moment, UTC) for moment in (start, end))
    return Absence(
        **dict(zip(("start_at", "end_at"), bounds, strict=True)), delegate=ManagerId(delegate) if delegate else None
    )


def manager(
    name: str, role: Role, reports_to: str | None = None, told_at: datetime = LONG_AGO, event: str = "", **data: Any
) -> ManagerProfileSet:
    """A manager's profile; around the clock at work unless `working_hours` says otherwise."""
    profile = ManagerProfileData(
        **{"name": name, "role": role, "reports_to": reports_to, "working_hours": ALWAYS} | data
    )
    return ManagerProfileSet(
        id=EventId(event or f"{name}@{told_at.isoformat()}"),
        source=Source("/tests"),
        subject=AccountId(name),
        time=told_at,
        data=profile,
    )


def directory_of(people: Iterable[ManagerProfileSet]) -> Directory:
    """A directory that learned of some people, in their order."""
    directory = Directory()
    for one in people:
        directory.learn(one)
    return directory


def whole_line(**changed: Any) -> list[ManagerProfileSet]:
    """Ann (account manager), Leo (lead), Dora (director), Vic (vice president); `changed` is further data by name."""
    line = (
        ("Ann", Role.ACCOUNT_MANAGER, "Leo"),
        ("Leo", Role.LEAD, "Dora"),
        ("Dora", Role.DIRECTOR, "Vic"),
        ("Vic", Role.VICE_PRESIDENT, None),
    )
    return [manager(name, role, above, **changed.get(name, {})) for name, role, above in line]
