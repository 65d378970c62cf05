"""The fictitious people: a reporting line of managers, and who owns which account.

assistant → associate → account manager → lead → director → vice president. Names and addresses are numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pulse.simulate.facts import CRM, Fact, fact
from schemas.events.managers import Role
from schemas.events.profiles import Segment

LINE: Final = (
    (Role.VICE_PRESIDENT, 1),
    (Role.DIRECTOR, 2),
    (Role.LEAD, 6),
    (Role.ACCOUNT_MANAGER, 18),
    (Role.ASSOCIATE, 18),
    (Role.ASSISTANT, 18),
)
"""The rungs from the top, and how many people stand on each."""

PLACES: Final = (
    ("en_GB", "Europe/London"),
    ("de_DE", "Europe/Berlin"),
    ("es_ES", "Europe/Madrid"),
    ("nb_NO", "Europe/Oslo"),
    ("sv_SE", "Europe/Stockholm"),
    ("en_US", "America/New_York"),
)

_OWNING: Final = {
    Segment.STRATEGIC: Role.ACCOUNT_MANAGER,
    Segment.MID: Role.ASSOCIATE,
    Segment.LONG_TAIL: Role.ASSISTANT,
}


@dataclass(frozen=True, slots=True)
class Manager:
    """One person of the line."""

    number: int
    role: Role
    reports_to: int | None

    @property
    def id(self) -> str:
        """The manager's id, such as `M-007`."""
        return f"M-{self.number:03d}"

    @property
    def place(self) -> tuple[str, str]:
        """Locale and time zone."""
        return PLACES[self.number % len(PLACES)]


def managers() -> list[Manager]:
    """Everybody, from the top down; each rung reports to the one above in turn."""
    people: list[Manager] = []
    above: list[Manager] = []
    for role, count in LINE:
        begin = len(people) + 1
        rung = [
            Manager(begin + index, role, above[index % len(above)].number if above else None) for index in range(count)
        ]
        people += rung
        above = rung
    return people


def owner_of(number: int, segment: Segment, people: list[Manager]) -> str:
    """Who owns the account of this number: the more it is worth, the higher on the line."""
    owners = [person for person in people if person.role is _OWNING[segment]]
    return owners[number % len(owners)].id


def manager_facts(people: list[Manager], at: datetime, seed: int) -> Iterator[Fact]:
    """The profile of every manager, as of `at`."""
    for person in people:
        data = _profile(person)
        yield fact(at, f"sim-{seed}-{person.id}", CRM, person.id, ("manager.profile_set.v1", data))


def _profile(person: Manager) -> dict[str, Any]:
    locale, zone = person.place
    data: dict[str, Any] = {
        "name": f"Manager {person.number:02d}",
        "role": person.role.value,
        "locale": locale,
        "time_zone": zone,
        "working_hours": [{"weekday": day, "start": "08:00:00", "end": "17:00:00"} for day in range(5)],
        "channels": [
            {"kind": "console", "address": ""},
            {"kind": "email", "address": f"manager-{person.number:02d}@example.test"},
        ],
    }
    if person.reports_to is not None:
        data["reports_to"] = f"M-{person.reports_to:03d}"
    return data
