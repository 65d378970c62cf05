"""The coefficients of the risk, by scikit-learn's logistic regression, imported when called: only who fits needs it."""

from typing import Final

import numpy as np

from pulse.errors import Missing
from pulse.fitting.snapshots import Snapshots
from streams.core.silence.document import Coefficients
from streams.core.silence.risk import features, ground_of

_ITERATIONS: Final = 1000


def require_scikit_learn() -> None:
    """Say early, and what to do, when it is not installed.

    Raises:
        Missing: it is not.
    """
    try:
        import sklearn  # noqa: F401, PLC0415 - only who fits needs it
    except ImportError:
        raise Missing("fitting needs scikit-learn: pip install 'account-pulse[fit]'") from None


def coefficients_of(teaching: Snapshots) -> Coefficients:
    """Fitted to the snapshots with an even hand (no weights) and scikit-learn's usual, slight penalty."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only who fits needs it

    given = features(ground_of(teaching.rhythm, teaching.usual), teaching.silent_d)
    middle, spread = given.mean(axis=0), given.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    # On one scale the penalty is the same for all; what is told is per unit of the feature again.
    fitted = LogisticRegression(max_iter=_ITERATIONS).fit((given - middle) / spread, teaching.stayed_away)
    weights = fitted.coef_[0] / spread
    intercept = fitted.intercept_[0] - weights @ middle
    return Coefficients(**dict(zip(Coefficients.model_fields, map(float, (intercept, *weights)), strict=True)))
