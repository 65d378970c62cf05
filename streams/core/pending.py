"""Effects that no snapshot has told yet, as columns of a partition: one entry a fact and signal, oldest first."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from streams.core.facts import Objects
from streams.core.policy import Floats, Ints


@dataclass(frozen=True, slots=True)
class Effects:
    """m effects: `row: int64[m]` whose, `signal: int64[m]` index in `COUNTED_SIGNALS`, `amount: float64[m]` added to it
    as of `at: float64[m]` (epoch seconds), `said: object[m]` what a part says of the fact (`told` of
    `streams.core.facts`).
    """

    row: Ints
    signal: Ints
    amount: Floats
    at: Floats
    said: Objects

    def __len__(self) -> int:
        return len(self.row)

    def taken(self, places: npt.NDArray[np.bool_] | Ints) -> "Effects":
        """Those at some places."""
        return Effects(self.row[places], self.signal[places], self.amount[places], self.at[places], self.said[places])


NONE: Final = Effects(
    np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, dtype=np.object_)
)


class Pending:
    """A partition's untold effects. They come in batches; grouping them by row is left to whoever reads."""

    def __init__(self) -> None:
        self._batches: list[Effects] = []

    def __bool__(self) -> bool:
        return bool(self._batches)

    def add(self, effects: Effects) -> None:
        """Effects of facts just folded."""
        if len(effects):
            self._batches.append(effects)

    def all(self) -> Effects:
        """Every one, oldest first."""
        if len(self._batches) > 1:
            columns = zip(*((e.row, e.signal, e.amount, e.at, e.said) for e in self._batches), strict=True)
            self._batches = [Effects(*(np.concatenate(column) for column in columns))]
        return self._batches[0] if self._batches else NONE

    def counts(self, rows: Ints) -> Ints:
        """How many each of `rows` (distinct) has, int64[rows]."""
        theirs = _places(rows, self.all().row)
        return np.bincount(theirs[theirs >= 0], minlength=len(rows))

    def of(self, rows: Ints) -> "Grouped":
        """Those of `rows` (distinct), grouped in the order of `rows`."""
        pending = self.all()
        theirs = _places(rows, pending.row)
        chosen = np.flatnonzero(theirs >= 0)
        chosen = chosen[np.argsort(theirs[chosen], kind="stable")]
        ends = np.cumsum(np.bincount(theirs[chosen], minlength=len(rows)))
        return Grouped(pending.taken(chosen), theirs[chosen], ends)

    def forget(self, rows: Ints) -> None:
        """Drop those of `rows` (distinct): a snapshot told them."""
        pending = self.all()
        left = pending.taken(_places(rows, pending.row) < 0)
        self._batches = [left] if len(left) else []


def _places(rows: Ints, wanted: Ints) -> Ints:
    """Where each of `wanted: int64[m]` stands in `rows`, int64[m]; -1 where it does not. A partition may have a million
    rows, of which these are a few: an array as long as it is would cost more than all that is done here.
    """
    if not len(rows):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(rows)
    ordered = rows[order]
    found = np.minimum(np.searchsorted(ordered, wanted), len(rows) - 1)
    return np.where(ordered[found] == wanted, order[found], -1)


@dataclass(frozen=True, slots=True)
class Grouped:
    """Effects in the order of some rows: those of row i end before `ends[i]`; `place: int64[m]` says which i."""

    effects: Effects
    place: Ints
    ends: Ints

    def until(self, at: Floats) -> "Grouped":
        """Those that count as of a moment not after `at: float64[rows]`, by row."""
        kept = self.effects.at <= at[self.place]
        if kept.all():
            return self
        place = self.place[kept]
        return Grouped(self.effects.taken(kept), place, np.cumsum(np.bincount(place, minlength=len(at))))
