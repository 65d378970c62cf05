"""The worker's live part: which partitions it owns, up to where each is folded, and what the next flush takes.

Everything here runs on one event loop. `take` has no await in it: rows, outboxes and source positions that go into a
flush are of the same moment.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import numpy as np
import structlog

from schemas.broker import Broker
from schemas.topics import EVENT_TOPICS
from streams.core.decide import act, decide, due, sweep, waiting
from streams.core.escalation.directory import Directory
from streams.core.facts import Facts
from streams.core.fold import Folded, fold
from streams.core.judging import Clock
from streams.core.quiet import shift
from streams.core.rulebook import Rulebook, Version
from streams.core.shadow import Shadow
from streams.core.state import NEVER, Output, Partition
from streams.core.watermark import Watermark
from streams.worker import metrics
from streams.worker.outbound import Message
from streams.worker.records import Place, decode_batch
from streams.worker.rows import PartitionRecord, to_values
from streams.worker.store import Held
from streams.worker.transport import Batch

TOPIC_INDEX: Final = {topic.name: index for index, topic in enumerate(EVENT_TOPICS)}
TopicPlace = tuple[str, int]
_SWEPT_AT_ONCE: Final = 10_000
"""Rows whose fading is looked at in one sweep: in a large partition it goes round, and costs the same."""
_FOLDED_AT_ONCE: Final = 250
_log = structlog.get_logger()


@dataclass(slots=True)
class Owned:
    """An active partition. By topic: `position` the next offset to read, `durable` the next one to read after a crash,
    `ends` where the log ends as last heard of, `queued` what was read and not folded yet. `shadow` is
    there while a policy is tried out, and `beside` what it says otherwise and nobody was told yet.
    """

    number: int
    held: Held
    generation: int
    watermark: Watermark
    position: dict[str, int] = field(default_factory=dict)
    durable: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    queued: dict[str, list[Batch]] = field(default_factory=dict)
    refused: list[Message] = field(default_factory=list)
    untold: list[tuple[bytes, Output]] = field(default_factory=list)
    shadow: Shadow | None = None
    beside: list[Message] = field(default_factory=list)
    swept_at: float = 0.0
    sweep_from: int = 0
    renewed_to: int = 0
    managers_version: int = -1
    unflushed: int = 0

    def next_sweep(self) -> slice:
        """The rows to sweep now; the next sweep goes on behind them.

        The first time round, what is expected of their days is found anew: it may stand there by another policy.
        """
        partition = self.held.partition
        begin = self.sweep_from if self.sweep_from < len(partition) else 0
        self.sweep_from = begin + _SWEPT_AT_ONCE
        if begin >= self.renewed_to:
            shift(partition, np.arange(begin, min(self.sweep_from, len(partition))))
            self.renewed_to = self.sweep_from
        return slice(begin, self.sweep_from)


@dataclass(slots=True)
class Taken:
    """What one flush of one partition writes, and the positions that are durable once it has; `written` when it has."""

    owned: Owned
    rows: list[Message]
    outputs: list[tuple[bytes, Output]]
    refused: list[Message]
    positions: dict[str, int]
    told: PartitionRecord
    beside: list[Message] = field(default_factory=list)
    oldest_cause: float = float("inf")
    """The broker's timestamp of the record that waited longest for what is told here; inf where none did."""
    written: bool = False


