"""The reporting line of an owner, and who stands in for whom, each gap in it named.

People report to people, so a level that nobody fills is passed without being noticed. A circle is opened at its
highest role, as the console opens it: who has it reports to nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from schemas.alerts import LineGap
from schemas.events.managers import Absence, Role
from streams.core.escalation.directory import RANK, Directory

_FIRST_FILLED: Final = RANK[Role.ACCOUNT_MANAGER]
"""Levels below it need nobody."""


class Gap(NamedTuple):
    """Why the line is not what it should be, and at whom."""

    reason: LineGap
    manager: str

    def __str__(self) -> str:
        return f"{self.reason.value} {self.manager}".rstrip()


@dataclass(frozen=True, slots=True)
class Line:
    """`people` from the owner upwards, each once; `end` says why it ends where it should not."""

    people: tuple[str, ...]
    end: Gap | None = None

    def above(self, rung: str, rank: int, directory: Directory) -> tuple[str, ...]:
        """Who stands above somebody; of one who is not in the line any more those of a higher role than `rank`."""
        if rung in self.people:
            return self.people[self.people.index(rung) + 1 :]
        return tuple(one for one in self.people if directory.rank(one) > rank)

    def vacancies(self, directory: Directory) -> list[Gap]:
        """Levels that nobody in it fills, told at the one below, from the account manager up."""
        gaps = []
        for below, above in pairwise(self.people):
            skipped = range(max(directory.rank(below), _FIRST_FILLED) + 1, directory.rank(above))
            gaps += [Gap(LineGap.VACANT_LEVEL, below)] if skipped else []
        return gaps


def line_of(owner: str, directory: Directory) -> Line:
    """The owner and everybody above, as of now."""
    if not owner:
        return Line((), Gap(LineGap.NO_OWNER, ""))
    if directory.find(owner) is None:
        return Line((), Gap(LineGap.UNKNOWN_OWNER, owner))
    people, above = [owner], directory.reports_to(owner)
    while above is not None and above not in people and directory.find(above) is not None:
        people.append(above)
        above = directory.reports_to(above)
    if above is None:
        at_top = directory.rank(people[-1]) == max(RANK.values())
        return Line(tuple(people), None if at_top else Gap(LineGap.ENDS_BELOW_TOP, people[-1]))
    if above not in people:
        return Line(tuple(people), Gap(LineGap.UNKNOWN_MANAGER, above))
    return Line(_opened(people, people.index(above), directory), Gap(LineGap.REPORTS_CYCLE, above))


def _opened(people: list[str], begin: int, directory: Directory) -> tuple[str, ...]:
    """The line up to the first of the highest role in the circle that begins at a place."""
    top = max(directory.rank(one) for one in people[begin:])
    last = next(place for place in range(begin, len(people)) if directory.rank(people[place]) == top)
    return tuple(people[: last + 1])


def stand_in(manager: str, at: float, directory: Directory) -> tuple[str | None, LineGap | None]:
    """Who is there for a manager at a moment (epoch seconds): they, or a delegate, or a delegate's delegate.

    None, and why, where nobody is.
    """
    absences = list(absences_of(manager, at, directory))
    if not absences:
        return manager, None
    last = absences[-1].delegate
    if last is None:
        return None, LineGap.ABSENT
    if directory.find(last) is None:
        return None, LineGap.UNKNOWN_DELEGATE
    return (last, None) if directory.away(last, at) is None else (None, LineGap.DELEGATE_CYCLE)


def absences_of(manager: str, at: float, directory: Directory) -> Iterator[Absence]:
    """What keeps a manager away at a moment, then their delegate, and so on; a circle of delegates is walked once."""
    seen: set[str] = set()
    one: str | None = manager
    while one is not None and one not in seen and (absence := directory.away(one, at)) is not None:
        yield absence
        seen.add(one)
        one = absence.delegate
