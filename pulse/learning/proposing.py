"""From what signals weigh to a policy: the same document with other points and dimension weights, under another name.

The weights of a fit have no scale of their own. So what a dimension decides goes into its weight, and points are as
large as they can be while all but a few rows stay clear of 0 and 100 in every dimension, where differences are lost;
and no larger than makes the score spread as widely as the present one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any, Final

import numpy as np

from pulse.learning.errors import NothingLearned
from pulse.learning.ground import RECOVERED, Column
from pulse.learning.past import Truth
from streams.core.policy import DIMENSIONS, SIGNAL_INDEX, Floats, Ints, Policy
from streams.core.score import MIDDLE
from streams.core.tables import Tables

SUFFIX: Final = "-learned"
SMALLEST_WEIGHT: Final = 0.1
"""No dimension falls below: one that history is silent of may still be what ends the next account."""
MOST_POINTS: Final = 100.0
_CLEAR: Final = 0.95
_NAME_CHARS: Final = 64


@dataclass(frozen=True, slots=True)
class Learned:
    """One signal of the proposal: its points before and after, and the accounts that taught it. `kept`: too few did."""

    signal: str
    before: float
    after: float
    accounts: int
    kept: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """The document, and how each signal came by its points."""

    policy: Policy
    learned: tuple[Learned, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned: `columns`, their weights `float64[columns]` (0 or more), `taught: bool[columns]`, the number of
    accounts that taught each, `laid: float64[rows, columns]`, the amounts they were learned from, and how widely the
    present score spreads over these rows (standard deviation).
    """

    columns: Sequence[Column]
    weights: Floats
    taught: Truth
    accounts: Sequence[int]
    laid: Floats
    present_spread: float


def propose(tables: Tables, found: Weights) -> Proposal:
    """The proposal.

    Raises:
        NothingLearned: all weights are 0.
    """
    if not (found.weights[found.taught] > 0).any():
        raise NothingLearned
    policy = tables.policy
    dimension = np.array([tables.dimension[SIGNAL_INDEX[column.signal]] for column in found.columns])
    points = np.array([abs(policy.signals[column.signal].points) for column in found.columns])
    weight = _dimension_weights(tables, found, dimension)
    after = np.where(found.taught, np.minimum(_points(found, dimension, weight), MOST_POINTS), points)
    learned = [
        Learned(column.signal, column.sign * before, column.sign * rounded(value), accounts, kept=not taught)
        for column, before, value, accounts, taught in zip(
            found.columns, points.tolist(), after.tolist(), found.accounts, found.taught.tolist(), strict=True
        )
    ]
    return Proposal(_document(policy, learned, found.columns, weight), tuple(learned))


def _widths(found: Weights, dimension: Ints) -> Floats:
    """float64[3]: how far rows that something moves lie from the middle of each dimension, in log odds, but for the
    outermost of them.
    """
    width = np.zeros(len(DIMENSIONS))
    for number in range(len(DIMENSIONS)):
        mine = (dimension == number) & found.taught
        away = np.abs(found.laid[:, mine] @ found.weights[mine])
        width[number] = np.quantile(away[away > 0], _CLEAR) if away.any() else 0.0
    return width


def _dimension_weights(tables: Tables, found: Weights, dimension: Ints) -> Floats:
    """float64[3], in hundredths: what the dimensions that were taught weigh together is parted anew among them."""
    width, weight = _widths(found, dimension), tables.weight.copy()
    taught = np.isin(np.arange(len(weight)), dimension[found.taught])
    share = np.maximum(width[taught] / width[taught].sum(), SMALLEST_WEIGHT)
    weight[taught] = weight[taught].sum() * share / share.sum()
    return _in_hundredths(weight)


def _points(found: Weights, dimension: Ints, weight: Floats) -> Floats:
    """`float64[columns]`: one scale for all, over the weight of the dimension."""
    effects = np.where(found.taught, found.weights, 0.0)
    reach = (_widths(found, dimension) / weight).max()  # of the dimension that would be the first to touch 0 or 100
    scale = min(MIDDLE / reach, found.present_spread / float((found.laid @ effects).std()))
    return np.asarray(scale * effects / weight[dimension])


def _in_hundredths(weight: Floats) -> Floats:
    """Rounded so that they still sum to 1.

    >>> _in_hundredths(np.array([1 / 3, 1 / 3, 1 / 3])).tolist()
    [0.34, 0.33, 0.33]
    """
    rounded_down = np.floor(weight * 100 + 1e-9)
    missing = round(100 - rounded_down.sum())
    neediest = np.argsort(rounded_down - weight * 100, kind="stable")[:missing]
    rounded_down[neediest] += 1
    return np.asarray(rounded_down / 100)


def rounded(value: float) -> float:
    """To three digits.

    >>> rounded(12.3456), rounded(0.0012345), rounded(0.0)
    (12.3, 0.00123, 0.0)
    """
    return round(value, 2 - floor(log10(value))) if value > 0 else 0.0


def suffixed(name: str) -> str:
    """The name of a proposal, within what a name may have.

    >>> suffixed("default"), suffixed("default-learned"), len(suffixed("x" * 64))
    ('default-learned', 'default-learned', 64)
    """
    return name.removesuffix(SUFFIX)[: _NAME_CHARS - len(SUFFIX)] + SUFFIX


def _document(policy: Policy, learned: Sequence[Learned], columns: Sequence[Column], weight: Floats) -> Policy:
    document: dict[str, Any] = policy.model_dump(mode="json")
    document["policy"] = suffixed(policy.policy)
    document["version"] = policy.version + 1
    document["dimensions"] = {one.value: share for one, share in zip(DIMENSIONS, weight.tolist(), strict=True)}
    for one, column in zip(learned, columns, strict=True):
        if not one.kept:
            _lay(document["signals"], one, column)
    return Policy.model_validate(document)


def _lay(signals: dict[str, Any], one: Learned, column: Column) -> None:
    signals[one.signal] |= {"points": one.after, "why": f"{signals[one.signal]['why']}; {_why(one)}"}
    if column.returned:
        settled = signals[RECOVERED[one.signal]]
        settled["points"] = min(rounded(-one.after * column.returned), -one.after)


def _why(one: Learned) -> str:
    said = "learned" if one.after else "history says nothing for it, or the opposite"
    return f"{said}, from {one.accounts} accounts; was {one.before:g}"
