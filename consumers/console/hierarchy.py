"""The reporting line, and whose accounts a viewer may see: the own ones and those of everybody below. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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
        self._reports = _reports(self._people)

    def person(self, manager_id: str) -> Person | None:
        """The manager with this id, if there is one."""
        return self._people.get(ManagerId(manager_id))

    def people(self) -> list[Person]:
        """Everybody, highest role first, then by name."""
        rank = {role: -place for place, role in enumerate(Role)}
        return sorted(self._people.values(), key=lambda person: (rank[person.role], person.name))

    def viewer(self, manager_id: str) -> Viewer | None:
        """The person with everything below; a circle in the line ends where it began."""
        person = self.person(manager_id)
        return None if person is None else Viewer(person, self._subtree(person.manager_id))

    def mail_addresses(self, viewer: Viewer) -> frozenset[str]:
        """Where mails to the viewer and to everybody below are sent, in lower case."""
        found = (self._people[one].mail_addresses for one in viewer.sees if one in self._people)
        return frozenset(address.lower() for addresses in found for address in addresses)

    def name_of(self, manager_id: str | None) -> str:
        """The name, or the id of somebody we do not know."""
        person = self.person(manager_id or "")
        return person.name if person else (manager_id or "nobody")

    def _subtree(self, root: ManagerId) -> frozenset[ManagerId]:
        found = {root}
        waiting = [root]
        while waiting:
            below = self._reports[waiting.pop()] - found
            found |= below
            waiting.extend(below)
        return frozenset(found)


def _reports(people: Mapping[ManagerId, Person]) -> defaultdict[ManagerId, set[ManagerId]]:
    reports: defaultdict[ManagerId, set[ManagerId]] = defaultdict(set)
    for person in people.values():
        if person.reports_to is not None:
            reports[person.reports_to].add(person.manager_id)
    return reports
