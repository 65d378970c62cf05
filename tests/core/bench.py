"""A partition that is folded and judged as the worker does it, without a broker; policies; readings at a moment."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import yaml

from schemas import plain, topics
from schemas.alerts import AlertStep
from schemas.catalogue import AnyEvent, topic_of
from schemas.codec import to_structured
from schemas.events.managers import ManagerProfileSet
from schemas.health import HealthSnapshot
from schemas.shadow import ShadowDifference
from schemas.topics import EVENT_TOPICS
from streams.core.decay import moved
from streams.core.decide import act, decide, due, sweep, waiting
from streams.core.facts import Facts, facts_of
from streams.core.fold import Folded, fold
from streams.core.judging import Clock
from streams.core.phases import Refusal
from streams.core.policies import default_tables
from streams.core.policy import Floats, Policy
from streams.core.rulebook import Rulebook
from streams.core.score import Assessment, assess
from streams.core.shadow import Shadow
from streams.core.state import NEVER, Output, Partition
from streams.core.tables import Tables, to_tables
from streams.worker.rows import to_values
from streams.worker.store import Held
from streams.worker.transport import Batch
from tests.core.building import ACCOUNT, START, clock

TOPIC_INDEX: Final = {topic.name: index for index, topic in enumerate(EVENT_TOPICS)}
COMPLAINTS: Final = TOPIC_INDEX[topics.COMPLAINTS.name]
PURCHASES: Final = TOPIC_INDEX[topics.PURCHASES.name]


def default_document() -> dict[str, object]:
    """The default policy as a document that may be changed."""
    document = default_tables().policy.model_dump(mode="json")
    return dict(yaml.safe_load(yaml.safe_dump(document)))


def tables_with(**sections: dict[str, object]) -> Tables:
    """The default policy with values of some sections replaced."""
    document = default_document()
    for section, values in sections.items():
        old = document[section]
        assert isinstance(old, dict)
        document[section] = {**old, **values}
    return to_tables(Policy.model_validate(document))


def no_dwell() -> Tables:
    """The default policy, bands changing at once."""
    return tables_with(bands={"dwell_worse_s": 0, "dwell_better_s": 0})


def to_facts(events: Sequence[AnyEvent], start: int = 0) -> Facts:
    """The events at offsets from `start` on, as the worker reads them."""
    read = [plain.read(to_structured(event)) for event in events]
    return facts_of(read, range(start, start + len(events)), [event.time.timestamp() for event in events])


@dataclass(frozen=True, slots=True)
class Row:
    """A changelog record."""

    offset: int
    key: bytes
    value: bytes
    timestamp: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()


def topic_index(event: AnyEvent) -> int:
    return TOPIC_INDEX[topic_of(event).name]


@dataclass(slots=True)
class Told:
    """What a flush told: snapshots and alert steps, and what a policy tried out says otherwise."""

    snapshots: list[HealthSnapshot] = field(default_factory=list)
    steps: list[AlertStep] = field(default_factory=list)
    differences: list[ShadowDifference] = field(default_factory=list)


class Bench:
    """A partition fed and flushed as `streams/worker/engine.py` does it, with the watermark as an argument.

    `told` keeps all that was ever told.
    """

    def __init__(
        self,
        tables: Tables | None = None,
        history_until: float = NEVER,
        rules: Rulebook | None = None,
        shadow: Shadow | None = None,
    ) -> None:
        self.tables = tables or default_tables()
        self.rules = rules or Rulebook.of(self.tables.policy)
        self.shadow = shadow
        self.partition = Partition()
        self.managers = self.partition.managers
        self.refused: Counter[Refusal] = Counter()
        self.told = Told()
        self._history_until = history_until
        self.log: list[list[AnyEvent]] = [[] for _ in EVENT_TOPICS]
        self._stored: dict[str, bytes] = {}
        self._durable = [0] * len(EVENT_TOPICS)
        self._swept_at = NEVER
        self._watermark = NEVER

    def feed(self, *events: AnyEvent, watermark: float | None = None) -> list[Folded]:
        """Fold the events, each on its topic, one batch a run of the same topic; nothing is decided."""
        self._move(watermark)
        return [self._fold(topic, batch) for topic, batch in runs(events)]

    def _fold(self, topic: int, batch: Sequence[AnyEvent]) -> Folded:
        start = len(self.log[topic])
        self.log[topic] += batch
        return self.read(topic, start)

    def read(self, topic: int, start: int) -> Folded:
        """Fold what the log of a topic holds from an offset on."""
        facts = to_facts(self.log[topic][start:], start)
        result = fold(self.partition, topic, facts, self.rules.counting, self._watermark)
        newest = float(facts.at.max(initial=NEVER))
        self.refused += act(self.partition, result.actions, self._clock(max(newest, self._watermark)), self.rules)
        return result

    def hear(self, *profiles: ManagerProfileSet) -> None:
        """Learn of managers."""
        for one in profiles:
            self.managers.learn(one)
        self.partition.restless |= self.partition.climbing

    def crash(self, lag: int = 0, watermark: float | None = None) -> None:
        """Lose what no flush made durable, and read the log again from `lag` records before the durable offsets.

        With `watermark` time begins there again: a worker that dies may not have told where it was.
        """
        if watermark is not None:
            self._watermark = clock(watermark)
        held = Held()
        rows = [Row(offset, account.encode(), value) for offset, (account, value) in enumerate(self._stored.items())]
        held.apply(Batch("changelog", 0, 0, len(rows), len(rows), rows))
        held.settle()
        self.partition = held.partition
        self.partition.managers = self.managers
        for topic, durable in enumerate(self._durable):
            self.read(topic, max(0, durable - lag))

    def flush(self, now_s: float, watermark: float | None = None) -> Told:
        """Decide what is dirty, due or swept at the clock `now_s`, with the watermark there too unless given."""
        self._move(now_s if watermark is None else watermark)
        moment = self._clock(clock(now_s))
        chosen = self.partition.dirty.copy()
        chosen[due(self.partition, moment)] = True
        if moment.now - self._swept_at >= 1.0:
            self._swept_at = moment.now
            chosen[waiting(self.partition, moment, self.rules)] = True
            chosen[sweep(self.partition, slice(0, len(chosen)), moment, self.rules)] = True
        decide(self.partition, np.flatnonzero(chosen), moment, self.rules, self.shadow)
        told = self._taken()
        if self.shadow:
            others = self.shadow.sweep(self.partition, np.flatnonzero(~chosen), moment)
            self.shadow.look(self.partition, others, moment, self.rules)
            told.differences = [ShadowDifference.model_validate_json(value) for _, value in self.shadow.taken()]
            self.told.differences += told.differences
        return told

    def live(self, *events: AnyEvent) -> Told:
        """Each event folded and flushed at its own time."""
        told = Told()
        for event in events:
            self.feed(event)
            new = self.flush(event.time.timestamp() - START.timestamp())
            told.snapshots += new.snapshots
            told.steps += new.steps
        return told

    def _taken(self) -> Told:
        new, partition = Told(), self.partition
        changed = np.flatnonzero(partition.dirty)
        for index, value in zip(changed.tolist(), to_values(partition, changed), strict=True):
            self._stored[partition.accounts[index]] = value
            read_into(new, partition.outbox.pop(index, []))
        partition.dirty[:] = False
        self._durable = [len(lane) for lane in self.log]
        self.told.snapshots += new.snapshots
        self.told.steps += new.steps
        return new

    def _move(self, watermark: float | None) -> None:
        if watermark is not None:
            self._watermark = max(self._watermark, clock(watermark))

    def _clock(self, now: float) -> Clock:
        return Clock(self._watermark, now, self._history_until)


def read_into(told: Told, outbox: Iterable[Output]) -> None:
    for output in outbox:
        if output.topic == topics.HEALTH.name:
            told.snapshots.append(HealthSnapshot.model_validate_json(output.value))
        else:
            assert output.topic == topics.ALERTS.name
            told.steps.append(AlertStep.model_validate_json(output.value))


def runs(events: Iterable[AnyEvent]) -> list[tuple[int, list[AnyEvent]]]:
    """The events as runs of the same topic, in their order."""
    found: list[tuple[int, list[AnyEvent]]] = []
    for event in events:
        topic = topic_index(event)
        if not found or found[-1][0] != topic:
            found.append((topic, []))
        found[-1][1].append(event)
    return found


def folded(*events: AnyEvent, tables: Tables | None = None) -> Partition:
    """A partition with the events folded in the order given, nothing decided."""
    bench = Bench(tables)
    bench.feed(*events)
    return bench.partition


def sums_at(partition: Partition, at_s: float, tables: Tables | None = None, account: str = ACCOUNT) -> Floats:
    """An account's sums at a moment not before its newest fact, float64[1, S]."""
    row = partition.rows[[partition.index[account]]]
    elapsed = clock(at_s) - row["at"]
    assert elapsed[0] >= 0, "asked for a moment before the newest fact"
    return moved(row["sums"], elapsed, (tables or default_tables()).half_life_s)


def assessed(partition: Partition, at_s: float, tables: Tables | None = None, account: str = ACCOUNT) -> Assessment:
    """An account's assessment at a moment not before its newest fact."""
    row = partition.rows[[partition.index[account]]]
    used = tables or default_tables()
    return assess(sums_at(partition, at_s, used, account), row["seen"], used)


def score_of(*events: AnyEvent, at_s: float, tables: Tables | None = None) -> float:
    """The score at a moment of an account of which these facts were told, in this order."""
    return float(assessed(folded(*events, tables=tables), at_s, tables).score[0])
