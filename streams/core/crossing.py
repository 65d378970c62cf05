"""When a score crossed into another band by time alone. Several half-lives have no closed form, so it is found by halving."""

from typing import Final

import numpy as np
import numpy.typing as npt

from streams.core.bands import Codes, target
from streams.core.decay import moved
from streams.core.policy import Floats, Tables
from streams.core.score import assess

_HALVINGS: Final = 40


def crossed_at(
    sums: Floats,
    seen: npt.NDArray[np.bool_],
    start_at: Floats,
    end_at: Floats,
    bands: tuple[Codes, Codes],
    tables: Tables,
) -> Floats:
    """The moment in (`start_at`, `end_at`] from which each row calls for its new band, float64[n], to a millisecond.

    `sums: float64[n, S]` as of `start_at`; `bands` is (band held, band called for at `end_at`). A score that wanders
    over the line more than once gives one of its crossings.
    """
    held, wanted = bands
    low, high = start_at.copy(), end_at.copy()
    for _ in range(_HALVINGS):
        if not np.any(high - low > 1e-3):
            break
        middle = (low + high) / 2
        score = assess(moved(sums, middle - start_at, tables.half_life_s), seen, tables).score
        there = target(score, held, tables) == wanted
        high = np.where(there, middle, high)
        low = np.where(there, low, middle)
    return high
