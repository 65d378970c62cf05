"""The risk that an account stays away: a logistic model of five features, and after how much silence a risk is reached.

    risk = 1 / (1 + e^-z),  z = intercept + sum of coefficient · feature

A risk ranks accounts. It holds as far as the present is like the history it was fitted on, so it is shown beside how
often it held, never alone.
"""

from typing import Annotated, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from streams.core.policy import DAY_S, Floats
from streams.core.silence.line import Usual, own_line_d, shrunk
from streams.core.silence.rhythm import Rhythm

LONGEST_D: Final = 1095
"""A risk that is not reached in three years of silence is said never to be."""

_HALVINGS: Final = 24
"""Of a day: closer than a hundredth of a second."""

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Coefficients(BaseModel):
    """What each feature weighs, per unit of the feature."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    intercept: Finite
    log_silence: Finite
    log_age: Finite
    log_purchases: Finite
    own_gap: Finite
    over_line: Finite

    def column(self) -> Floats:
        """`float64[5]` in the order of `features`, without the intercept."""
        return np.array([self.log_silence, self.log_age, self.log_purchases, self.own_gap, self.over_line])


def features(rhythm: Rhythm, usual: Usual, silent_d: Floats) -> Floats:
    """`float64[accounts, 5]` for accounts that have been silent for `silent_d` days since their last purchase.

    log_silence = log(1 + silence), log_age = log(1 + days since the first purchase), log_purchases = log of the days
    with a purchase, own_gap = mean log(1 + gap) shrunk to the segment's, over_line = silence as a multiple of the
    account's own line.
    """
    age_d = (rhythm.last_at - rhythm.first_at) / DAY_S + silent_d
    return np.column_stack(
        [
            np.log1p(silent_d),
            np.log1p(age_d),
            np.log(rhythm.count),
            shrunk(rhythm.mean_log, rhythm.gaps, usual.mean_log),
            silent_d / own_line_d(rhythm, usual),
        ]
    )


def risk(coefficients: Coefficients, rhythm: Rhythm, usual: Usual, silent_d: Floats) -> Floats:
    """`float64[accounts]`, 0 to 1: how likely no purchase comes within the horizon of the fit."""
    # In this form a large z overflows nothing.
    found: Floats = np.exp(-np.logaddexp(0, -_odds(coefficients, rhythm, usual, silent_d)))
    return found


def risk_after_d(coefficients: Coefficients, rhythm: Rhythm, usual: Usual, line: float) -> Floats:
    """`float64[accounts]`: the first silence, in days, whose risk is `line` or more; inf for none in three years.

    Looked for day by day and then within the day, because nothing forbids a fit under which the risk first falls.
    """
    wanted = np.log(line / (1 - line))
    found = np.full(len(rhythm.count), np.inf)
    left = np.arange(len(found))
    for day in range(LONGEST_D + 1):
        reached = _odds(coefficients, rhythm.of(left), usual.of(left), np.full(len(left), float(day))) >= wanted
        found[left[reached]] = day
        left = left[~reached]
    return _within_the_day(coefficients, rhythm, usual, found, wanted)


def _within_the_day(coefficients: Coefficients, rhythm: Rhythm, usual: Usual, day: Floats, wanted: float) -> Floats:
    late = np.flatnonzero(np.isfinite(day) & (day > 0))
    low, high = day[late] - 1, day[late]
    some, theirs = rhythm.of(late), usual.of(late)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        reached = _odds(coefficients, some, theirs, middle) >= wanted
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    found = day.copy()
    found[late] = high
    return found


def _odds(coefficients: Coefficients, rhythm: Rhythm, usual: Usual, silent_d: Floats) -> Floats:
    given = features(rhythm, usual, silent_d)
    weighed: Floats = coefficients.intercept + given @ coefficients.column()
    return weighed
