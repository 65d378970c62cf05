"""Accounts that come under other rules: another version of the policy is in force, or their segment is another.

The rules before have the last word on what happened until the change, and what follows of that is told as ever. The
band at the change as the new rules see it is then a beginning, as when an account settles in, and a complaint that is
overdue, or repeated, by the new rules alone is taken as told: a policy release, or a profile, never pages anyone. What
happens after the change is held against that beginning.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.alerts import AlertKind, StepKind
from schemas.health import Dimension
from streams.core import bands
from streams.core.bands import NO_BAND, Codes
from streams.core.decay import moved, share_left
from streams.core.falls import begin_anew
from streams.core.fences import Bools
from streams.core.judging import BandChanges, Judgement, assessed, step_bands, told_until
from streams.core.overruling import overruled
from streams.core.policy import DIMENSIONS, Floats, Ints
from streams.core.quiet import change_rules
from streams.core.repeats import of_repeats
from streams.core.rulebook import Rulebook
from streams.core.score import assess, or_else
from streams.core.state import NEVER, Episode, Extra
from streams.core.tables import Tables

_SAME: Final = 1e-9
_SERVICE: Final = DIMENSIONS.index(Dimension.SERVICE)
Known = Callable[[int], Tables | None]
"""Rules by what stands for them in a row."""
_OVERDUE, _REPEATED = AlertKind.COMPLAINT_OVERDUE, AlertKind.COMPLAINT_REPEATED


@dataclass(frozen=True, slots=True)
class Ending:
    """What the rules before said last of some accounts, as of the change; `places` are theirs in the judgement."""

    places: Ints
    case: Judgement
    changes: BandChanges


@dataclass(frozen=True, slots=True)
class _Change:
    """Accounts that change over from the same rules: `places: int64[m]` in the judgement, `at: float64[m]` when.

    `sums: float64[m, S]` and `seen: bool[m, 3]` are as of then: what was told after it is not in them.
    """

    places: Ints
    old: Tables | None
    at: Floats
    sums: Floats
    seen: Bools


def change_over(case: Judgement, rules: Rulebook, began_at: float) -> Iterator[Ending]:
    """Bring accounts that were judged by other rules before under those of the judgement, in force since `began_at`.

    Yields what the rules before said last, and goes on when that was told. The judgement's state is as of the change
    then, and its `began_at` says when that was.
    """
    for change in _changes(case, rules.known, began_at):
        if change.old is not None:
            yield _ended(case, change, change.old)
        _take_for_told(case, change, _begin(case, change))


def change_bands(case: Judgement, known: Known, began_at: float) -> Iterator[Ending]:
    """The same of the bands alone, for whoever only looks on: nothing but the judgement's state moves."""
    for change in _changes(case, known, began_at):
        if change.old is not None:
            yield _ended(case, change, change.old)
        _begin(case, change)


def _changes(case: Judgement, known: Known, began_at: float) -> Iterator[_Change]:
    before = case.state["judged_by"].copy()
    changed = (before != case.tables.digest) & (before != 0) & np.isfinite(case.state["judged_at"])
    for digest in np.unique(before[changed]).tolist():
        yield _change(case, np.flatnonzero(changed & (before == digest)), known(digest), began_at)


def _change(case: Judgement, places: Ints, old: Tables | None, began_at: float) -> _Change:
    state = case.state[places]
    at = np.full(len(places), began_at)
    if old is not None and old.segment != case.tables.segment:
        at = np.maximum(at, _profile_at(case, places))
    at = np.clip(at, state["judged_at"], case.as_of[places])
    sums, seen = _as_of(case, places, at)
    return _Change(places, old, at, sums, seen)


def _profile_at(case: Judgement, places: Ints) -> Floats:
    extras = (case.partition.extras.get(row) for row in case.rows[places].tolist())
    return np.array([extra.profile.at if extra and extra.profile else NEVER for extra in extras])


def _as_of(case: Judgement, places: Ints, at: Floats) -> tuple[Floats, Bools]:
    """The sums and what has signal as of a moment between the last snapshot and now: told then, and come until it."""
    state = case.state[places]
    sums, seen = told_until(state, at, case.tables), state["told_seen"].copy()
    pending = case.partition.pending.of(case.rows[places]).until(at)
    place, effects = pending.place, pending.effects
    left = share_left(at[place] - effects.at, case.tables.half_life_s[effects.signal])
    np.add.at(sums, (place, effects.signal), effects.amount * left)
    seen[place, case.tables.dimension[effects.signal]] = True
    seen[:, _SERVICE] |= state["seen"][:, _SERVICE] & (state["first_at"] <= at)
    return sums, seen


