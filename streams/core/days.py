"""The latest days on which something was told of an account, as columns: which, and how many facts of each stand.

Of all days ever told of, the latest few are kept, each with its facts told less those taken back. A set's latest few do
not hang on the order in which its members come, and a day among them has been among them since it first was told of, so
that its count misses nothing. What is taken back leaves its day in its place, with 0: an older day that it pushed out
does not come back.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from streams.core.policy import DAY_S, Floats, Ints
from streams.core.runs import runs
from streams.core.silence.rhythm import LINE_QUANTILE, Rhythm

BOUGHT_DAYS: Final = 24
HEARD_DAYS: Final = 16
"""How many days are kept: of purchases, and of any word from the client. Twenty gaps weigh as much as the segment."""

_LAST_DAY: Final = 65_535
"""Days are counted from 1970 in 16 bits: until 2149. 0 is an empty place."""
_MOST: Final = 127
"""More facts of one day than this count as this many."""
_NONE: Final = _MOST + 1
_SHIFT: Final = 8
_ROW_SHIFT: Final = 16

Bools = npt.NDArray[np.bool_]


class Days(NamedTuple):
    """Views of a partition's rows, newest day first: `on: uint16[accounts, K]`, `facts: int8[accounts, K]`."""

    on: npt.NDArray[np.uint16]
    facts: npt.NDArray[np.int8]

    def of(self, rows: Ints) -> "Days":
        """A copy of some rows."""
        return Days(self.on[rows], self.facts[rows])


def day_of(at: Floats) -> Ints:
    """The day (UTC) of each moment (epoch seconds), int64[n]; 1 to 65,535.

    >>> day_of(np.array([0.0, 1.5 * DAY_S, 2 * DAY_S])).tolist()
    [1, 1, 2]
    """
    return np.clip(np.floor(at / DAY_S), 1, _LAST_DAY).astype(np.int64)


def enter(days: Days, rows: Ints, on: Ints, sign: Ints) -> Ints:
    """Enter n facts: whose, of which day, and 1, or -1 for one taken back. Returns the rows of which the days that
    stand may differ now, ascending and distinct.
    """
    of_fact = rows << _ROW_SHIFT | on
    order = np.argsort(of_fact)
    key, begin, _ = runs(of_fact[order])
    row, day, change = key >> _ROW_SHIFT, key & _LAST_DAY, np.add.reduceat(sign[order], begin)
    same = days.on[row] == day[:, np.newaxis]
    kept = same.any(axis=1)
    fresh = ~kept & (day > days.on[row, -1])
    changed = [_count(days, row[kept], same[kept].argmax(axis=1), change[kept])]
    if fresh.any():
        changed.append(_insert(days, row[fresh], day[fresh], change[fresh]))
    return np.unique(np.concatenate(changed))


def _count(days: Days, row: Ints, place: Ints, change: Ints) -> Ints:
    before = days.facts[row, place]
    after = np.minimum(np.maximum(before + change, -_MOST), _MOST)
    days.facts[row, place] = after
    moved: Ints = row[(before > 0) != (after > 0)]
    return moved


def _insert(days: Days, row: Ints, day: Ints, change: Ints) -> Ints:
    """Days that were not kept, ascending by row and day."""
    kept = days.on.shape[1]
    owner, begin, many = runs(row)
    behind = np.repeat(begin + many, many) - 1 - np.arange(len(row))  # how many later ones the row has among them
    few = np.flatnonzero(behind < kept)
    added = np.full((len(owner), min(kept, int(many.max()))), _NONE, np.uint32)
    added[np.searchsorted(owner, row[few]), behind[few]] = _packed(day[few], np.clip(change[few], -_MOST, _MOST))
    all_days = np.concatenate((_packed(days.on[owner], days.facts[owner]), added), axis=1)
    all_days.sort(axis=1)
    latest = all_days[:, : -kept - 1 : -1]
    days.on[owner], days.facts[owner] = latest >> _SHIFT, (latest & (2 * _NONE - 1)).astype(np.int64) - _NONE
    return owner


def _packed(on: npt.NDArray[np.integer], facts: npt.NDArray[np.integer]) -> npt.NDArray[np.uint32]:
    return (on.astype(np.int64) << _SHIFT | (facts.astype(np.int64) + _NONE)).astype(np.uint32)


def rhythm_of_days(days: Days) -> Rhythm:
    """The rhythm of each account as its latest days tell it; `last_at` is when its last day began.

    The same as `streams.core.silence.rhythm` says of the beginnings of those days.
    """
    stands = np.where(days.facts > 0, days.on, 0).astype(np.float64)
    stands = -np.sort(-stands, axis=1)
    count = np.count_nonzero(stands, axis=1)
    gaps = np.where(stands[:, 1:] > 0, stands[:, :-1] - stands[:, 1:], np.nan)
    gaps.sort(axis=1)  # nan last
    everyone, number = np.arange(len(count)), np.maximum(count - 1, 0)
    none = count == 0
    return Rhythm(
        first_at=np.where(none, np.nan, stands[everyone, np.maximum(count - 1, 0)] * DAY_S),
        last_at=np.where(none, np.nan, stands[:, 0] * DAY_S),
        count=count,
        median_d=_quantile(gaps, number, 0.5),
        quantile_d=_quantile(gaps, number, LINE_QUANTILE),
        mean_log=_mean_log(gaps, number),
    )


def _quantile(gaps: Floats, number: Ints, share: float) -> Floats:
    everyone = np.arange(len(number))
    place = np.maximum(number - 1, 0) * share
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(number - 1, 0))
    lower: Floats = gaps[everyone, low]
    return lower + (place - low) * (gaps[everyone, high] - lower)


def _mean_log(gaps: Floats, number: Ints) -> Floats:
    total = np.nansum(np.log1p(gaps), axis=1)
    mean: Floats = np.divide(total, number, out=np.full(len(number), np.nan), where=number > 0)
    return mean


def last_of(days: Days) -> Ints:
    """The last day of each account that stands, int64[accounts]; 0 for none."""
    stands = days.facts > 0
    first = stands.argmax(axis=1)
    everyone = np.arange(len(first))
    return np.where(stands[everyone, first], days.on[everyone, first], 0).astype(np.int64)
