"""Folding facts into a partition's state: each once, in any order.

A batch of one topic is applied with a handful of array operations; what is variable (complaints, profiles, actions) is
applied fact by fact. Nothing is decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.catalogue import AnyEvent
from schemas.events.actions import ActionEvent
from schemas.events.complaints import ComplaintEvent
from schemas.events.profiles import AccountProfileSet
from schemas.events.withdrawals import FactWithdrawn
from schemas.health import Dimension
from streams.core.complaints import Complaint, advanced, difference
from streams.core.decay import moved, share_left
from streams.core.effects import Effect, effects_of
from streams.core.policy import DIMENSIONS, Ints, Tables
from streams.core.state import NEVER, RING, Extra, Partition, Pending, Profile

FAMILY_TOPICS: Final = 3
"""The first topics of `EVENT_TOPICS` are the three families a score is made of."""

_SERVICE: Final = DIMENSIONS.index(Dimension.SERVICE)


class Fact(NamedTuple):
    """An event with where it stood: `digest` of (source, id), `record_at` the broker's timestamp in epoch seconds."""

    account: str
    offset: int
    digest: int
    record_at: float
    event: AnyEvent


@dataclass(slots=True)
class Folded:
    """What a batch did. `actions` are the people's decisions in it, with the row they concern."""

    applied: int = 0
    skipped: int = 0
    duplicates: int = 0
    late: int = 0
    actions: list[tuple[int, ActionEvent]] = field(default_factory=list)


def digest_of(source: str, event_id: str) -> int:
    """64 bits that stand for (source, id); never 0, which marks an empty place in the ring."""
    text = f"{source}\x00{event_id}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little") or 1


def fold(partition: Partition, topic: int, facts: Sequence[Fact], tables: Tables, watermark: float) -> Folded:
    """Apply a batch of `EVENT_TOPICS[topic]`, in offset order. Idempotent: what a row's fence covers is skipped."""
    rows = np.fromiter((partition.row_of(fact.account) for fact in facts), np.int64, len(facts))
    state = partition.rows
    offsets = np.fromiter((fact.offset for fact in facts), np.int64, len(facts))
    digests = np.fromiter((fact.digest for fact in facts), np.uint64, len(facts))
    fenced = offsets <= state["fence"][rows, topic]
    known = (state["ring"][rows] == digests[:, None]).any(axis=1) | _repeated(rows, digests, fenced)
    take = np.flatnonzero(~fenced & ~known)
    result = Folded(applied=len(take), skipped=int(fenced.sum()), duplicates=int((known & ~fenced).sum()))
    np.maximum.at(state["fence"][:, topic], rows, offsets)
    partition.dirty.update(rows[~fenced].tolist())
    if len(take):
        chosen = [facts[index] for index in take.tolist()]
        _remember(partition, rows[take], digests[take])
        _apply(partition, _Batch(topic, rows[take], chosen), tables, result)
        result.late = sum(fact.event.time.timestamp() < watermark for fact in chosen)
    return result


