"""What is usual in each segment: the gaps of its accounts up to a moment."""

from typing import Final

import numpy as np

from pulse.fitting.errors import TooFewOutcomes
from pulse.fitting.history import History
from streams.core.policy import Floats
from streams.core.silence.document import EVERYBODY, SegmentGaps
from streams.core.silence.rhythm import LINE_QUANTILE, gaps_of

FEWEST_GAPS: Final = 200
"""A segment with fewer is judged as everybody: its 95th percentile would hang on ten gaps."""


def segments_until(history: History, now: float) -> dict[str, SegmentGaps]:
    """`all`, and each segment with enough gaps, from what was known at `now`.

    Raises:
        TooFewOutcomes: nobody had bought on two days by then.
    """
    owner, gaps = gaps_of(history.occasions().until(now))
    if not len(gaps):
        raise TooFewOutcomes("teaching", 0, 0, 1)
    theirs = np.array(history.segments)[owner]
    found = {EVERYBODY: _gaps(gaps)}
    for name in sorted(set(history.segments) - {""}):
        mine = gaps[theirs == name]
        if len(mine) >= FEWEST_GAPS:
            found[name] = _gaps(mine)
    return found


def _gaps(gaps: Floats) -> SegmentGaps:
    quantile, mean = np.quantile(gaps, LINE_QUANTILE), np.log1p(gaps).mean()
    return SegmentGaps(gaps=len(gaps), quantile_d=round(float(quantile), 4), mean_log=round(float(mean), 6))
