"""What each signal weighs for who stays: scikit-learn's logistic regression, with signs that cannot turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from pulse.fitting.choosing import average_precision
from pulse.learning.past import Truth
from streams.core.policy import Floats

STRENGTHS: Final = (0.01, 0.1, 1.0)
"""What is tried of scikit-learn's `C`, the strongest penalty first."""
_ITERATIONS: Final = 1000
_MOST_FOLDS: Final = 6
_ROUNDING: Final = 1e-9
"""A column that spreads by less is the same everywhere: what is left of equal orders less their normal is rounding, and
scaled to a spread of 1 it would be weighed like any other."""
_FEWEST: Final = 10
"""Outcomes of either kind on either side of a fold: a fold with fewer says nothing of a strength."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """`weights: float64[columns]` per unit, none below 0, and the intercept: log odds of staying."""

    weights: Floats
    intercept: float

    def risk(self, columns: Floats) -> Floats:
        """`float64[rows]`: log odds of being lost."""
        return -(columns @ self.weights + self.intercept)


@dataclass(frozen=True, slots=True)
class Fold:
    """One month that judged what the months before had taught, in average precision."""

    strength: float
    learned: float
    policy: float


def weigh(columns: Floats, stayed: Truth, strength: float) -> Weighed:
    """Fitted with an even hand. `columns: float64[rows, columns]`, signed so that more is better.

    A column that would weigh below 0 is left out, the worst first, and the rest fitted again, until none does.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only who learns needs it

    middle, spread = columns.mean(axis=0), columns.std(axis=0)
    left = np.flatnonzero(spread > _ROUNDING)
    scaled = (columns - middle) / np.where(spread > _ROUNDING, spread, 1.0)
    weights, intercept = np.zeros(columns.shape[1]), _log_odds(stayed)
    while len(left):
        fitted = LogisticRegression(C=strength, max_iter=_ITERATIONS).fit(scaled[:, left], stayed)
        worst = int(fitted.coef_[0].argmin())
        if fitted.coef_[0][worst] >= 0:
            weights[left] = fitted.coef_[0] / spread[left]
            intercept = float(fitted.intercept_[0] - weights @ middle)
            break
        left = np.delete(left, worst)
    return Weighed(weights, intercept)


def _log_odds(stayed: Truth) -> float:
    share = float(stayed.mean())
    return float(np.log(share / (1 - share)))


def folds(columns: Floats, lost: Truth, at: Floats, policy_risk: Floats, horizon: timedelta) -> list[Fold]:
    """The last months that can judge, for every strength: taught by rows whose horizon had passed by then."""
    found = []
    parted = [(at + horizon.total_seconds() <= month, at == month) for month in np.unique(at).tolist()]
    able = [one for one in parted if min(_fewest(lost[one[0]]), _fewest(lost[one[1]])) >= _FEWEST]
    for taught, judged in able[-_MOST_FOLDS:]:
        by_policy = average_precision(policy_risk[judged], lost[judged])
        for strength in STRENGTHS:
            weighed = weigh(columns[taught], ~lost[taught], strength)
            by_weights = average_precision(weighed.risk(columns[judged]), lost[judged])
            found.append(Fold(strength, by_weights, by_policy))
    return found


def _fewest(lost: Truth) -> int:
    return min(int(lost.sum()), int((~lost).sum()))


def best_strength(found: Sequence[Fold]) -> float:
    """Of the strengths that did best in the folds on average; the middle one where there is no fold."""
    if not found:
        return STRENGTHS[len(STRENGTHS) // 2]
    return max(STRENGTHS, key=lambda one: sum(fold.learned for fold in found if fold.strength == one))
