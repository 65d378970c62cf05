"""One policy's way through a history: the worker's fold and decisions, with a watermark that moves as the facts did.

The accounts of a chunk live side by side and know nothing of each other, so facts of a day are folded together as long
as no account has some of two different hours among them. Everybody is looked at once a day.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from math import floor
from typing import Final, NamedTuple

import numpy as np
import orjson

from schemas import topics
from schemas.alerts import StepKind
from streams.core.bands import NO_BAND
from streams.core.decide import decide, due, sweep, waiting
from streams.core.facts import Facts, seconds
from streams.core.fold import fold
from streams.core.judging import Clock
from streams.core.ledgers import DUE_IN
from streams.core.policy import BANDS, DAY_S, Ints
from streams.core.rulebook import Rulebook
from streams.core.state import Partition

HOUR_S: Final = 3600.0
OnFacts = Callable[[int], None]
_NEVER: Final = "9999-12-31T00:00:00Z"
_NO_ROWS: Final = np.zeros(0, np.int64)
NOBODY: Final = ""
"""Who owns an account that has no profile."""


class Opened(NamedTuple):
    """An alert that opened: `at` is the moment it was decided for (epoch seconds), `owner` who had the account then."""

    at: float
    account: str
    kind: str
    owner: str


@dataclass(frozen=True, slots=True)
class Told:
    """Facts of all topics in the order of event time, and the place of each one's topic in `EVENT_TOPICS`, int64[n]."""

    facts: Facts
    topic: Ints

    def until(self, moment: float) -> "Told":
        """Those that had happened by a moment (epoch seconds)."""
        end = int(np.searchsorted(self.facts.at, moment, side="right"))
        return self._taken(np.arange(end)) if end < len(self.facts) else self

    def of(self, accounts: Container[str]) -> "Told":
        """Those of some accounts."""
        return self._taken(np.flatnonzero([subject in accounts for subject in self.facts.subjects]))

    def _taken(self, places: Ints) -> "Told":
        return Told(self.facts.taken(places), self.topic[places])


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What opened, in the order of time, the owners that accounts had at the end, and the accounts that `wavered`:
    whose score lay where a drop is told of at some moment, whether or not it held for long enough.
    """

    opened: list[Opened] = field(default_factory=list)
    owners: set[str] = field(default_factory=set)
    wavered: set[str] = field(default_factory=set)

    def and_more(self, other: "Rehearsed") -> "Rehearsed":
        """Together with that of other accounts."""
        opened = sorted(self.opened + other.opened)
        return Rehearsed(opened, self.owners | other.owners, self.wavered | other.wavered)


def rehearse(told: Told, rules: Rulebook, until: float, on_facts: OnFacts = lambda _: None) -> Rehearsed:
    """Run the facts through under `rules` and let time go on to `until` (epoch seconds), not before the last fact.
    `on_facts` hears how many facts more are done.

    Deterministic. Nobody acts on an alert, and nobody is climbed to: what people would have done is not known.
    """
    if not len(told.facts):
        return Rehearsed()
    course = _Course(rules, float(told.facts.at[0]))
    for places in _batches(told):
        course.hear(told, places)
        on_facts(len(places))
    course.pass_to(until)
    owners = {extra.profile.owner for extra in course.partition.extras.values() if extra.profile}
    return Rehearsed(sorted(course.opened), owners, {course.partition.accounts[row] for row in course.wavered})


def _batches(told: Told) -> Iterator[Ints]:
    """Places of facts that are folded together: of one day, and of one account of one hour in which nothing that the
    batch itself promises falls due.

    So an account is judged after each hour in which it heard something, and far more accounts than one at a time.
    """
    days, hours = (np.floor(told.facts.at / length_s).tolist() for length_s in (DAY_S, HOUR_S))
    columns = zip(told.facts.subjects, told.facts.at.tolist(), days, hours, told.facts.events.tolist(), strict=True)
    begin, heard, owed = 0, dict[str, float](), dict[str, float]()
    for place, (subject, at, day, hour, event) in enumerate(columns):
        if day != days[begin] or heard.get(subject, hour) != hour or owed.get(subject, at) < at:
            yield np.arange(begin, place)
            begin, heard, owed = place, {}, {}
        heard[subject] = hour
        for name in DUE_IN & event["data"].keys():
            owed[subject] = min(owed.get(subject, np.inf), seconds(event["data"][name] or _NEVER))
    yield np.arange(begin, len(days))


class _Course:
    """`_now` is the watermark and the clock, as in a worker that is never late, so that nothing is history."""

    def __init__(self, rules: Rulebook, begin: float) -> None:
        self.partition = Partition()
        self.opened: list[Opened] = []
        self.wavered: set[int] = set()
        self._rules = rules
        self._told_from = min(BANDS.index(tables.policy.alerts.band_dropped_from) for tables in rules.tables)
        self._now = self._swept_at = _floored(begin, DAY_S)

    def hear(self, told: Told, places: Ints) -> None:
        """Fold a batch and decide."""
        facts = told.facts.taken(places)
        self.pass_to(_floored(float(facts.at[0]), HOUR_S))
        self._catch_up(facts)
        fold(self.partition, told.topic[places], facts, self._rules.counting, self._now)
        self._decide(np.flatnonzero(self.partition.dirty), self._now)

    def pass_to(self, moment: float) -> None:
        """Let time go on: look at everybody once a day, and at what is due at the end."""
        while self._swept_at + DAY_S <= moment:
            self._now = self._swept_at = self._swept_at + DAY_S
            self._decide(self._everybody_worth_it(), self._now)
        self._now = max(self._now, moment)
        if self.partition.next_due <= self._now:
            self._decide(_NO_ROWS, self._now)

    def _everybody_worth_it(self) -> Ints:
        partition, clock = self.partition, Clock(self._now, self._now)
        swept = sweep(partition, slice(0, len(partition)), clock, self._rules)
        return np.union1d(waiting(partition, clock, self._rules), swept)

    def _catch_up(self, facts: Facts) -> None:
        """What time brings before a fact is decided before the fact: it may be undone by it. What falls due is looked
        at just before it, a band that may change in its hour.
        """
        index, state = self.partition.index, self.partition.rows
        known = [
            (index[subject], at)
            for subject, at in zip(facts.subjects, facts.at.tolist(), strict=True)
            if subject in index
        ]
        if not known:
            return
        rows, at = np.array([row for row, _ in known]), np.array([at for _, at in known])
        hour, is_due = np.floor(at / HOUR_S) * HOUR_S, state["next_due"][rows] < at
        looked_at = np.where(is_due, np.nextafter(at, -np.inf), hour)
        changing = is_due | (state["candidate"][rows] != NO_BAND)
        for moment in np.unique(looked_at[changing]).tolist():
            self._judge(np.unique(rows[changing & (looked_at == moment)]), moment)

    def _decide(self, rows: Ints, moment: float) -> None:
        """Judge these rows and those that are due."""
        self._judge(np.union1d(rows, due(self.partition, Clock(moment, moment))), moment)

    def _judge(self, rows: Ints, moment: float) -> None:
        partition = self.partition
        decide(partition, rows, Clock(moment, moment), self._rules)
        state = partition.rows[["band", "candidate"]][rows]
        self.wavered.update(rows[np.maximum(state["band"], state["candidate"]) >= self._told_from].tolist())
        self.opened += _opened(partition)
        partition.outbox.clear()
        partition.dirty[:] = False


def _floored(moment: float, length_s: float) -> float:
    return floor(moment / length_s) * length_s


def _opened(partition: Partition) -> Iterator[Opened]:
    for outputs in partition.outbox.values():
        for output in outputs:
            if output.topic == topics.ALERTS.name:
                step = orjson.loads(output.value)
                if step["step"] == StepKind.OPENED:
                    yield Opened(seconds(step["at"]), step["account_id"], step["kind"], step["owner"] or NOBODY)
