"""Folding facts into a partition's state: each once, in any order.

A batch is applied with some dozens of array operations, whatever topics it is of; what is variable (complaints,
profiles, actions) is applied fact by fact. Nothing is decided here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from schemas.alerts import AlertKind
from schemas.events.withdrawals import WITHDRAWN
from schemas.health import Dimension
from schemas.plain import Plain
from streams.core import fences, overrides, quiet, subscriptions
from streams.core.commitments import NEVER_DUE
from streams.core.complaints import NO_COMPLAINT, Complaint, advanced, difference
from streams.core.decay import moved, share_left
from streams.core.effects import CARRIED, FIXED_AMOUNT, FIXED_COUNT, FIXED_SIGNAL, WEIGHED, Effect, effects_of
from streams.core.facts import KIND_INDEX, KINDS, Facts, seconds
from streams.core.fences import Bools
from streams.core.hearing import LOGGED, reached_out
from streams.core.ledgers import CALLBACK_DUE, RULES, keep
from streams.core.levels import UNTOLD
from streams.core.pending import NONE, Effects
from streams.core.policy import DIMENSIONS, Floats, Ints
from streams.core.reaching import contacts_in, enter
from streams.core.runs import runs
from streams.core.segments import code_of
from streams.core.state import NEVER, RING, Extra, Partition, Profile
from streams.core.subscriptions import CHANGED
from streams.core.tables import Tables

FAMILY_TOPICS: Final = 3
"""The first topics of `EVENT_TOPICS` are the three families a score is made of."""

_SERVICE: Final = DIMENSIONS.index(Dimension.SERVICE)
_SINGLY: Final = np.array([name.startswith(("complaint.", "fact.")) or name in CARRIED for name in KINDS])
"""bool[KINDS]: what such a fact counts for is found out for each by itself."""

_COMMITS: Final = np.array([name in RULES or name.startswith("fact.") for name in KINDS])
"""bool[KINDS]: such a fact opens or settles a commitment, or may take one back."""


@dataclass(slots=True)
class Folded:
    """What a batch did. `actions` are the people's decisions in it, with the row they concern."""

    applied: int = 0
    skipped: int = 0
    duplicates: int = 0
    late: int = 0
    actions: list[tuple[int, Plain]] = field(default_factory=list)


def fold(partition: Partition, topic: int | Ints, facts: Facts, tables: Tables, watermark: float) -> Folded:
    """Apply a batch; `topic`, of all or int64[n] of each, is an index in `EVENT_TOPICS`. Idempotent: what a row's fence
    covers is skipped.
    """
    rows, topic = partition.rows_of(facts.subjects), np.broadcast_to(topic, len(facts))
    state = partition.rows
    fenced = fences.covered(state["fence"][rows, topic], facts.offset)
    known = fences.known(state["ring"][rows], rows, facts.digest, fenced)
    take = np.flatnonzero(~(fenced | known))
    result = Folded(applied=len(take), skipped=int(fenced.sum()), duplicates=int((known & ~fenced).sum()))
    read = rows[~fenced]
    # Ascending within a topic, so that the last of a row's counts.
    state["fence"][read, topic[~fenced]] = facts.offset[~fenced]
    partition.dirty[read] = True
    if len(take):
        batch = _Batch.of(rows[take], facts.taken(take))
        _remember(partition, batch)
        _apply(partition, batch, topic[take] < FAMILY_TOPICS, tables, result)
        result.late = int((batch.facts.at < watermark).sum())
    return result


class _Batch(NamedTuple):
    """New facts and the row of each.

    Facts of one row stand together in `order: int64[n]`, oldest first; those of `touched: int64[r]` (rows, ascending)
    begin at `starts: int64[r]`; `many: int64[r]` of them; `nth: int64[n]` says which of its row's each is.
    """

    rows: Ints
    facts: Facts
    order: Ints
    touched: Ints
    starts: Ints
    many: Ints
    nth: Ints

    @classmethod
    def of(cls, rows: Ints, facts: Facts) -> "_Batch":
        order = np.argsort(rows, kind="stable")
        touched, starts, count = runs(rows[order])
        nth = np.arange(len(rows)) - np.repeat(starts, count)
        return cls(rows, facts, order, touched, starts, count, nth)

    def highest(self, values: Floats) -> Floats:
        """By touched row, float64[r]."""
        return np.maximum.reduceat(values[self.order], self.starts)

    def lowest(self, values: Floats) -> Floats:
        """By touched row, float64[r]."""
        return np.minimum.reduceat(values[self.order], self.starts)


def _remember(partition: Partition, batch: _Batch) -> None:
    state = partition.rows
    first = state["ring_next"][batch.touched].astype(np.int64)
    place = (np.repeat(first, batch.many) + batch.nth) % RING
    state["ring"][np.repeat(batch.touched, batch.many), place] = batch.facts.digest[batch.order]
    state["ring_next"][batch.touched] = (first + batch.many) % RING


