"""After how much silence a risk is reached: known as soon as the last purchase is, because only time moves it then."""

from typing import Final

import numpy as np

from streams.core.policy import Floats
from streams.core.silence.document import Coefficients
from streams.core.silence.risk import Ground, log_odds

LONGEST_D: Final = 1095
"""A risk that is not reached in three years of silence is said never to be."""

_HALVINGS: Final = 24
"""Of a day: closer than a hundredth of a second."""


def risk_after_d(coefficients: Coefficients, ground: Ground, line: float) -> Floats:
    """`float64[accounts]`: the first silence, in days, whose risk is `line` or more; inf for none in three years.

    Looked for day by day and then within the day, because nothing forbids a fit under which the risk first falls.
    """
    wanted = float(np.log(line / (1 - line)))
    rises = min(coefficients.log_silence, coefficients.log_age, coefficients.over_line) >= 0
    day = (_first_day_rising if rises else _first_day)(coefficients, ground, wanted)
    late = np.flatnonzero(np.isfinite(day) & (day > 0))
    day[late] = _within(coefficients, ground.of(late), day[late], wanted)
    return day


def _first_day(coefficients: Coefficients, ground: Ground, wanted: float) -> Floats:
    found = np.full(len(ground.line_d), np.inf)
    left, theirs = np.arange(len(found)), ground
    for day in range(LONGEST_D + 1):
        reached = log_odds(coefficients, theirs, np.full(len(left), float(day))) >= wanted
        if reached.any():
            found[left[reached]] = day
            left = left[~reached]
            theirs = ground.of(left)
        if not len(left):
            break
    return found


def _first_day_rising(coefficients: Coefficients, ground: Ground, wanted: float) -> Floats:
    """The same where the risk never falls: by halving, at a hundredth of the cost."""
    low, high = np.full(len(ground.line_d), -1.0), np.full(len(ground.line_d), LONGEST_D + 1.0)
    while len(low) and (high - low).max() > 1:
        middle = np.floor((low + high) / 2)
        reached = (middle > low) & (log_odds(coefficients, ground, np.maximum(middle, 0.0)) >= wanted)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.where(high <= LONGEST_D, high, np.inf)


def _within(coefficients: Coefficients, ground: Ground, day: Floats, wanted: float) -> Floats:
    """The moment within the day before `day`, by halving it."""
    low, high = day - 1, day
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        reached = log_odds(coefficients, ground, middle) >= wanted
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high
