"""When a score crossed into another band by time alone: found by halving, as several half-lives have no closed form."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from streams.core.bands import Codes, target
from streams.core.decay import moved
from streams.core.policy import Floats
from streams.core.score import assess
from streams.core.tables import Tables

_HALVINGS: Final = 40
_PRECISION_S: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Fading:
    """Accounts of which nothing new is told: `sums: float64[n, S]` as of `start_at`, looked at until `end_at`."""

    sums: Floats
    seen: npt.NDArray[np.bool_]
    start_at: Floats
    end_at: Floats


def crossed_at(fading: Fading, held: Codes, wanted: Codes, tables: Tables) -> Floats:
    """The moment in (`start_at`, `end_at`] from which each row calls for its new band, float64[n], to a millisecond.

    `held` is the band held, `wanted` the one called for at `end_at`. A score that wanders over the line more than once
    gives one of its crossings.
    """
    low, high = fading.start_at.copy(), fading.end_at.copy()
    for _ in range(_HALVINGS):
        if not np.any(high - low > _PRECISION_S):
            break
        middle = (low + high) / 2
        sums = moved(fading.sums, middle - fading.start_at, tables.half_life_s)
        there = target(assess(sums, fading.seen, tables).score, held, tables) == wanted
        high = np.where(there, middle, high)
        low = np.where(there, low, middle)
    return high
