"""Differences between the three results of accounts. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from pulse.auditing.sides import Side
from pulse.rebuilding.writing import PART_LABELS
from streams.core.fences import Bools
from streams.core.policy import Floats

TOLERANCE: Final = 1e-6
"""Points of the score."""
LIVE, REBUILT, SQL = "live", "rebuilt", "sql"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that two ways have differently; nan is no score."""

    account: str
    what: str
    between: tuple[str, str]
    values: tuple[float, float]

    def in_words(self) -> str:
        """Such as `score: live 50.0, sql 51.0`."""
        (one, other), (first, second) = self.between, self.values
        return f"{self.what}: {one} {_number(first)}, {other} {_number(second)}"


def _number(value: float) -> str:
    return "none" if np.isnan(value) else f"{value:.9g}"


def compared(accounts: Sequence[str], sides: Mapping[str, Side]) -> Iterator[Difference]:
    """Every difference of more than `TOLERANCE` between any two of the ways."""
    columns = {way: _columns(side) for way, side in sides.items()}
    for between in combinations(columns, 2):
        one, other = (columns[way] for way in between)
        for row, column in zip(*_differs(one, other).nonzero(), strict=True):
            values = float(one[row, column]), float(other[row, column])
            yield Difference(accounts[row], _NAMES[column], between, values)


_NAMES: Final = ("facts", "score", *PART_LABELS)


def _columns(side: Side) -> Floats:
    return np.column_stack([side.facts, side.score, side.parts])


def _differs(one: Floats, other: Floats) -> Bools:
    """Where one has a value and the other none, they differ too."""
    both = np.isnan(one) & np.isnan(other)
    same: Bools = both | (np.abs(one - other) <= TOLERANCE)
    return ~same
