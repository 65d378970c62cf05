"""Accounts under judgement: what their state says at the moment of a flush, and which band that calls for.

Nothing is told here; the rows' bands are advanced in the judgement's copy.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from streams.core import bands
from streams.core.bands import NO_BAND, BandState, Codes
from streams.core.crossing import Fading, crossed_at
from streams.core.decay import moved
from streams.core.explain import Since, Texts, changes
from streams.core.fences import Bools
from streams.core.overruling import Overruled, latest_told, overruled, with_parts
from streams.core.policy import Floats, Ints
from streams.core.rulebook import Rulebook
from streams.core.score import Assessment, assess
from streams.core.state import NEVER, Partition
from streams.core.tables import Tables


@dataclass(frozen=True, slots=True)
class Clock:
    """`watermark` in event time, `now` the clock, `history_until` before which all is history (epoch seconds)."""

    watermark: float
    now: float
    history_until: float = NEVER

    def is_history(self, at: float, horizon_s: float) -> bool:
        """Whether a decision for the moment `at` is recorded but never sent."""
        return at < max(self.now - horizon_s, self.history_until)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The rows under judgement: places in the partition, a copy of their state, and an assessment of them.

    `sums: float64[n, S]` and `now` are as of `as_of: float64[n]`, `told` is what the last snapshots rest on, seen from
    there; `overruled` is what people set in place of it.
    `began_at` has the places of accounts that came under these rules with this judgement, and when (event time): what
    was so at that moment already is no news.
    """

    partition: Partition
    rows: Ints
    state: npt.NDArray[np.void]
    as_of: Floats
    sums: Floats
    now: Assessment
    told: "Told"
    overruled: Overruled
    clock: Clock
    tables: Tables
    began_at: dict[int, float] = field(default_factory=dict)

    @property
    def shown(self) -> Floats:
        """The score that is shown and that bands follow, float64[n]."""
        return self.overruled.shown

    def parts(self, places: Ints) -> Iterator[Texts]:
        """The parts of the change of the rows at `places` since their last snapshots."""
        as_of, told = self.as_of[places], self.told
        # Nothing lies after the moment of reading, but where it is that of a change of rules.
        pending = self.partition.pending.of(self.rows[places]).until(as_of)
        sums = self.state["told_sums"][places]
        before = told.then.at(places), told.faded[places], self._computed_then(places)
        since = Since(sums, *before, pending, as_of)
        found = changes(self.now.at(places), since, self.tables)
        return with_parts(found, places.tolist(), self.overruled.hands) if self.overruled.hands else found

    def _computed_then(self, places: Ints) -> Floats:
        """The computed scores behind those told last, float64[places]."""
        scores: Floats = self.state["told_score"][places]
        for index, place in enumerate(places.tolist() if self.overruled.hands else ()):
            hand = self.overruled.hands.get(place)
            scores[index] -= hand.held.points if hand and hand.held else 0.0
        return scores


@dataclass(frozen=True, slots=True)
class Told:
    """Of n accounts the sums that the last snapshot rests on: `then` assessed as of then by the rules of now, and what
    is left of them now: `faded: float64[n, S]`, worth `score: float64[n]` (nan without signal).
    """

    then: Assessment
    faded: Floats
    score: Floats


def assessed(
    state: npt.NDArray[np.void], as_of: Floats, sums: Floats, seen: Bools, tables: Tables
) -> tuple[Assessment, Told]:
    """Accounts as they are, and as told last. At one go: of few accounts, a second look costs as much again."""
    told_sums, told_seen = state["told_sums"], state["told_seen"]
    faded, many = told_until(state, as_of, tables), len(state)
    found = assess(np.concatenate((sums, faded, told_sums)), np.concatenate((seen, told_seen, told_seen)), tables)
    then = found.at(slice(2 * many, None))
    return found.at(slice(many)), Told(then, faded, found.score[many : 2 * many])


def told_until(state: npt.NDArray[np.void], at: Floats, tables: Tables) -> Floats:
    """What is left of the sums that the last snapshots rest on at `at: float64[n]`, float64[n, S]."""
    # A profile may have been told before facts that are older than it: then nothing could fade.
    elapsed_s = np.where(state["version"] > 0, np.maximum(0.0, at - state["told_at"]), 0.0)
    return moved(state["told_sums"], elapsed_s, tables.half_life_s)