def _ended(case: Judgement, change: _Change, old: Tables) -> Ending:
    """Judge by the old rules as of the change, and keep the bands that came of it."""
    state = case.state[change.places]
    newest = _newest_until(case, change)
    state["new_at"] = np.where(state["new_at"] <= change.at, state["new_at"], newest)
    since = np.minimum(state["judged_at"], change.at)
    state["sums"], state["at"] = moved(change.sums, since - change.at, old.half_life_s), since
    now, told = assessed(state, change.at, change.sums, change.seen, old)
    rows = case.rows[change.places]
    by_hand = overruled(case.partition, rows, state, change.at, now.score)
    last = Judgement(case.partition, rows, state, change.at, change.sums, now, told, by_hand, case.clock, old)
    changes = step_bands(last)
    for name in ("band", "candidate", "since"):
        _put(case.state, name, change.places, state[name])
    return Ending(change.places, last, changes)


def _newest_until(case: Judgement, change: _Change) -> Floats:
    """The newest fact since the last judgement that is not after the change, float64[m]."""
    newest = np.full(len(change.places), NEVER)
    pending = case.partition.pending.of(case.rows[change.places]).until(change.at)
    np.maximum.at(newest, pending.place, pending.effects.at)
    return np.where(newest > case.state["judged_at"][change.places], newest, NEVER)


def _begin(case: Judgement, change: _Change) -> Floats:
    """Take the state at the change as the new rules see it for their beginning; the scores then, float64[m]."""
    places = change.places
    score = assess(change.sums, change.seen, case.tables).score
    shown = overruled(case.partition, case.rows[places], case.state[places], change.at, score).shown
    band = bands.target(shown, np.full(len(places), NO_BAND, np.int8), case.tables)
    kept = _as_before(change, score, case.tables)
    state = case.state
    _put(state, "band", places, np.where(kept, state["band"][places], band))
    _put(state, "candidate", places, np.where(kept, state["candidate"][places], NO_BAND))
    _put(state, "since", places, np.where(kept, state["since"][places], np.inf))
    _put(state, "judged_at", places, change.at)
    return score


def _take_for_told(case: Judgement, change: _Change, score: Floats) -> None:
    """What is so at the change by the new rules alone is no news."""
    places = change.places
    begin_anew(case, places, score, change.at)
    change_rules(case, places, change.old, change.at)
    case.began_at.update(zip(places.tolist(), change.at.tolist(), strict=True))
    for place, at in zip(places.tolist(), change.at.tolist(), strict=True):
        _overdue_as_told(case, place, change.old, at)
        _repeats_as_told(case, place, change.old, at)


def _as_before(change: _Change, score: Floats, tables: Tables) -> Bools:
    """Accounts of which the new rules say nothing else, bool[m]: their bands go on as they are."""
    if change.old is None or change.old.policy.bands != tables.policy.bands:
        return np.zeros(len(score), bool)
    before = assess(change.sums, change.seen, change.old).score
    return np.abs(or_else(score, -1.0) - or_else(before, -1.0)) <= _SAME


def _overdue_as_told(case: Judgement, place: int, old: Tables | None, at: float) -> None:
    """Complaints that are overdue at the change, and were not by the rules before, open nothing."""
    row = int(case.rows[place])
    extra = case.partition.extras.get(row)
    if extra is None or not extra.owing:
        return
    case.partition.recounted.add(row)
    overdue = {name for name, record in extra.owing.items() if record.due(case.tables.sla_h) <= at}
    if old is not None:
        overdue -= {name for name, record in extra.owing.items() if record.due(old.sla_h) <= at}
    _remember(case, extra, _OVERDUE, overdue, row)


def _repeats_as_told(case: Judgement, place: int, old: Tables | None, at: float) -> None:
    """The same of complaints that repeat another only as the new rules count."""
    row = int(case.rows[place])
    extra = case.partition.extras.get(row)
    if extra is None or not extra.complaints:
        return
    fresh = _repeated(extra, case.tables, at)
    _remember(case, extra, _REPEATED, fresh - _repeated(extra, old, at) if old is not None else fresh, row)


def _repeated(extra: Extra, tables: Tables, at: float) -> set[str]:
    """The complaints that would be told as repeated, of those opened until then."""
    known = {name: record for name, record in extra.complaints.items() if record.opening and record.opening.at <= at}
    step = of_repeats(extra.episodes.get(_REPEATED, Episode()), known, tables.policy.complaints.repeated_within_d, at)
    return set(step.episode.members) if step and step.step in (StepKind.OPENED, StepKind.UPDATED) else set()


def _remember(case: Judgement, extra: Extra, kind: AlertKind, names: set[str], row: int) -> None:
    if names:
        episode = extra.episodes.get(kind, Episode())
        extra.episodes[kind] = replace(episode, members=tuple(sorted({*episode.members, *names})))
        case.partition.dirty[row] = True


def _put(state: npt.NDArray[np.void], name: str, places: Ints, values: Codes | Floats) -> None:
    state[name][places] = values
