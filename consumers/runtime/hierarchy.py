"""The reporting line, and whose accounts a viewer may see: the own ones and those of everybody below. Pure.

Profiles come one by one, so a line may be wrong for a while. In a circle everybody would be above everybody else, an
assistant above a director. Therefore a circle is opened at its highest role: who has it counts as a top, and below the
line stays as it was told. No account vanishes and nobody sees more than a mended line would show; what is wrong has a
name and is shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.events.managers import Role
from schemas.ids import ManagerId


@dataclass(frozen=True, slots=True)
class Person:
    """A manager as of now."""

    manager_id: ManagerId
    name: str
    role: Role
    reports_to: ManagerId | None
    locale: str = "en"
    time_zone: str = "UTC"
    mail_addresses: tuple[str, ...] = ()


class LineFault(StrEnum):
    """What may be wrong with a reporting line."""

    REPORTS_CYCLE = "reports_cycle"
    """People report to one another in a circle; the highest of them count as tops."""
    SUPERIOR_UNKNOWN = "superior_unknown"
    """Somebody reports to a person without a profile, and counts as a top until there is one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`people` of a circle stand in its order, each reporting to the next, the first of `tops` first."""

    kind: LineFault
    people: tuple[Person, ...]
    tops: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking, and the owners whose accounts that person may see (the person included)."""

    person: Person
    sees: frozenset[ManagerId]

    def may_see(self, owner: ManagerId | None) -> bool:
        """Whether accounts of `owner` are the viewer's business; an account that nobody owns is nobody's."""
        return owner is not None and owner in self.sees


class Hierarchy:
    """All managers as of one moment."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = {person.manager_id: person for person in people}
        self.faults: Final = (*_circles(self._people), *_strays(self._people))
        """Everything that is wrong with the line as it was told."""
        tops = {person.manager_id for fault in self.faults for person in fault.tops}
        people = (one for one in self._people.values() if one.manager_id not in tops)
        self._above = {one.manager_id: one.reports_to for one in people if one.reports_to}
        self._reports = _reports(self._above)

    def person(self, manager_id: str) -> Person | None:
        """The manager with this id, if there is one."""
        return self._people.get(ManagerId(manager_id))

    def people(self) -> list[Person]:
        """Everybody, highest role first, then by name."""
        rank = {role: -place for place, role in enumerate(Role)}
        return sorted(self._people.values(), key=lambda person: (rank[person.role], person.name))

    def viewer(self, manager_id: str) -> Viewer | None:
        """The person with everything below."""
        person = self.person(manager_id)
        return None if person is None else Viewer(person, self._subtree(person.manager_id))

    def below(self, viewer: Viewer, manager_id: str) -> Viewer | None:
        """Somebody in the viewer's line, with what of that the viewer may see; None for anybody else."""
        person = self.person(manager_id)
        if person is None or not viewer.may_see(person.manager_id):
            return None
        return Viewer(person, self._subtree(person.manager_id) & viewer.sees)

    def reports(self, manager_id: ManagerId) -> list[Person]:
        """Who reports to somebody directly, by id."""
        return [self._people[one] for one in sorted(self._reports.get(manager_id, ()))]

    def way(self, viewer: Viewer, manager_id: ManagerId) -> list[Person]:
        """From the viewer down to somebody in the viewer's line, both included."""
        line = [manager_id]
        while line[-1] != viewer.person.manager_id and (above := self._above.get(line[-1])) in viewer.sees:
            line.append(above)
        return [self._people[one] for one in reversed(line)]

    def faults_for(self, viewer: Viewer) -> tuple[Fault, ...]:
        """What is wrong with the line of somebody whom the viewer sees, or of the viewer."""
        return tuple(fault for fault in self.faults if any(one.manager_id in viewer.sees for one in fault.people))

    def fault_counts(self) -> dict[LineFault, int]:
        """How many faults of each kind there are."""
        return {kind: sum(fault.kind is kind for fault in self.faults) for kind in LineFault}

    def mail_addresses(self, viewer: Viewer) -> frozenset[str]:
        """Where mails to the viewer and to everybody below are sent, in lower case."""
        found = (self._people[one].mail_addresses for one in viewer.sees if one in self._people)
        return frozenset(address.lower() for addresses in found for address in addresses)

    def name_of(self, manager_id: str | None) -> str:
        """The name, or the id of somebody we do not know; a dash for nobody."""
        person = self.person(manager_id or "")
        return person.name if person else (manager_id or "–")

    def _subtree(self, root: ManagerId) -> frozenset[ManagerId]:
        found = {root}
        waiting = [root]
        while waiting:
            below = self._reports[waiting.pop()] - found
            found |= below
            waiting.extend(below)
        return frozenset(found)


def _reports(above: Mapping[ManagerId, ManagerId]) -> defaultdict[ManagerId, set[ManagerId]]:
    reports: defaultdict[ManagerId, set[ManagerId]] = defaultdict(set)
    for one, superior in above.items():
        reports[superior].add(one)
    return reports


_RANK: Final = {role: rank for rank, role in enumerate(Role)}


def _circles(people: Mapping[ManagerId, Person]) -> Iterator[Fault]:
    """Each circle once, whatever order people come in."""
    seen: set[ManagerId] = set()
    for start in sorted(people):
        walked: dict[ManagerId, Person] = {}
        one = people.get(start)
        while one is not None and one.manager_id not in seen and one.manager_id not in walked:
            walked[one.manager_id] = one
            one = people.get(one.reports_to) if one.reports_to else None
        if one is not None and one.manager_id in walked:
            line = list(walked.values())
            yield _circle(line[line.index(one) :])
        seen |= walked.keys()


def _circle(line: list[Person]) -> Fault:
    highest = max(_RANK[one.role] for one in line)
    first = next(place for place, one in enumerate(line) if _RANK[one.role] == highest)
    turned = (*line[first:], *line[:first])
    return Fault(LineFault.REPORTS_CYCLE, turned, tuple(one for one in turned if _RANK[one.role] == highest))


def _strays(people: Mapping[ManagerId, Person]) -> Iterator[Fault]:
    for _, one in sorted(people.items()):
        if one.reports_to is not None and one.reports_to not in people:
            yield Fault(LineFault.SUPERIOR_UNKNOWN, (one,), (one,))
