"""The risk that an account stays away: a logistic model of five features.

    risk = 1 / (1 + e^-z),  z = intercept + sum of coefficient · feature

A risk ranks accounts. It holds as far as the present is like the history it was fitted on, so it is shown beside how
often it held, never alone.
"""

from dataclasses import dataclass, fields

import numpy as np

from streams.core.policy import DAY_S, Floats, Ints
from streams.core.silence.document import Coefficients
from streams.core.silence.line import Usual, own_line_d, shrunk
from streams.core.silence.rhythm import Rhythm


@dataclass(frozen=True, slots=True)
class Ground:
    """What the features need of each account and silence does not change, `float64[accounts]` each."""

    bought_for_d: Floats
    log_purchases: Floats
    own_gap: Floats
    line_d: Floats

    def of(self, rows: Ints) -> "Ground":
        """The rows named, in that order."""
        return Ground(*(getattr(self, column.name)[rows] for column in fields(self)))


def ground_of(rhythm: Rhythm, usual: Usual) -> Ground:
    """From the rhythm; every account must have bought."""
    return Ground(
        bought_for_d=(rhythm.last_at - rhythm.first_at) / DAY_S,
        log_purchases=np.log(rhythm.count),
        own_gap=shrunk(rhythm.mean_log, rhythm.gaps, usual.mean_log),
        line_d=own_line_d(rhythm, usual),
    )


def features(ground: Ground, silent_d: Floats) -> Floats:
    """`float64[accounts, 5]` for accounts that have been silent for `silent_d` days since their last purchase.

    log_silence = log(1 + silence), log_age = log(1 + days since the first purchase), log_purchases = log of the days
    with a purchase, own_gap = mean log(1 + gap) shrunk to the segment's, over_line = silence as a multiple of the
    account's own line.
    """
    columns = (
        np.log1p(silent_d),
        np.log1p(ground.bought_for_d + silent_d),
        ground.log_purchases,
        ground.own_gap,
        silent_d / ground.line_d,
    )
    return np.column_stack(columns)


def log_odds(coefficients: Coefficients, ground: Ground, silent_d: Floats) -> Floats:
    """`float64[accounts]`: z."""
    found: Floats = coefficients.intercept + features(ground, silent_d) @ coefficients.column()
    return found


def risk(coefficients: Coefficients, ground: Ground, silent_d: Floats) -> Floats:
    """`float64[accounts]`, 0 to 1: how likely no purchase comes within the horizon of the fit."""
    # In this form a large z overflows nothing.
    found: Floats = np.exp(-np.logaddexp(0, -log_odds(coefficients, ground, silent_d)))
    return found