def _repeated(rows: Ints, digests: npt.NDArray[np.uint64], fenced: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """bool[n]: an earlier record of this batch, itself not skipped, is the same fact of the same account."""
    repeated = np.zeros(len(rows), bool)
    seen: set[tuple[int, int]] = set()
    for index, fact in enumerate(zip(rows.tolist(), digests.tolist(), strict=True)):
        if not fenced[index]:
            repeated[index] = fact in seen
            seen.add(fact)
    return repeated


def _remember(partition: Partition, rows: Ints, digests: npt.NDArray[np.uint64]) -> None:
    state = partition.rows
    order = np.argsort(rows, kind="stable")
    sorted_rows = rows[order]
    first = np.searchsorted(sorted_rows, sorted_rows, side="left")
    count = np.arange(len(rows)) - first
    place = (state["ring_next"][sorted_rows] + count) % RING
    state["ring"][sorted_rows, place] = digests[order]
    np.add.at(state["ring_next"], rows, 1)


class _Batch(NamedTuple):
    """New facts of one topic (index in `EVENT_TOPICS`) and the row of each."""

    topic: int
    rows: Ints
    facts: Sequence[Fact]


def _apply(partition: Partition, batch: _Batch, tables: Tables, result: Folded) -> None:
    topic, rows, facts = batch
    state = partition.rows
    effects: list[tuple[int, Effect]] = []
    for row, fact in zip(rows.tolist(), facts, strict=True):
        event, extra = fact.event, partition.extras[row]
        if topic < FAMILY_TOPICS:
            of_fact = _of_fact(extra, event)
            effects += [(row, effect) for effect in of_fact]
            extra.pending += [_pending(event, effect) for effect in of_fact]
        elif isinstance(event, AccountProfileSet):
            _set_profile(extra, event)
        elif isinstance(event, ActionEvent):
            result.actions.append((row, event))
    np.add.at(state["applied"], rows, 1)
    state["unsaid"][rows] = True
    np.maximum.at(state["caused_at"], rows, np.array([fact.record_at for fact in facts]))
    if topic < FAMILY_TOPICS:
        times = np.array([fact.event.time.timestamp() for fact in facts])
        np.maximum.at(state["new_at"], rows, times)
        _move_and_add(partition, rows, times, effects, tables)
        state["seen"][rows, _SERVICE] = True  # whoever deals with us could have complained


def _of_fact(extra: Extra, event: AnyEvent) -> list[Effect]:
    if isinstance(event, FactWithdrawn):
        return _taken_back(extra, event)
    if isinstance(event, ComplaintEvent):
        return _of_complaint(extra, event)
    return effects_of(event)


def _of_complaint(extra: Extra, event: ComplaintEvent, sign: int = 1) -> list[Effect]:
    before = extra.complaints.get(event.data.complaint_id, Complaint())
    after = advanced(before, event, sign)
    extra.complaints[event.data.complaint_id] = after
    return difference(before, after) + effects_of(event, float(sign))


def _taken_back(extra: Extra, event: FactWithdrawn) -> list[Effect]:
    """A withdrawn fact leaves as of its own time; what a complaint's course rested on it goes with it."""
    original = event.data.original
    if isinstance(original, ComplaintEvent):
        return _of_complaint(extra, original, -1)
    return effects_of(original, -1.0)


def _pending(event: AnyEvent, effect: Effect) -> Pending:
    return Pending(event.id, event.source, event.type, event.time.timestamp(), effect.signal, effect.amount, effect.at)


def _set_profile(extra: Extra, event: AccountProfileSet) -> None:
    at = event.time.timestamp()
    if extra.profile is not None and extra.profile.at > at:
        return
    data = event.data
    extra.profile = Profile(at, data.name, data.segment, str(data.annual_value), data.currency, data.owner)


def _move_and_add(
    partition: Partition, rows: Ints, times: npt.NDArray[np.float64], effects: list[tuple[int, Effect]], tables: Tables
) -> None:
    state = partition.rows
    where = np.array([row for row, _ in effects], np.int64)
    at = np.array([effect.at for _, effect in effects])
    touched = np.unique(rows)
    old_at = state["at"][touched]
    np.minimum.at(state["first_at"], rows, times)
    np.maximum.at(state["at"], rows, times)
    np.maximum.at(state["at"], where, at)  # a withdrawal may bear an earlier time than what it takes back
    new_at = state["at"][touched]
    elapsed = np.where(old_at == NEVER, 0.0, new_at - np.where(old_at == NEVER, new_at, old_at))
    state["sums"][touched] = moved(state["sums"][touched], elapsed, tables.half_life_s)
    if not effects:
        return
    signal = np.array([effect.signal for _, effect in effects])
    amount = np.array([effect.amount for _, effect in effects])
    weight = share_left(state["at"][where] - at, tables.half_life_s[signal])
    np.add.at(state["sums"], (where, signal), amount * weight)
    state["seen"][where, tables.dimension[signal]] = True