def _apply(partition: Partition, batch: _Batch, scores: Bools, tables: Tables, result: Folded) -> None:
    """`scores: bool[n]` says which facts are of the families that a score is made of."""
    state, touched = partition.rows, batch.touched
    state["applied"][touched] += batch.many.astype(np.int32)
    state["unsaid"][touched] = True
    state["caused_at"][touched] = np.maximum(state["caused_at"][touched], batch.highest(batch.facts.record_at))
    if scores.all():
        _count(partition, batch, tables)
        return
    ours, others = np.flatnonzero(scores), np.flatnonzero(~scores)
    if len(ours):
        _count(partition, _Batch.of(batch.rows[ours], batch.facts.taken(ours)), tables)
    for row, event in zip(batch.rows[others].tolist(), batch.facts.events[others].tolist(), strict=True):
        if event["type"] == "account.profile_set.v1":
            _set_profile(partition, row, event)
        elif event["type"].startswith("alert."):
            result.actions.append((row, event))
        else:
            _override(partition, row, event)


def _count(partition: Partition, batch: _Batch, tables: Tables) -> None:
    effects = _effects(partition, batch, tables)
    partition.pending.add(effects.taken(~UNTOLD[effects.signal]))
    _move_and_add(partition, batch, effects, tables)
    _keep_commitments(partition, batch)
    quiet.note(partition, batch.rows, batch.facts)


def _effects(partition: Partition, batch: _Batch, tables: Tables) -> Effects:
    """What the facts count for, in their order: at once what follows from the type, singly the rest."""
    sources = (_fixed(batch.facts), *_weighed(batch.facts, tables), _singly(partition, batch, tables))
    place, signal, amount, at = (np.concatenate(column) for column in zip(*sources, strict=True))
    if not len(place):
        return NONE
    order = np.argsort(place, kind="stable")
    place = place[order]
    return Effects(batch.rows[place], signal[order], amount[order], at[order], batch.facts.told[place])


_Columns = tuple[Ints, Ints, Floats, Floats]
"""Effects of a batch: the place of the fact, signal, amount, as of when."""


def _fixed(facts: Facts) -> _Columns:
    count = np.where(_SINGLY[facts.kind], 0, FIXED_COUNT[facts.kind])
    place = np.repeat(np.arange(len(facts)), count)
    nth = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    kind = facts.kind[place]
    return place, FIXED_SIGNAL[kind, nth], FIXED_AMOUNT[kind, nth], facts.at[place]


def _weighed(facts: Facts, tables: Tables) -> Iterator[_Columns]:
    for name, weighed in WEIGHED.items():
        place = np.flatnonzero(facts.kind == KIND_INDEX[name])
        if len(place):
            data = [event["data"] for event in facts.events[place].tolist()]
            for signal, amount in weighed(data, tables.rates):
                given = ~np.isnan(amount)
                yield place[given], np.full(np.count_nonzero(given), signal), amount[given], facts.at[place[given]]


def _singly(partition: Partition, batch: _Batch, tables: Tables) -> _Columns:
    found: list[tuple[int, Effect]] = []
    facts = batch.facts
    places = np.flatnonzero(_SINGLY[facts.kind])
    columns = (places, batch.rows[places], facts.events[places], facts.at[places])
    for place, row, event, at in zip(*(column.tolist() for column in columns), strict=True):
        found += [(place, effect) for effect in _of_fact(partition, row, event, at, tables)]
    return (
        np.array([place for place, _ in found], np.int64),
        np.array([effect[0] for _, effect in found], np.int64),
        np.array([effect[1] for _, effect in found], np.float64),
        np.array([effect[2] for _, effect in found], np.float64),
    )


def _of_fact(partition: Partition, row: int, event: Plain, at: float, tables: Tables) -> list[Effect]:
    """What a fact adds; one withdrawn takes back as of its own time, and out of its complaint's course."""
    event, at, sign = _meant(event, at)
    effects = effects_of(event, at, tables.rates, float(sign))
    if event["type"] == CHANGED:
        extra = partition.beside(row)
        extra.subscription = subscriptions.advanced(extra.subscription, event, at, sign)
    if event["type"].startswith("complaint."):
        before, after = _advance(partition, row, event, at, sign)
        due_at = after.due(tables.sla_h) if after.owes_answer else NEVER_DUE
        partition.owes(row, AlertKind.COMPLAINT_OVERDUE, due_at)
        effects = difference(before, after) + effects
    return effects


def _meant(event: Plain, at: float) -> tuple[Plain, float, int]:
    """The fact that counts, as of when, and 1; of a withdrawal the original, its own time, and -1."""
    if event["type"] != WITHDRAWN:
        return event, at, 1
    original = event["data"]["original"]
    return original, seconds(original["time"]), -1


