"""A peer by formula: P(alive) of the BG/NBD model (Fader, Hardie and Lee 2005). Pure.

It ranks; it is no probability to show. Many histories hardly identify its a and b, and who bought once is "alive" with
1.0 for ever, however long that is ago.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from streams.core.policy import Floats


@dataclass(frozen=True, slots=True)
class Parameters:
    """Of the model; time in weeks."""

    r: float
    alpha: float
    a: float
    b: float


CDNOW: Final = Parameters(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""As its authors published them, fitted to a tenth of the CDNOW customers until the end of September 1997."""


def p_alive(repeats: Floats, last_week: Floats, weeks: Floats, by: Parameters = CDNOW) -> Floats:
    """P(alive) after `repeats` purchases (x) beyond the first, the last of them `last_week` weeks after it (t_x), when
    `weeks` (T) have passed since the first.

    P = 1 / (1 + [x > 0] · a / (b + x - 1) · ((alpha + T) / (alpha + t_x))^(r + x))

    >>> p_alive(np.array([10.0, 0.0]), np.array([50.0, 0.0]), np.array([66.0, 900.0])).round(3).tolist()
    [0.507, 1.0]
    """
    grown = (by.r + repeats) * np.log((by.alpha + weeks) / (by.alpha + last_week))
    # b + x - 1 is only used where x > 0; there it is above 0 for every b.
    weight = np.where(repeats > 0, by.a / (by.b + np.maximum(repeats, 1.0) - 1), 0.0)
    alive: Floats = 1 / (1 + weight * np.exp(grown))
    return alive
