"""Bands with hysteresis and dwell.

Worse: the score fell below a line. Better: it passed the line by the hysteresis. Either must hold for its dwell time
before it counts; until then it is a candidate.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from streams.core.policy import Floats
from streams.core.tables import Tables

NO_BAND: Final = -1
Codes = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class BandState:
    """`band` and `candidate: int8[n]` (index in `BANDS`, -1 none), `since: float64[n]` when the candidate began."""

    band: Codes
    candidate: Codes
    since: Floats


def target(score: Floats, band: Codes, tables: Tables) -> Codes:
    """The band the score calls for, given the band it is in. int8[n], -1 where there is no score.

    >>> from streams.core.policies import default_tables
    >>> [int(code) for code in target(np.array([44.0, 46.0, 46.0]), np.array([0, 2, 1], np.int8), default_tables())]
    [2, 2, 1]
    """
    worse = (score[:, None] < tables.lines).sum(axis=1)
    better = (score[:, None] < tables.lines + tables.policy.bands.hysteresis).sum(axis=1)
    wanted = np.where(worse > band, worse, np.minimum(band, better))
    wanted = np.where(band == NO_BAND, worse, wanted)
    return np.where(np.isnan(score), NO_BAND, wanted).astype(np.int8)


def stepped(state: BandState, wanted: Codes, moment: Floats, as_of: Floats, tables: Tables) -> tuple[BandState, Floats]:
    """The state after a reading, and when a change of band came to count (nan where none did).

    `moment` is when the score crossed to `wanted`, `as_of` when it was read. The first band of an account counts at
    once; so does the loss of all signal.
    """
    fresh = wanted != state.candidate
    since = np.where(fresh, moment, state.since)
    dwell = np.where(wanted > state.band, tables.policy.bands.dwell_worse_s, tables.policy.bands.dwell_better_s)
    at_once = (state.band == NO_BAND) | (wanted == NO_BAND)
    counts = (wanted != state.band) & (at_once | (as_of - since >= dwell))
    settled = (wanted == state.band) | counts
    after = BandState(
        band=np.where(counts, wanted, state.band).astype(np.int8),
        candidate=np.where(settled, NO_BAND, wanted).astype(np.int8),
        since=np.where(settled, np.inf, since),
    )
    return after, np.where(counts, np.where(at_once, moment, since + dwell), np.nan)
