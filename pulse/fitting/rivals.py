"""What the model is measured against: RFM, and the same thirty days for everybody."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pulse.fitting.choosing import draw
from pulse.fitting.snapshots import Snapshots
from streams.core.policy import Floats, Ints

FIXED_D: Final = 30.0
_FIFTHS: Final = (0.2, 0.4, 0.6, 0.8)
_BEST: Final = 5


@dataclass(frozen=True, slots=True)
class Rfm:
    """Recency, frequency and monetary value in fifths, 1 to 5 each, added up. `silence_d`, `purchases` and `spent` hold
    the four cuts of each, taken from the teaching snapshots; a sum of `line` or less alerts.
    """

    silence_d: Floats
    purchases: Floats
    spent: Floats
    line: float

    def score(self, of: Snapshots) -> Floats:
        """`float64[rows]`: the sum with its sign turned, so that higher is worse."""
        passed = np.searchsorted(self.silence_d, of.silent_d)
        return (passed - _BEST - self._other(of)).astype(np.float64)

    def alerts_after_d(self, of: Snapshots) -> Floats:
        """`float64[rows]`: the silence beyond which the sum falls to the line; inf for never."""
        needed = np.ceil(_BEST + self._other(of) - self.line).astype(np.int64)
        steps = np.concatenate([[0.0], self.silence_d, [np.inf]])
        found: Floats = steps[np.clip(needed, 0, len(steps) - 1)]
        return found

    def _other(self, of: Snapshots) -> Ints:
        frequency = 1 + np.searchsorted(self.purchases, of.rhythm.count)
        return np.asarray(frequency + 1 + np.searchsorted(self.spent, of.spent), dtype=np.int64)


def rfm_of(teaching: Snapshots, wanted: float) -> Rfm:
    """Cuts and line from the snapshots that teach, the line drawn as that of the model is."""
    cut = Rfm(
        silence_d=np.quantile(teaching.silent_d, _FIFTHS),
        purchases=np.quantile(teaching.rhythm.count, _FIFTHS),
        spent=np.quantile(teaching.spent, _FIFTHS),
        line=0.0,
    )
    return replace(cut, line=-draw(cut.score(teaching), teaching.stayed_away, wanted).line)
