"""Where the open alerts of the accounts under judgement stand on the reporting line, and the steps that follow.

What rules and people decided comes in, with it goes out who has each alert; then time passes: who did not react is
followed by the next, a snooze ends, a new owner takes over. Nothing is timed elsewhere: the moment of the next step
follows from the row, and lies in its `next_due` so that the watermark finds it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from schemas.alerts import AlertKind, LineGap, StepKind, StepReason
from schemas.plain import Plain
from streams.core.episodes import Step, following
from streams.core.escalation.climb import Climb, Move, Way
from streams.core.escalation.rules import EscalationRules
from streams.core.facts import seconds
from streams.core.judging import Judgement
from streams.core.phases import CLIMBING, Phase
from streams.core.state import Episode, Partition

ON_THE_WAY: Final = frozenset({StepKind.ESCALATED, StepKind.REOPENED, StepKind.REASSIGNED})
"""Steps that take an alert to somebody; time takes them, or a new owner, or a person's word."""
_AWAY: Final = (LineGap.ABSENT, LineGap.DELEGATE_CYCLE, LineGap.UNKNOWN_DELEGATE)


def climbed(case: Judgement, steps: Sequence[tuple[int, Step]], owed: Sequence[int]) -> list[tuple[int, Step]]:
    """All steps by place, those given with who has the alert then; the rows' `next_due` is when the next is taken.

    `owed` are places whose `next_due` was just reckoned anew without the alerts that climb.
    """
    partition, rows = case.partition, case.rows.tolist()
    by_place: defaultdict[int, list[Step]] = defaultdict(list)
    for index, step in steps:
        by_place[index].append(step)
    places = by_place.keys() | {index for index in owed if rows[index] in partition.climbing}
    if partition.restless:
        places |= {index for index, row in enumerate(rows) if row in partition.restless}
        partition.restless.difference_update(rows[index] for index in places)
    found: list[tuple[int, Step]] = []
    for index in sorted(places):
        account = _Account.of(case, index)
        found += [(index, step) for step in account.steps(by_place[index])]
        due = min(float(case.state["next_due"][index]), account.due)
        case.state["next_due"][index] = due
        partition.next_due = min(partition.next_due, due)
    return found


@dataclass(slots=True)
class _Account:
    """One account's alerts while its steps are taken. `due` is when the next one will be (epoch seconds)."""

    case: Judgement
    owner: str
    as_of: float
    episodes: dict[str, Episode]
    due: float = field(default=float("inf"))

    @classmethod
    def of(cls, case: Judgement, index: int) -> "_Account":
        extra = case.partition.beside(int(case.rows[index]))
        owner = extra.profile.owner if extra.profile else ""
        return cls(case, owner, float(case.as_of[index]), dict(extra.episodes))

    def steps(self, given: Iterable[Step]) -> Iterator[Step]:
        for step in given:
            yield from map(self._keep, self._placed(step))
        for name in sorted(self.episodes):
            if self.episodes[name].climb is not None:
                yield from map(self._keep, self._handed_over(AlertKind(name)))
                yield from self._as_time_passes(AlertKind(name))

    def _keep(self, step: Step) -> Step:
        self.episodes[step.kind] = step.episode
        return step

    def _way(self, kind: AlertKind) -> Way:
        return Way(self.case.partition.managers, self.case.tables.policy.escalation, kind)

    def _placed(self, step: Step) -> Iterator[Step]:
        """A step that a rule took, with who has the alert; and where it goes at once."""
        opening, way = step.step is StepKind.OPENED, self._way(step.kind)
        climb = step.episode.climb
        if opening and not self._is_history(step.at):
            move = way.begin(self.owner, step.at, step.reason)
            climb, step = move.climb, replace(step, facts={**step.facts, **_line_facts(move)})
        if climb is None or not step.episode.open:
            yield step
            return
        raised = {name: value for name, value in step.facts.items() if name not in _OF_THE_LINE}
        episode = replace(step.episode, climb=climb, raised_by=step.reason.value, facts=raised)
        yield replace(step, episode=episode, chain=way.chain(climb))
        up = way.at_once(climb, step.at, opening=opening) if episode.phase in CLIMBING else None
        if up:
            yield moved(way, episode, StepKind.ESCALATED, up)

    def _handed_over(self, kind: AlertKind) -> Iterator[Step]:
        """The account belongs to somebody else now: so does the alert, unless it is theirs already."""
        episode = self.episodes[kind]
        climb = _climb(episode)
        theirs = episode.phase is Phase.ACKNOWLEDGED and climb.holder == self.owner
        if self.owner and climb.owner != self.owner and not theirs:
            way, at = self._way(kind), max(self.as_of, climb.since)
            move = way.begin(self.owner, at, StepReason.OWNER_CHANGED)
            yield moved(way, episode, StepKind.REASSIGNED, move)

    def _as_time_passes(self, kind: AlertKind) -> Iterator[Step]:
        way, watermark = self._way(kind), self.case.clock.watermark
        while (found := _next(way, self.episodes[kind])) is not None:
            step, move = found
            if move.at > watermark:
                self.due = min(self.due, move.at)
                return
            yield self._keep(moved(way, self.episodes[kind], step, move))

    def _is_history(self, at: float) -> bool:
        return self.case.clock.is_history(at, self.case.tables.policy.alerts.history_horizon_s)


