"""How an account's recent facts lie against its own normal: the sizes of its orders, how much it uses the product.

Of a fact of the size x (as a logarithm) the state holds four sums that fade: S += x and N += 1, and the same with a
longer half-life, S' and N'. All is read from them when the score is, so the order in which facts came cannot matter:

    gap       = S/N - S'/N'                          mean of the recent less mean of the normal
    deviation = min(N, N') / (N + shrink) · clip(gap, -cap, cap)

Nothing recent: N is 0, and so is the deviation. No history: both means are the same, and it is 0 again. Sums that a
withdrawal left without its original (N below 0, or above N') lead to no jump: what counts is bounded by min(N, N').

Taken apart it is linear in S and N: unit·(S - m·N), with m = S'/N'. So a fact's own part is unit·(x - m), how far it
lies from the normal, and what the normal itself moved is reweighting (`streams.core.explain`).
"""

from typing import Final, NamedTuple

import numpy as np

from streams.core.policy import COUNTED_SIGNALS, DAY_S, LEVELS, SIGNAL_INDEX, Floats
from streams.core.tables import Tables

LEAST: Final = 1e-12
"""A sum of facts below this is rounding, not a fact that faded."""

RECENT: Final = np.array([SIGNAL_INDEX[level.recent] for level in LEVELS.values()])
MANY: Final = np.array([SIGNAL_INDEX[level.many] for level in LEVELS.values()])
NORMAL: Final = np.array([SIGNAL_INDEX[level.normal] for level in LEVELS.values()])
NORMAL_MANY: Final = np.array([SIGNAL_INDEX[level.normal_many] for level in LEVELS.values()])

COUNTS_ALONG: Final = np.isin(np.arange(len(COUNTED_SIGNALS)), MANY)
"""bool[S]: counts of a level. A fact's effect on one follows at once on its effect on the level itself."""
UNTOLD: Final = np.isin(np.arange(len(COUNTED_SIGNALS)), [SIGNAL_INDEX["products"], *NORMAL, *NORMAL_MANY])
"""bool[S]: signals of a normal, and of how much was bought. No policy gives them points, so no part of a change is ever
about them.
"""

Carried = list[tuple[int, Floats]]
"""Signals with the amount that each of some facts carries for it, nan for none."""


def usage_size(quantity: Floats, period_s: Floats) -> Floats:
    """How much was used, as the logarithm of the quantity a day, float64[n]; 0 for nothing.

    >>> usage_size(np.array([10.0, 70.0]), np.array([86_400.0, 7 * 86_400.0])).round(2).tolist()
    [2.4, 2.4]
    """
    return np.log1p(quantity * (DAY_S / period_s))


def order_size(amount: Floats, rate: Floats) -> Floats:
    """What an order is worth, as the logarithm of its amount in the base currency, float64[n]; nan without a rate.

    >>> order_size(np.array([100.0, 100.0]), np.array([1.0, np.nan])).round(2).tolist()
    [4.62, nan]
    """
    return np.log1p(amount * rate)


def carried(name: str, size: Floats) -> Carried:
    """What facts of a size count in the level of a name; nothing where the size is nan."""
    level, one = LEVELS[name], np.where(np.isnan(size), np.nan, 1.0)
    amounts = (size, one, size, one)
    return [(SIGNAL_INDEX[signal], amount) for signal, amount in zip(level, amounts, strict=True)]


class Standing(NamedTuple):
    """n accounts in each of the L levels, float64[n, L].

    `gap`: how far recent facts lie from the normal, nan where either is unknown; `normal` the mean of the normal;
    `weight`: how much of the gap counts, 0 to 1; `deviation`: what counts.
    """

    gap: Floats
    normal: Floats
    weight: Floats
    deviation: Floats


def standing(sums: Floats, tables: Tables) -> Standing:
    """The levels of accounts with `sums: float64[n, S]`, all as of one moment each."""
    many, normal_many = sums[:, MANY], sums[:, NORMAL_MANY]
    fewest = np.minimum(many, normal_many)
    known = fewest >= LEAST
    # What is unknown is reckoned along with ones in its place, and left out of what is said.
    count = np.where(known, many, 1.0)
    normal = np.where(known, sums[:, NORMAL] / np.where(known, normal_many, 1.0), 0.0)
    gap = np.where(known, sums[:, RECENT] / count - normal, np.nan)
    weight = np.where(known, fewest / (count + tables.level_shrink), 0.0)
    held = np.minimum(np.maximum(gap, -tables.level_cap), tables.level_cap)
    return Standing(gap, normal, weight, np.where(known, weight * held, 0.0))


def units(found: Standing, sums: Floats, tables: Tables) -> tuple[Floats, Floats]:
    """The points that one unit of the sums of recent facts, and of their counts, gives, float64[n, L]."""
    many = sums[:, MANY]
    # Not deviation / distance: where recent and normal are alike, both are rounding.
    held = tables.level_cap / np.fmax(np.abs(found.gap), tables.level_cap)
    per_unit = tables.points[RECENT] * held * (found.weight / np.where(many >= LEAST, many, 1.0))
    return per_unit, -found.normal * per_unit
