"""An alert on its way up the reporting line: who has it, until when, and who is next, and why.

A function of what the row holds (`Climb`) and of the managers as they are known now. The moment of the next step
follows from when the last one was taken, so a watermark that jumps finds the same steps as one that creeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from schemas.alerts import AlertKind, LineGap, StepReason
from streams.core.escalation.directory import RANK, Directory
from streams.core.escalation.line import Gap, absences_of, line_of, stand_in
from streams.core.escalation.rules import EscalationRules


@dataclass(frozen=True, slots=True)
class Climb:
    """Where an open alert stands.

    `owner` whose account it was when it came here; `rung` of the line whose turn it is, `rank` of which role; `holder`
    who has it: that one, who stands in, or who took it; `told` everybody told so far; `since` when the holder was
    (epoch seconds); `delay_s` the working time the holder has, fixed when told. `wakes_at` ends a snooze.
    """

    owner: str
    rung: str
    rank: int
    holder: str
    told: tuple[str, ...]
    since: float
    delay_s: float
    wakes_at: float | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A step of the way: when (epoch seconds), why, where it leads, and who was passed over or is missing."""

    at: float
    reason: StepReason
    climb: Climb
    gaps: tuple[Gap, ...] = ()


class _There(NamedTuple):
    rung: str
    holder: str


@dataclass(frozen=True, slots=True)
class Way:
    """The way up for one kind of alert: by which managers, and by which rules."""

    directory: Directory
    rules: EscalationRules
    kind: AlertKind

    def begin(self, owner: str, at: float, reason: StepReason) -> Move:
        """The alert comes to the owner, or to whoever is there in their place; to the owner also when nobody is."""
        line = line_of(owner, self.directory)
        there, gaps = self._first_there(line.people, (), at)
        rung, holder = there or _There(owner, owner)
        climb = Climb(owner, rung, -1, holder, (), at, 0.0)
        return self._moved(climb, _There(rung, holder), at, reason, gaps)

    def at_once(self, climb: Climb, at: float, *, opening: bool) -> Move | None:
        """The step that kind and rules call for without waiting, when the alert opens or got worse."""
        above, place = self._above(climb), -1
        lowest = RANK[self.rules.starts_with[self.kind]] if opening and self.kind in self.rules.starts_with else -1
        if climb.rank < lowest:
            place = next((place for place, one in enumerate(above) if self.directory.rank(one) >= lowest), -1)
        place = min(place + self.rules.at_once.get(self.kind, 0), len(above) - 1)
        there, gaps = self._first_there(above[place:], climb.told, at) if place >= 0 else (None, [])
        return self._moved(climb, there, at, StepReason.CLIMBS_AT_ONCE, gaps) if there else None

    def onward(self, climb: Climb) -> Move | None:
        """The next step if nobody takes the alert on; None where there is nobody left.

        When all above are away it waits for the first who comes back.
        """
        if self.kind in self.rules.stays:
            return None
        above = self._above(climb)
        if not above and self.directory.find(climb.rung) is None:
            return None
        at, went_away = self._moment(climb)
        people = ((climb.rung,) if went_away else ()) + above
        there, gaps = self._first_there(people, climb.told, at)
        while there is None:
            absences = (absence for one in people for absence in absences_of(one, at, self.directory))
            at = min((absence.end_at.timestamp() for absence in absences), default=float("inf"))
            if at == float("inf"):
                return None
            there, gaps = self._first_there(people, climb.told, at)
        return self._moved(climb, there, at, StepReason.WENT_AWAY if went_away else StepReason.UNACKNOWLEDGED, gaps)

    def given(self, climb: Climb, to: str, at: float, reason: StepReason = StepReason.BY_PERSON) -> Move:
        """Somebody has it now who need not be of the line; from there it climbs as from the highest so far."""
        holder, gap = stand_in(to, at, self.directory)
        rung = to if to in self._above(climb) else climb.rung
        gaps = [Gap(gap, to)] if gap else []
        return self._moved(replace(climb, wakes_at=None), _There(rung, holder or to), at, reason, gaps)

    def taken(self, climb: Climb, by: str, wakes_at: float | None = None) -> Climb:
        """Somebody took it on, or put it off until `wakes_at`: it is theirs, and climbs no further meanwhile."""
        rung = by if by in self._above(climb) else climb.rung
        told = climb.told if by in climb.told else (*climb.told, by)
        return replace(climb, rung=rung, rank=self._rank(climb, rung), holder=by, told=told, wakes_at=wakes_at)

    def chain(self, climb: Climb) -> tuple[str, ...]:
        """Who has it, then who would be told."""
        above = tuple(one for one in self._above(climb) if one not in climb.told)
        return ((climb.holder,) if climb.holder else ()) + above

    def _above(self, climb: Climb) -> tuple[str, ...]:
        return line_of(climb.owner, self.directory).above(climb.rung, climb.rank, self.directory)

    def _moment(self, climb: Climb) -> tuple[float, bool]:
        """When the holder's time is up, or, and True, when they miss the first of it: a delegate need not wait."""
        calendar = self.directory.calendar(climb.holder, self.rules.working_hours)
        due = calendar.after(climb.since, climb.delay_s)
        missed = calendar.missed(climb.since, due)
        if missed < due:
            return missed, True
        return (due if due < float("inf") else climb.since + climb.delay_s), False

    def _first_there(self, people: Sequence[str], told: Sequence[str], at: float) -> tuple[_There | None, list[Gap]]:
        """The first of some people who is there at a moment and was not told, with those passed over."""
        gaps: list[Gap] = []
        for one in people:
            holder, gap = stand_in(one, at, self.directory)
            if holder is not None and holder not in told:
                return _There(one, holder), gaps
            gaps.append(Gap(gap or LineGap.ALREADY_TOLD, one))
        return None, gaps

    def _moved(self, climb: Climb, there: _There, at: float, reason: StepReason, gaps: Sequence[Gap]) -> Move:
        rank = self._rank(climb, there.rung)
        profile = self.directory.find(there.rung)
        delay_s = self.rules.delay_s(profile.role if profile else None, self.kind)
        told = climb.told if there.holder in (*climb.told, "") else (*climb.told, there.holder)
        after = replace(climb, rung=there.rung, rank=rank, holder=there.holder, told=told, since=at, delay_s=delay_s)
        return Move(at, reason, after, (*gaps, *self._missing(after)))

    def _rank(self, climb: Climb, rung: str) -> int:
        """Somebody who became unknown keeps the rank they had."""
        rank = self.directory.rank(rung)
        return climb.rank if rank < 0 else rank

    def _missing(self, climb: Climb) -> list[Gap]:
        """What is wrong with the line just above: the level there is vacant, or the line ends."""
        line = line_of(climb.owner, self.directory)
        gaps = [gap for gap in line.vacancies(self.directory) if gap.manager == climb.rung]
        return gaps + ([line.end] if line.end and not self._above(climb) else [])