class Engine:
    """Folds batches into the partitions it owns and says what to flush. `now` is the clock, epoch seconds."""

    def __init__(
        self, broker: Broker, rules: Rulebook, sweep_interval_s: float, history_until: datetime | None
    ) -> None:
        self.owned: dict[int, Owned] = {}
        self.managers = Directory()
        self._partitions = broker.partitions
        self.rules = rules
        self.shadow: Version | None = None
        """The policy tried out, and since when; it only looks on."""
        self._sweep_interval_s = sweep_interval_s
        self._history_until = history_until.timestamp() if history_until else NEVER

    @property
    def unflushed(self) -> int:
        """Facts folded and not yet taken by a flush."""
        return sum(owned.unflushed for owned in self.owned.values())

    @property
    def changed(self) -> int:
        """Accounts changed and not yet taken by a flush."""
        return sum(int(np.count_nonzero(owned.held.partition.dirty)) for owned in self.owned.values())

    @property
    def lag(self) -> int:
        """Records written and not yet folded, as far as has been heard."""
        return sum(
            max(0, end - owned.position.get(topic, 0))
            for owned in self.owned.values()
            for topic, end in owned.ends.items()
        )

    def own(self, number: int, held: Held, generation: int) -> None:
        """Take a recovered partition over; what its last flush decided and may not have told is told again."""
        kept = self.owned.get(number)
        if kept is not None and kept.held is held:
            # Others may have owned it while we were stalled: what we write from now on must outrank what they wrote.
            kept.generation = max(kept.generation, generation, held.newest_generation + 1)
            kept.untold += _untold(held)
            return
        owner = max(generation, held.newest_generation + 1)
        value = NEVER if held.told.watermark is None else held.told.watermark
        owned = Owned(number, held, owner, Watermark.fresh(len(EVENT_TOPICS), time.time(), value=value))
        owned.untold = _untold(held)
        held.partition.managers = self.managers  # a person may act before anything is judged
        self.owned[number] = owned

    def disown(self, numbers: Iterable[int]) -> None:
        """Forget partitions that were given away."""
        for number in numbers:
            self.owned.pop(number, None)

    def seek_to(self, committed: Mapping[TopicPlace, int | None]) -> None:
        """Batches are expected from the committed offsets on."""
        for (topic, number), offset in committed.items():
            if topic in TOPIC_INDEX and number in self.owned:
                owned = self.owned[number]
                owned.position[topic] = owned.durable[topic] = max(offset or 0, 0)
                owned.queued.pop(topic, None)

    def expected(self, topic: str, number: int) -> int | None:
        """Where the next batch must begin; None when the partition is not ours."""
        owned = self.owned.get(number)
        return owned.position.get(topic) if owned else None

    def take_in(self, batch: Batch, now: float) -> None:
        """Take a batch that begins where it is expected. It is folded when there is enough of it, or a flush is due: a
        fold of five records costs as much as one of a hundred.
        """
        owned = self.owned[batch.partition]
        owned.queued.setdefault(batch.topic, []).append(batch)
        owned.position[batch.topic], owned.ends[batch.topic] = batch.next, batch.end
        owned.unflushed += len(batch.records)
        if sum(len(one.records) for batches in owned.queued.values() for one in batches) >= _FOLDED_AT_ONCE:
            self._fold(owned, now)

    def fold_queued(self, now: float) -> None:
        """Fold what waits for company."""
        for owned in self.owned.values():
            if owned.queued:
                self._fold(owned, now)

    def _fold(self, owned: Owned, now: float) -> None:
        """Fold what waits of a partition, of all topics at once."""
        queued, owned.queued = owned.queued, {}
        read = {TOPIC_INDEX[topic]: self._read(owned, topic, batches, now) for topic, batches in queued.items()}
        facts = Facts.joined(list(read.values()))
        if len(facts):
            topic = np.repeat(list(read), list(map(len, read.values())))
            self._counted(
                owned, fold(owned.held.partition, topic, facts, self.rules.counting, owned.watermark.value), now
            )
        for (index, theirs), batches in zip(read.items(), queued.values(), strict=True):
            newest, last = float(theirs.at.max(initial=NEVER)), batches[-1]
            owned.watermark.observe(index, newest, now, caught_up=last.next >= last.end)
        metrics.UNFLUSHED.set(self.unflushed)
        metrics.CHANGED.set(self.changed)

    def _read(self, owned: Owned, topic: str, batches: Iterable[Batch], now: float) -> Facts:
        """The facts in batches of a topic; what is none is kept as refused."""
        place = Place(EVENT_TOPICS[TOPIC_INDEX[topic]], owned.number, self._partitions)
        records = [record for batch in batches for record in batch.records]
        decoded = decode_batch(records, place, owned.held.partition, datetime.fromtimestamp(now, UTC))
        owned.refused += [
            (record.key, record.value, letter.to_headers(record.headers)) for record, letter in decoded.refused
        ]
        for _, letter in decoded.refused:
            metrics.DEAD.labels(letter.reason.value).inc()
        return decoded.facts

    def _counted(self, owned: Owned, result: Folded, now: float) -> None:
        """Heed what people decided, and count what came of a fold."""
        if result.actions:
            clock = self._clock(owned, now)
            for refusal, count in act(owned.held.partition, result.actions, clock, self.rules).items():
                metrics.REFUSED_DECISIONS.labels(refusal.value).inc(count)
        metrics.APPLIED.inc(result.applied)
        metrics.DUPLICATES.inc(result.duplicates)
        metrics.SKIPPED.inc(result.skipped)
        metrics.LATE.inc(result.late)

    def mark_end(self, topic: str, number: int, end: int, heard_at: float) -> None:
        """The broker said at `heard_at` (epoch seconds) where a topic partition ends."""
        owned = self.owned.get(number)
        if owned is None:
            return
        position, owned.ends[topic] = owned.position.get(topic, 0), end
        caught_up = position >= end and topic not in owned.queued
        owned.watermark.mark_end(TOPIC_INDEX[topic], heard_at, caught_up=caught_up)
        metrics.LAG.labels(topic, str(number)).set(max(0, end - position))

    def take(self, now: float) -> list[Taken]:
        """Decide what is due and take all that changed, one entry a partition that has something."""
        self.fold_queued(now)
        return [taken for owned in self.owned.values() if (taken := self._take(owned, now)) is not None]

    def put_back(self, unwritten: Iterable[Taken]) -> None:
        """Take back what a flush that was cut off did not write: its rows are written again, with what they decided."""
        for taken in unwritten:
            partition = taken.owned.held.partition
            for key, _, _ in taken.rows:
                partition.dirty[partition.index[(key or b"").decode()]] = True
            earlier: dict[int, list[Output]] = {}
            for key, output in taken.outputs:
                earlier.setdefault(partition.index[key.decode()], []).append(output)
            for row, outputs in earlier.items():
                partition.dirty[row] = True
                partition.outbox[row] = outputs + partition.outbox.get(row, [])
            taken.owned.refused = taken.refused + taken.owned.refused
            taken.owned.beside = taken.beside + taken.owned.beside

    def _take(self, owned: Owned, now: float) -> Taken | None:
        held, partition = owned.held, owned.held.partition
        oldest_cause = self._decide(owned, now)
        moved = owned.position != owned.durable
        if not (partition.dirty.any() or owned.refused or owned.untold or owned.beside or moved):
            return None
        flush = held.last_flush + 1
        rows, outputs = _packed(owned, partition, flush)
        held.last_flush = flush
        watermark = owned.watermark.value
        told = PartitionRecord(flush, owned.generation, watermark if watermark != NEVER else None)
        positions, told_now = dict(owned.position), owned.untold + outputs
        taken = Taken(owned, rows, told_now, owned.refused, positions, told, owned.beside, oldest_cause=oldest_cause)
        owned.refused, owned.untold, owned.beside, owned.unflushed = [], [], [], 0
        return taken

    def _decide(self, owned: Owned, now: float) -> float:
        """Decide; returns the broker's timestamp of the record that waited longest for its snapshot."""
        partition = owned.held.partition
        clock = self._clock(owned, now)
        metrics.WATERMARK_DELAY.labels(str(owned.number)).set(max(0.0, now - clock.watermark))
        metrics.ACCOUNTS.labels(str(owned.number)).set(len(partition))
        if not len(partition):
            return float("inf")
        self._heed_managers(owned)
        shadow = self._shadow_of(owned, now)
        chosen = partition.dirty.copy()
        chosen[due(partition, clock)] = True
        swept = slice(0)
        if now - owned.swept_at >= self._sweep_interval_s:
            owned.swept_at, swept = now, owned.next_sweep()
            chosen[waiting(partition, clock, self.rules)] = True
            chosen[sweep(partition, swept, clock, self.rules)] = True
        decided = decide(partition, np.flatnonzero(chosen), clock, self.rules, shadow)
        if shadow is not None:
            others = (swept.start or 0) + np.flatnonzero(~chosen[swept])
            shadow.look(partition, shadow.sweep(partition, others, clock), clock, self.rules)
            owned.beside += [(partition.accounts[row].encode(), value, ()) for row, value in shadow.taken()]
        metrics.SNAPSHOTS.inc(decided.snapshots)
        metrics.STEPS.labels("yes").inc(decided.historic)
        metrics.STEPS.labels("no").inc(decided.steps - decided.historic)
        return decided.oldest_cause

    def _shadow_of(self, owned: Owned, now: float) -> Shadow | None:
        """What looks on in a partition: made when a policy begins to be tried out, gone when it is no more."""
        if self.shadow is None:
            owned.shadow = None
        elif owned.shadow is None or owned.shadow.version != self.shadow:
            owned.shadow = Shadow(self.shadow, now)
        return owned.shadow

    def _heed_managers(self, owned: Owned) -> None:
        """Whoever has an alert may be away now, or have left; and who is next may be somebody else."""
        partition = owned.held.partition
        if owned.managers_version != self.managers.version:
            owned.managers_version, partition.managers = self.managers.version, self.managers
            partition.restless |= partition.climbing

    def _clock(self, owned: Owned, now: float) -> Clock:
        return Clock(owned.watermark.advance(now), now, self._history_until)


def _packed(owned: Owned, partition: Partition, flush: int) -> tuple[list[Message], list[tuple[bytes, Output]]]:
    changed = np.flatnonzero(partition.dirty)
    partition.dirty[changed] = False
    state, accounts = partition.rows, partition.accounts
    state["generation"][changed] = owned.generation
    state["flush"][changed] = flush
    keys = [accounts[row].encode() for row in changed.tolist()]
    rows: list[Message] = [(key, value, ()) for key, value in zip(keys, to_values(partition, changed), strict=True)]
    outputs = [(accounts[row].encode(), output) for row, told in partition.outbox.items() for output in told]
    partition.outbox.clear()
    return rows, outputs


def _untold(held: Held) -> list[tuple[bytes, Output]]:
    """What the last flush of the rows read decided, and may not have told."""
    flushes, accounts = held.partition.rows["flush"], held.partition.accounts
    return [(accounts[row].encode(), output) for row, output in held.settle() if flushes[row] > held.told.flush]
