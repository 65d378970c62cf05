"""Where an alert line is drawn, decided on the snapshots that teach."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from streams.core.policy import Floats

LEAST_RECALL: Final = 0.05
"""A line that finds fewer than one silence in twenty is no line, however precise."""

Truth = npt.NDArray[np.bool_]


class Drawn(NamedTuple):
    """A line and how it did: the share of the alerted who stayed away, and of those who did the share alerted."""

    line: float
    precision: float
    recall: float

    def rank(self, wanted: float) -> tuple[bool, bool, float]:
        """The greater the better: above the least recall, then precise enough, then the more it finds; what is not
        precise enough goes by its precision.
        """
        precise = self.precision >= wanted
        return self.recall >= LEAST_RECALL, precise, self.recall if precise else self.precision


def draw(score: Floats, stayed_away: Truth, wanted: float) -> Drawn:
    """The best line of a score (`float64[rows]`, higher is worse; alerted is who has the line or more)."""
    from sklearn.metrics import precision_recall_curve  # noqa: PLC0415 - only who fits needs it

    precision, recall, lines = precision_recall_curve(stayed_away, score)
    tried = (Drawn(*map(float, one)) for one in zip(lines, precision, recall, strict=False))
    return max(tried, key=lambda drawn: drawn.rank(wanted))


def judged(alerted: Truth, stayed_away: Truth, line: float = 0.0) -> Drawn:
    """How a rule did that has no line to choose; precision is 0 when it alerted nobody."""
    hits = float((alerted & stayed_away).sum())
    return Drawn(line, hits / max(1, int(alerted.sum())), hits / max(1, int(stayed_away.sum())))


def average_precision(score: Floats, stayed_away: Truth) -> float:
    """The mean of the precision over all lines, weighted by what each adds to the recall."""
    from sklearn.metrics import average_precision_score  # noqa: PLC0415 - only who fits needs it

    return float(average_precision_score(stayed_away, score))