def _advance(partition: Partition, row: int, event: Plain, at: float, sign: int) -> tuple[Complaint, Complaint]:
    """The complaint before and after a fact of its course."""
    extra, name = partition.beside(row), event["data"]["complaint_id"]
    before = extra.complaints.get(name, NO_COMPLAINT)
    after = advanced(before, event, at, sign)
    extra.put(name, before, after)
    if len(extra.complaints) > 1:
        partition.repeating.add(row)
    return before, after


def _keep_commitments(partition: Partition, batch: _Batch) -> None:
    facts = batch.facts
    committing = _COMMITS[facts.kind]
    contacts = np.flatnonzero(facts.kind == KIND_INDEX[LOGGED])
    if len(contacts):
        data = [event["data"] for event in facts.events[contacts].tolist()]
        committing[contacts] = [CALLBACK_DUE in one for one in data]
    _reach_out(partition, batch)
    places = np.flatnonzero(committing)
    columns = (batch.rows[places], facts.events[places], facts.at[places])
    for row, event, at in zip(*(column.tolist() for column in columns), strict=True):
        _keep(partition, row, event, at)
    partition.enter_dues()


def _keep(partition: Partition, row: int, event: Plain, at: float) -> None:
    """Enter a fact into the account's ledgers."""
    event, at, sign = _meant(event, at)
    extra = partition.extras.get(row) or Extra()
    kind, due_at = keep(extra.ledgers, event, at, sign)
    if kind:
        partition.extras[row] = extra
        partition.owes(row, kind, due_at)
    if kind == AlertKind.CALLBACK_OVERDUE:
        _return_calls(partition, {row})


def _reach_out(partition: Partition, batch: _Batch) -> None:
    """Contacts that went out from us: whoever waited for a call has it, or waits again where one is taken back."""
    told = reached_out(batch.facts)
    if not len(told.place):
        return
    rows = batch.rows[told.place]
    enter(contacts_in(partition.rows), rows, told.at, told.sign)
    waiting = partition.calling.intersection(rows.tolist()) if partition.calling else set()
    _return_calls(partition, waiting.union(rows[told.sign < 0].tolist()))


def _return_calls(partition: Partition, rows: set[int]) -> None:
    for row in rows:
        extra = partition.extras.get(row)
        ledger = extra.ledgers.get(AlertKind.CALLBACK_OVERDUE) if extra else None
        if ledger is None:
            continue
        due_at = ledger.return_calls(float(contacts_in(partition.rows[row : row + 1]).newest()[0]))
        if due_at is not None:
            partition.owes(row, AlertKind.CALLBACK_OVERDUE, due_at)
        (partition.calling.add if ledger.owed else partition.calling.discard)(row)


def _set_profile(partition: Partition, row: int, event: Plain) -> None:
    extra, at, data = partition.beside(row), seconds(event["time"]), event["data"]
    if extra.profile is not None and extra.profile.at > at:
        return
    if extra.profile is None or extra.profile.segment != data["segment"]:
        quiet.shift(partition, np.array([row]))
    if row in partition.climbing:
        partition.restless.add(row)  # the account may have another owner
    extra.profile = Profile(at, data["name"], data["segment"], data["annual_value"], data["currency"], data["owner"])
    partition.rows["segment"][row] = code_of(data["segment"])


def _override(partition: Partition, row: int, event: Plain) -> None:
    """Somebody set or lifted an override, or took back that they did."""
    event, at, sign = _meant(event, seconds(event["time"]))
    extra = partition.beside(row)
    extra.overrides = overrides.advanced(extra.overrides, event, at, sign)
    partition.rows["overridden"][row] = True
    partition.recounted.add(row)


def _move_and_add(partition: Partition, batch: _Batch, effects: Effects, tables: Tables) -> None:
    state, touched, at = partition.rows, batch.touched, batch.facts.at
    newest, old_at = batch.highest(at), state["at"][touched]
    state["first_at"][touched] = np.minimum(state["first_at"][touched], batch.lowest(at))
    state["new_at"][touched] = np.maximum(state["new_at"][touched], newest)
    state["seen"][touched, _SERVICE] = True  # whoever deals with us could have complained
    place = np.searchsorted(touched, effects.row)
    # A withdrawal may bear an earlier time than what it takes back.
    np.maximum.at(newest, place, effects.at)
    new_at = np.maximum(old_at, newest)
    elapsed = np.where(old_at == NEVER, 0.0, new_at - np.where(old_at == NEVER, new_at, old_at))
    sums = moved(state["sums"][touched], elapsed, tables.half_life_s)
    if len(effects):
        weight = share_left(new_at[place] - effects.at, tables.half_life_s[effects.signal])
        width = sums.shape[1]
        sums += np.bincount(place * width + effects.signal, effects.amount * weight, minlength=sums.size).reshape(
            sums.shape
        )
        state["seen"][effects.row, tables.dimension[effects.signal]] = True
    state["at"][touched] = new_at
    state["sums"][touched] = sums