def reading_moment(state: npt.NDArray[np.void], clock: Clock) -> Floats:
    """When each row is read, float64[n]: at the watermark, never before its newest fact or its last judgement."""
    return _moment(state["at"], state["judged_at"], clock)


def _moment(at: Floats, judged_at: Floats, clock: Clock) -> Floats:
    as_of: Floats = np.maximum(np.maximum(at, judged_at), clock.watermark)
    return as_of


def by_rules(partition: Partition, rows: Ints, clock: Clock, rules: Rulebook) -> Iterator[tuple[Tables, float, Ints]]:
    """`rows` by the rules that count when each is read: the rules, since when they count, and the places in `rows`.

    By columns: two fields of whole rows would copy the rows.
    """
    state = partition.rows
    moments = _moment(state["at"][rows], state["judged_at"][rows], clock)
    return rules.groups(state["segment"][rows], moments)


def judgement(partition: Partition, rows: Ints, clock: Clock, tables: Tables) -> Judgement:
    """The rows as they are now; `state` is a copy, to be written back when all is decided."""
    return judged(partition, rows, partition.rows[rows], clock, tables)


def judged(partition: Partition, rows: Ints, state: npt.NDArray[np.void], clock: Clock, tables: Tables) -> Judgement:
    """The rows as they are now but for `state`, which stands for what they say and is advanced in place."""
    known = np.isfinite(state["at"])
    as_of = reading_moment(state, clock)
    for index in np.flatnonzero(~np.isfinite(as_of)).tolist():
        extra = partition.extras.get(int(rows[index]))
        as_of[index] = extra.profile.at if extra and extra.profile else clock.now
    as_of = latest_told(partition, rows, state, as_of)
    sums = moved(state["sums"], as_of - np.where(known, state["at"], as_of), tables.half_life_s)
    now, told = assessed(state, as_of, sums, state["seen"], tables)
    by_hand = overruled(partition, rows, state, as_of, now.score)
    return Judgement(partition, rows, state, as_of, sums, now, told, by_hand, clock, tables)


@dataclass(frozen=True, slots=True)
class BandChanges:
    """Per row the band before (`int8[n]`), whether the account is settling in, and when a change came to count."""

    before: Codes
    settling: npt.NDArray[np.bool_]
    counted_at: Floats


def step_bands(case: Judgement) -> BandChanges:
    """Advance the bands. While an account settles in, its band follows the score both ways.

    Facts of one moment come over several topics, so that the first flushes may see a part of them: a band taken from a
    part must not bind. An account settles in until it has a fact, or a crossing, `settle_s` after its first fact.
    What a person sets counts at once, and so does the band that is found when it no longer holds.
    """
    state, tables, before = case.state, case.tables, case.state["band"].copy()
    turned = case.overruled.turned
    moment = _crossing_moment(case, bands.target(case.shown, before, tables))
    moment = np.where(turned, case.overruled.since, moment)
    settling = np.maximum(moment, state["at"]) - state["first_at"] < tables.policy.bands.settle_s
    held = np.where(settling | turned, NO_BAND, before).astype(np.int8)
    wanted = bands.target(case.shown, held, tables)
    after, counted_at = bands.stepped(
        BandState(held, state["candidate"], state["since"]), wanted, moment, case.as_of, tables
    )
    state["band"], state["candidate"], state["since"] = after.band, after.candidate, after.since
    return BandChanges(before, settling, counted_at)


def _crossing_moment(case: Judgement, wanted: Codes) -> Floats:
    """When each score came to call for `wanted`, float64[n]: with the newest fact, else by time alone."""
    state, held = case.state, case.state["band"]
    by_fact = np.isfinite(state["new_at"])
    moment = np.where(by_fact, state["new_at"], case.as_of)
    fresh = (wanted != held) & (wanted != state["candidate"])
    by_time = np.flatnonzero(fresh & ~by_fact & np.isfinite(state["at"]))
    if len(by_time):
        at = state["at"][by_time]
        start = np.maximum(state["judged_at"][by_time], at)
        sums = moved(state["sums"][by_time], start - at, case.tables.half_life_s)
        fading = Fading(sums, state["seen"][by_time], start, case.as_of[by_time])
        moment[by_time] = crossed_at(fading, held[by_time], wanted[by_time], case.tables)
    return moment