def _next(way: Way, episode: Episode) -> tuple[StepKind, Move] | None:
    """What time will bring when nobody does anything."""
    climb = _climb(episode)
    if episode.phase is Phase.SNOOZED and climb.wakes_at is not None:
        return StepKind.REOPENED, way.given(climb, climb.holder, climb.wakes_at, StepReason.SNOOZE_OVER)
    if episode.phase not in CLIMBING:
        return None
    move = way.onward(climb)
    return (StepKind.ESCALATED, move) if move else None


def _climb(episode: Episode) -> Climb:
    if episode.climb is None:
        message = "asked only of alerts that somebody has"
        raise ValueError(message)
    return episode.climb


def moved(way: Way, episode: Episode, kind: StepKind, move: Move) -> Step:
    """The step that takes an alert to somebody."""
    before = _climb(episode)
    told = {"raised_by": episode.raised_by} if episode.raised_by else {}
    held = {"held_by": before.holder, "held_since": _iso(before.since)} if before.holder else {}
    facts = {**episode.facts, **told, **held, **_line_facts(move)}
    after = replace(following(episode, kind), climb=move.climb)
    return Step(way.kind, after, kind, move.reason, move.at, facts, chain=way.chain(move.climb))


_OF_THE_LINE: Final = ("stands_in_for", "absent", "gaps")


def _line_facts(move: Move) -> Mapping[str, str]:
    """What a reader should know of the line: who stands in for whom, who is absent, and what is missing."""
    climb, away = move.climb, [gap.manager for gap in move.gaps if gap.reason in _AWAY]
    stands_in = climb.rung if climb.holder != climb.rung and move.reason is not StepReason.BY_PERSON else ""
    absent = dict.fromkeys([*away, *([stands_in] if stands_in else [])])
    values = (stands_in, ", ".join(absent), ", ".join(map(str, move.gaps)))
    return {name: value for name, value in zip(_OF_THE_LINE, values, strict=True) if value}


def by_person(partition: Partition, row: int, step: Step, event: Plain, rules: EscalationRules) -> Step:
    """A person's step with who has the alert after it; what time brings then is reckoned with the next judgement."""
    if not step.episode.open:
        return step
    profile, way = partition.beside(row).profile, Way(partition.managers, rules, step.kind)
    climb = step.episode.climb or way.begin(profile.owner if profile else "", step.at, step.reason).climb
    data = event["data"]
    if step.step is StepKind.ACKNOWLEDGED:
        climb = way.taken(climb, data["actor"])
    elif step.step is StepKind.SNOOZED:
        climb = way.taken(climb, data["actor"], seconds(data["until"]))
    elif step.step is StepKind.REASSIGNED:
        climb = way.given(climb, data["to"], step.at).climb
    elif step.episode.climb is None:
        return step  # a remark takes nobody anywhere
    partition.restless.add(row)
    facts = {**step.episode.facts, **step.facts}
    return replace(step, episode=replace(step.episode, climb=climb), chain=way.chain(climb), facts=facts)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
