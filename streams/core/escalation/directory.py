"""The managers as the log knows them: a fold of account.managers, the latest profile by event time.

Which profile counts does not depend on the order in which they come: of two of one moment the later id does. A record
without a value takes a manager out, as its place in the compacted topic says.
"""

from dataclasses import dataclass, field
from typing import Final

from schemas.events.managers import Absence, ManagerProfileData, ManagerProfileSet, Role, WorkingHours
from schemas.ids import ManagerId
from schemas.times import UtcDatetime
from schemas.working_time import Calendar, calendar_of

RANK: Final = {role: rank for rank, role in enumerate(Role)}
"""The rungs of the reporting line, lowest first."""


Hours = tuple[WorkingHours, ...]


@dataclass(slots=True)
class Directory:
    """Managers by id. `version` counts what was learned: whoever reckoned by an older one must do so again."""

    version: int = 0
    _known: dict[str, tuple[UtcDatetime, str, ManagerProfileData]] = field(default_factory=dict)
    _calendars: dict[str, tuple[Hours, Calendar]] = field(default_factory=dict, compare=False, repr=False)

    def learn(self, event: ManagerProfileSet) -> None:
        """Take in a profile unless a newer one is known."""
        known = self._known.get(event.subject)
        if known is None or known[:2] < (event.time, event.id):
            self._known[event.subject] = (event.time, event.id, event.data)
            self._calendars.pop(event.subject, None)
            self.version += 1

    def forget(self, manager: str) -> None:
        """The manager's record was deleted: they have left."""
        if self._known.pop(manager, None) is not None:
            self._calendars.pop(manager, None)
            self.version += 1

    def find(self, manager: str) -> ManagerProfileData | None:
        """The manager's profile, None where nobody told us."""
        known = self._known.get(manager)
        return known[2] if known else None

    def calendar(self, manager: str, default: Hours) -> Calendar:
        """When the manager works; who names no hours, or is unknown, works the `default` ones. Made once and kept."""
        kept = self._calendars.get(manager)
        if kept is None or kept[0] is not default:
            kept = self._calendars[manager] = (default, calendar_of(self.find(manager), default))
        return kept[1]

    def rank(self, manager: str) -> int:
        """The manager's rung, -1 of somebody unknown."""
        profile = self.find(manager)
        return RANK[profile.role] if profile else -1

    def reports_to(self, manager: str) -> ManagerId | None:
        """Whom the manager reports to, None at the top and of somebody unknown."""
        profile = self.find(manager)
        return profile.reports_to if profile else None

    def away(self, manager: str, at: float) -> Absence | None:
        """The absence that keeps the manager away at a moment (epoch seconds).

        Of several that cover it one with a delegate, then the one that begins first.
        """
        profile = self.find(manager)
        covering = [it for it in profile.absences if _covers(it, at)] if profile else []
        return min(covering, key=lambda it: (it.delegate is None, it.start_at, it.end_at, it.delegate), default=None)

    def __len__(self) -> int:
        return len(self._known)


def _covers(absence: Absence, at: float) -> bool:
    return absence.start_at.timestamp() <= at < absence.end_at.timestamp()
