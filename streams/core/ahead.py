"""What will happen if nothing does: the next band of an account that hears of no further fact, and when it will count.

Looked at for every snapshot told, so it must cost little: the score is read on a grid of times at once, as products of
matrices in single precision. Per dimension and time t

    total = 50 + Σ points_k · P_k · 2^(-t/h_k)        complaints, returns and levels times their factors at t

which is `streams.core.score` over many times; a test holds the two equal. Where the score leaves its band between two
times of the grid is found on the cubic through the four nearest, in log(1 + t). A score that leaves its band and is
back before the next time of the grid is not seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from streams.core.bands import NO_BAND, Codes
from streams.core.decay import share_left
from streams.core.fences import Bools
from streams.core.levels import LEAST, MANY, NORMAL, NORMAL_MANY, RECENT
from streams.core.policy import COUNTED_SIGNALS, DAY_S, DIMENSIONS, PRODUCT_COMPLAINT, SIGNAL_INDEX, Floats, Ints
from streams.core.score import MIDDLE
from streams.core.tables import Tables

HORIZON_D: Final = 400.0
"""How far ahead is looked."""
_TIMES: Final = 36
_STEPS: Final = np.linspace(0.0, np.log1p(HORIZON_D), _TIMES)
"""The grid in log(1 + days): dense where a date is near."""
GRID_S: Final = np.expm1(_STEPS) * DAY_S
_PARTS: Final = np.linspace(0.0, 1.0, 17)
"""Where a crossing is sought: at so many places between two times at once, and then between two of those."""
_RETURNED, _ORDERS, _PRODUCTS, _PRODUCT_COMPLAINT = (
    SIGNAL_INDEX[name] for name in ("returned", "orders", "products", PRODUCT_COMPLAINT)
)
_LEVELS: Final = tuple(zip(*(column.tolist() for column in (RECENT, MANY, NORMAL, NORMAL_MANY)), strict=True))
_IS_PLAIN: Final = ~np.isin(np.arange(len(COUNTED_SIGNALS)), [_RETURNED, _PRODUCT_COMPLAINT, *RECENT, *MANY])
"""bool[S]: signals whose points are a multiple of their sum, the factor of complaints aside."""
_AT_ONCE: Final = 256

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Resting:
    """n accounts of which nothing new is told: `sums: float64[n, S]`, `seen: bool[n, 3]` as of `start_at: float64[n]`.

    `band`, `candidate: int8[n]` and `since: float64[n]` as in `streams.core.bands`.
    """

    sums: Floats
    seen: Bools
    start_at: Floats
    band: Codes
    candidate: Codes
    since: Floats

    def taken(self, places: Ints) -> "Resting":
        """Those at some places."""
        return Resting(*(getattr(self, column.name)[places] for column in fields(self)))


@dataclass(frozen=True, slots=True)
class Ahead:
    """`band: int8[n]` the next one, -1 where none comes within the horizon; `at: float64[n]` when it counts (nan)."""

    band: Codes
    at: Floats


def scores_ahead(sums: Floats, seen: Bools, tables: Tables) -> Singles:
    """The scores on the grid, float32[n, G]; nan without signal."""
    columns = (tables.half_life_s, tables.dimension, tables.is_complaint)
    left, plain, sharpened = _fading(*(column.tobytes() for column in columns))
    points = (sums * tables.points).astype(np.float32)
    weight = np.where(seen, tables.weight, 0.0).astype(np.float32)
    score = np.zeros((len(sums), len(GRID_S)), np.float32)
    bent = [*_unfit(sums, left, tables), *_levels(sums, left, tables)]
    for index in range(len(DIMENSIONS)):
        ours = tables.dimension == index
        total = _product(points, plain[index])
        for signal, rows, found in bent:
            if ours[signal]:
                total[rows] += found
        if (ours & tables.is_complaint).any():
            total += _factors(sums, left, tables) * _product(points, sharpened[index])
        total += np.float32(MIDDLE)
        score += weight[:, [index]] * np.clip(total, 0.0, 100.0, out=total)
    with np.errstate(invalid="ignore", divide="ignore"):
        score /= weight.sum(axis=1, keepdims=True)
    return score


@lru_cache(maxsize=16)
def _fading(
    half_life_s: bytes, dimension: bytes, is_complaint: bytes
) -> tuple[Singles, tuple[Singles, ...], tuple[Singles, ...]]:
    """What is left of each signal on the grid, float32[S, G]; the same of each dimension's plain signals alone, and of
    its complaints. Kept: a flush asks for the same ones again and again. Given as bytes, so that they can be compared.
    """
    half_lives, ours = np.frombuffer(half_life_s), np.frombuffer(dimension, np.int64)
    complaint = np.frombuffer(is_complaint, np.bool_)
    left = share_left(GRID_S[:, None], half_lives).T.astype(np.float32)

    def of(wanted: Bools) -> tuple[Singles, ...]:
        masks = ((ours == index) & wanted for index in range(len(DIMENSIONS)))
        return tuple(np.where(mask[:, None], left, np.float32(0.0)) for mask in masks)

    return left, of(_IS_PLAIN & ~complaint), of(_IS_PLAIN & complaint)


def _product(one: Singles, other: Singles) -> Singles:
    """`one @ other`, in slices so small that BLAS starts no threads: they would wait longer than they work."""
    found = np.empty((len(one), other.shape[1]), np.float32)
    for begin in range(0, len(one), _AT_ONCE):
        np.matmul(one[begin : begin + _AT_ONCE], other, out=found[begin : begin + _AT_ONCE])
    return found


def _factors(sums: Floats, left: Singles, tables: Tables) -> Singles:
    rules, orders = tables.policy.complaints, SIGNAL_INDEX["orders_ever"]
    complaints = _product(sums[:, tables.opened].astype(np.float32), left[tables.opened]) - np.float32(1.0)
    fading = left[[orders]] if np.isfinite(tables.half_life_s[orders]) else np.ones((1, 1), np.float32)
    ever = np.maximum(0.0, sums[:, [orders]].astype(np.float32) * fading)
    found: Singles = np.maximum(complaints, 0.0, out=complaints) * np.float32(rules.beta) + np.float32(1.0)
    found /= np.float32(1.0) + np.float32(rules.gamma) * np.log1p(ever)
    return found


Bent = tuple[int, Ints, Singles]
"""A signal whose points are no multiple of a fading sum: of which rows, and how many on the grid, float32[rows, G]."""


def _unfit(sums: Floats, left: Singles, tables: Tables) -> Iterator[Bent]:
    """Returns, and complaints about products: the more was kept, the less they weigh."""
    rules = tables.policy
    for signal, steepness in ((_RETURNED, rules.returns.kappa), (_PRODUCT_COMPLAINT, rules.complaints.delta)):
        rows = np.flatnonzero(sums[:, signal])
        if len(rows):
            theirs = sums[rows]
            points = np.float32(tables.points[signal]) * theirs[:, [signal]].astype(np.float32) * left[signal]
            points /= np.float32(1.0) + np.float32(steepness) * np.log1p(_kept(theirs, left))
            yield signal, rows, points * _factors(theirs, left, tables) if tables.is_complaint[signal] else points


def _kept(sums: Floats, left: Singles) -> Singles:
    """The products kept on the grid, float32[n, G]. Orders and products fade alike: one ratio holds for all times."""
    orders = np.where(sums[:, _ORDERS] >= LEAST, sums[:, _ORDERS], np.inf)
    each = (np.maximum(0.0, sums[:, _PRODUCTS]) / orders).astype(np.float32)
    returned = sums[:, [_RETURNED]].astype(np.float32) * left[_RETURNED]
    kept: Singles = np.maximum(sums[:, [_ORDERS]].astype(np.float32) * left[_ORDERS] - returned, 0.0)
    kept *= each[:, None]
    return kept


def _levels(sums: Floats, left: Singles, tables: Tables) -> Iterator[Bent]:
    """The deviations of `streams.core.levels`: means fade as their sums and counts do."""
    for place, (recent, many, normal, normal_many) in enumerate(_LEVELS):
        rows = np.flatnonzero(np.minimum(sums[:, many], sums[:, normal_many]) >= LEAST)
        if len(rows):
            theirs = sums[rows].astype(np.float32)
            count, normal_count = theirs[:, [many]] * left[many], theirs[:, [normal_many]] * left[normal_many]
            gap = theirs[:, [recent]] * left[recent] / count - theirs[:, [normal]] * left[normal] / normal_count
            cap, fewest = np.float32(tables.level_cap[place]), np.minimum(count, normal_count)
            weight = fewest / (count + np.float32(tables.level_shrink[place]))
            yield recent, rows, np.float32(tables.points[recent]) * weight * np.clip(gap, -cap, cap)


def next_bands(resting: Resting, tables: Tables) -> Ahead:
    """The next band of each account and when it will count, with hysteresis and dwell."""
    score = scores_ahead(resting.sums, resting.seen, tables)
    down, up = _lines(resting.band, tables)
    with np.errstate(invalid="ignore"):
        out = (score < down[:, None]) | (score >= up[:, None])
    band, at = np.full(len(score), NO_BAND, np.int8), np.full(len(score), np.nan)
    found = np.flatnonzero(out.any(axis=1) & (resting.band != NO_BAND))
    if len(found):
        first = out[found].argmax(axis=1)
        worse = score[found, first] < down[found]
        line = np.where(worse, down[found], up[found])
        elapsed_s = _crossed(score[found].astype(np.float64) - line[:, None], first)
        band[found], at[found] = _counted(resting.taken(found), worse, elapsed_s, tables)
    return Ahead(band, at)


def _lines(band: Codes, tables: Tables) -> tuple[Singles, Singles]:
    """Below which score a band is left for the worse, and from which on for the better."""
    down = np.append(tables.lines, -np.inf).astype(np.float32)
    up = np.append(np.inf, tables.lines + tables.policy.bands.hysteresis).astype(np.float32)
    return down[band], up[band]


def _crossed(above: Floats, first: Ints) -> Floats:
    """Seconds until each row of `above: float64[m, G]`, points over its line, changes its sign before `first`."""
    begin = np.clip(first - 2, 0, _TIMES - 4)
    nodes = begin[:, None] + np.arange(4)
    x, y = _STEPS[nodes], np.take_along_axis(above, nodes, axis=1)
    curve = _Curve(x, _divided(x, y), above[np.arange(len(first)), first] >= 0)
    low, high, _ = _narrowed(curve, _STEPS[np.maximum(first - 1, 0)], _STEPS[first])
    low, high, share = _narrowed(curve, low, high)
    return np.where(first == 0, 0.0, np.expm1(low + share * (high - low)) * DAY_S)


class _Curve(NamedTuple):
    """m cubics by four points each (`x: float64[m, 4]`), as divided differences, and whether each comes from below."""

    x: Floats
    slopes: list[Floats]
    is_up: Bools


def _narrowed(curve: _Curve, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
    """The first of the parts from `low` to `high` in which each curve changes its sign: where it begins and ends, and
    what share of it lies before the change, were it straight.
    """
    at = low[:, None] + (high - low)[:, None] * _PARTS
    value, everyone = _cubic(curve, at), np.arange(len(at))
    beyond = (value >= 0) == curve.is_up[:, None]
    beyond[:, 0], beyond[:, -1] = False, True
    place = beyond.argmax(axis=1)
    before, after = value[everyone, place - 1], value[everyone, place]
    share = before / np.where(before == after, 1.0, before - after)
    return at[everyone, place - 1], at[everyone, place], np.minimum(np.maximum(share, 0.0), 1.0)


def _divided(x: Floats, y: Floats) -> list[Floats]:
    """Newton's divided differences of four points a row."""
    found, left = [y[:, 0]], y
    for order in (1, 2, 3):
        left = (left[:, 1:] - left[:, :-1]) / (x[:, order:] - x[:, :-order])
        found.append(left[:, 0])
    return found


def _cubic(curve: _Curve, at: Floats) -> Floats:
    """`at: float64[m, K]`, K places a row."""
    value = curve.slopes[3][:, None]
    for order in (2, 1, 0):
        value = value * (at - curve.x[:, [order]]) + curve.slopes[order][:, None]
    return value


def _counted(leaving: Resting, worse: Bools, elapsed_s: Floats, tables: Tables) -> tuple[Codes, Floats]:
    """The band each goes into, and when that counts: a band that waits out its dwell time already has waited a part."""
    rules, waiting = tables.policy.bands, (elapsed_s == 0) & (leaving.candidate != NO_BAND)
    band = np.where(waiting, leaving.candidate, leaving.band + np.where(worse, 1, -1)).astype(np.int8)
    begins_at = np.where(waiting, leaving.since, leaving.start_at + elapsed_s)
    at = begins_at + np.where(worse, rules.dwell_worse_s, rules.dwell_better_s)
    return band, np.maximum(at, leaving.start_at)
