"""The score as a function of decayed sums.

    contribution_k = share_d · points_k · factor_k · P_k            (k a signal of dimension d)
    dimension_d    = clamp(50 + Σ points_k · factor_k · P_k, 0, 100)
    score          = Σ share_d · dimension_d,   share_d = weight_d / Σ weight over the dimensions with signal
    factor_k       = (1 + β · max(0, C - 1)) / (1 + γ · ln(1 + orders))     for complaint signals
    factor_k       = 1 / (1 + κ · ln(1 + kept))           for `returned`
    factor_k       = that of complaints / (1 + δ · ln(1 + kept))            for `product_complaint`; else 1
    kept           = max(0, recent orders - returned) · products / recent orders

The signals of a level have points for how recent facts deviate from the account's own normal (`streams.core.levels`):
points · deviation stands in their place, as the contribution of the first of them.

C is the decayed number of complaints, so the first complaint is not sharpened by itself. Everything is read from
order-free sums when the score is read, so the order in which facts arrived cannot matter (Knox and van Oest 2014 for
the factor's shape).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from streams.core import levels
from streams.core.levels import LEAST, MANY, RECENT
from streams.core.policy import DIMENSIONS, PRODUCT_COMPLAINT, SIGNAL_INDEX, Floats, Ints
from streams.core.tables import Tables

MIDDLE: Final = 50.0
_RETURNED: Final = SIGNAL_INDEX["returned"]
_ORDERS: Final = SIGNAL_INDEX["orders"]
_PRODUCTS: Final = SIGNAL_INDEX["products"]
_PRODUCT_COMPLAINT: Final = SIGNAL_INDEX[PRODUCT_COMPLAINT]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The score of n accounts, taken apart.

    `score: float64[n]` (nan without signal), `coverage: float64[n]`, `share: float64[n, 3]`, `dimension: float64[n, 3]`
    held in [0, 100], `unit: float64[n, S]` points of the score per unit of a sum, `contribution: float64[n, S]` (unit
    times sum; that of a level's count stands with the level's), `saturation: float64[n, 3]` what the clamp took or
    gave, `deviation: float64[n, L]` how far recent facts lie from the normal of each level. Per row:
    score = 50·Σ share + Σ contribution + Σ saturation.
    """

    score: Floats
    coverage: Floats
    share: Floats
    dimension: Floats
    unit: Floats
    contribution: Floats
    saturation: Floats
    deviation: Floats

    def at(self, places: Ints | slice) -> "Assessment":
        """Those of some accounts."""
        return Assessment(
            self.score[places],
            self.coverage[places],
            self.share[places],
            self.dimension[places],
            self.unit[places],
            self.contribution[places],
            self.saturation[places],
            self.deviation[places],
        )


def assess(sums: Floats, seen: npt.NDArray[np.bool_], tables: Tables) -> Assessment:
    """Score `sums: float64[n, S]`, already decayed to the moment asked for.

    `seen: bool[n, 3]` says which dimensions have signal.
    """
    weight = np.where(seen, tables.weight, 0.0)
    coverage = weight.sum(axis=1)
    share = weight / np.where(coverage > 0, coverage, 1.0)[:, None]
    # Arrays as large as the sums are what this costs: three are made, and worked on in place.
    raw_unit = np.where(tables.is_complaint, complaint_factor(sums, tables)[:, None], 1.0)
    raw_unit *= tables.points
    fit = np.log1p(kept_products(sums))
    raw_unit[:, _RETURNED] /= 1.0 + tables.policy.returns.kappa * fit
    raw_unit[:, _PRODUCT_COMPLAINT] /= 1.0 + tables.policy.complaints.delta * fit
    standing = levels.standing(sums, tables)
    raw_unit[:, RECENT], raw_unit[:, MANY] = levels.units(standing, sums, tables)
    raw = raw_unit * sums
    raw[:, RECENT] += raw[:, MANY]
    raw[:, MANY] = 0.0
    totals = np.empty((len(sums), len(DIMENSIONS)))
    for index, ours in enumerate(tables.signals_of):
        totals[:, index] = raw.take(ours, axis=1).sum(axis=1)
    totals += MIDDLE
    dimension = _held(totals)
    unit = share.take(tables.dimension, axis=1)
    raw *= unit
    unit *= raw_unit
    score = np.where(coverage > 0, _held((share * dimension).sum(axis=1)), np.nan)
    return Assessment(score, coverage, share, dimension, unit, raw, share * (dimension - totals), standing.deviation)


def or_else(score: Floats, value: float) -> Floats:
    """The scores, and `value` where there is none."""
    return np.where(np.isnan(score), value, score)


def _held(points: Floats) -> Floats:
    """In [0, 100]. `np.clip` looks at more than it must: on few accounts that costs more than the work."""
    return np.minimum(np.maximum(points, 0.0), 100.0)


def complaint_factor(sums: Floats, tables: Tables) -> Floats:
    """How much a complaint weighs on each account, float64[n]."""
    rules = tables.policy.complaints
    complaints = np.maximum(0.0, sums[:, tables.opened].sum(axis=1) - 1.0)
    orders = np.maximum(0.0, sums[:, SIGNAL_INDEX["orders_ever"]])
    factor: Floats = (1.0 + rules.beta * complaints) / (1.0 + rules.gamma * np.log1p(orders))
    return factor


def kept_products(sums: Floats) -> Floats:
    """How many of the products of recent orders were kept, float64[n]. An order that names no lines is one product.

    >>> sums = np.zeros((2, len(SIGNAL_INDEX)))
    >>> sums[1, [_ORDERS, _RETURNED, _PRODUCTS]] = 4, 1, 10
    >>> kept_products(sums).tolist()
    [0.0, 7.5]
    """
    orders = sums[:, _ORDERS]
    known = orders >= LEAST
    kept = np.maximum(0.0, orders - sums[:, _RETURNED]) * np.maximum(0.0, sums[:, _PRODUCTS])
    return np.where(known, kept / np.where(known, orders, 1.0), 0.0)
