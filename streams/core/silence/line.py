"""The line of an account: the silence that is long for it, leaning on its segment while it has few gaps of its own."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from streams.core.policy import Floats, Ints
from streams.core.silence.rhythm import Rhythm

PSEUDO_GAPS: Final = 20
"""So many own gaps weigh as much as the segment. Twenty, because a 95th percentile of fewer than 1 / 0.05 gaps is
hardly less than the longest of them, which the next one passes far more often than once in twenty times."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual in each account's segment, `float64[accounts]`: the 95th percentile of the gaps in days, and
    the mean of log(1 + gap).
    """

    quantile_d: Floats
    mean_log: Floats

    def of(self, rows: Ints) -> "Usual":
        """The rows named, in that order."""
        return Usual(self.quantile_d[rows], self.mean_log[rows])


def shrunk(own: Floats, gaps: Ints, usual: Floats) -> Floats:
    """The mean of own and usual, w · own + (1 - w) · usual with w = gaps / (gaps + 20).

    >>> shrunk(np.array([13.2, np.nan]), np.array([5, 0]), np.array([63.2, 63.2])).round(6).tolist()
    [53.2, 63.2]
    """
    weight = gaps / (gaps + PSEUDO_GAPS)
    return weight * np.where(gaps > 0, own, 0.0) + (1 - weight) * usual


def own_line_d(rhythm: Rhythm, usual: Usual) -> Floats:
    """Days of silence after which an account is overdue by its own rhythm."""
    return shrunk(rhythm.quantile_d, rhythm.gaps, usual.quantile_d)
