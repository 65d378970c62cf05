"""When the fitted model of silence will say that an account is silent."""

from collections.abc import Sequence

import numpy as np

from streams.core.policy import DAY_S, Floats
from streams.core.silence.crossing import risk_after_d
from streams.core.silence.document import EVERYBODY, SegmentGaps, SilenceModel
from streams.core.silence.line import Usual, own_line_d
from streams.core.silence.rhythm import Rhythm
from streams.core.silence.risk import ground_of


def usual_of(known: dict[str, SegmentGaps], segments: Sequence[str]) -> Usual:
    """One row an account; `all` stands in for a segment that is not known."""
    given = [known.get(segment, known[EVERYBODY]) for segment in segments]
    return Usual(np.array([one.quantile_d for one in given]), np.array([one.mean_log for one in given]))


def silent_after_d(model: SilenceModel, rhythm: Rhythm, usual: Usual) -> Floats:
    """`float64[accounts]`: days of silence after which the alert line is passed; inf for never."""
    after = np.full(len(rhythm.count), np.inf)
    judged = np.flatnonzero(rhythm.count >= model.min_purchases)
    some, theirs = rhythm.of(judged), usual.of(judged)
    if model.alert.risk is None:
        after[judged] = own_line_d(some, theirs)
    else:
        after[judged] = risk_after_d(model.coefficients, ground_of(some, theirs), model.alert.risk)
    return after


def silent_at(model: SilenceModel, rhythm: Rhythm, usual: Usual) -> Floats:
    """`float64[accounts]`: the moment (seconds since the epoch) at which each will be called silent unless it buys
    before then: known as soon as its last purchase is. inf for never.
    """
    after = silent_after_d(model, rhythm, usual)
    return np.where(np.isfinite(after), rhythm.last_at + after * DAY_S, np.inf)
