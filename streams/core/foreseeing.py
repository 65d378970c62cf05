"""The next band of accounts under judgement: what `streams.core.ahead` sees of their sums, with what people set.

While an override is in force nothing changes; when it expires the band of the computed score counts at once.
"""

import numpy as np

from streams.core.ahead import HORIZON_D, Ahead, Resting, next_bands
from streams.core.bands import NO_BAND, target
from streams.core.decay import moved
from streams.core.judging import Judgement
from streams.core.policy import DAY_S, Floats, Ints
from streams.core.score import assess


def foreseen(case: Judgement, places: Ints) -> Ahead:
    """The next band of the accounts at `places`, and when it will count if nothing more is told of them."""
    state, as_of, sums = case.state[places], case.as_of[places], case.sums[places]
    held = _held_until(case, places)
    if not len(held):
        resting = Resting(sums, state["seen"], as_of, state["band"], state["candidate"], state["since"])
        return next_bands(resting, case.tables)
    start = np.maximum(as_of, held)
    sums = moved(sums, start - as_of, case.tables.half_life_s)
    by_hand = start > as_of
    candidate = np.where(by_hand, NO_BAND, state["candidate"]).astype(np.int8)
    found = next_bands(Resting(sums, state["seen"], start, state["band"], candidate, state["since"]), case.tables)
    freed = target(assess(sums, state["seen"], case.tables).score, np.full(len(places), NO_BAND, np.int8), case.tables)
    turns = by_hand & (freed != state["band"])
    band, at = np.where(turns, freed, found.band).astype(np.int8), np.where(turns, start, found.at)
    near = (band != NO_BAND) & (at <= as_of + HORIZON_D * DAY_S)
    return Ahead(np.where(near, band, NO_BAND).astype(np.int8), np.where(near, at, np.nan))


def _held_until(case: Judgement, places: Ints) -> Floats:
    """When the overrides in force expire, float64[n] (-inf for none), or nothing where there is none at all."""
    if not case.overruled.hands:
        return np.empty(0)
    in_force = map(case.overruled.in_force, places.tolist())
    return np.array([said.expires_at if said else -np.inf for said in in_force])
