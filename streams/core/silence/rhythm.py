"""An account's rhythm: how many days lie between its purchases."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from streams.core.policy import DAY_S, Floats, Ints
from streams.core.silence.purchases import Occasions

LINE_QUANTILE: Final = 0.95
"""The share of an account's own gaps that its line lets pass."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One row per account, each `[accounts]`; NaN where an account has too few purchases to tell.

    `first_at`, `last_at` seconds since the epoch; `count: int64` of days with a purchase; of the gaps between these, in
    days: `median_d`, `quantile_d` (the 95th percentile, linear between neighbours) and `mean_log`, the mean of
    log(1 + gap).
    """

    first_at: Floats
    last_at: Floats
    count: Ints
    median_d: Floats
    quantile_d: Floats
    mean_log: Floats

    def of(self, rows: Ints) -> "Rhythm":
        """The rows named, in that order."""
        return Rhythm(*(getattr(self, column.name)[rows] for column in fields(self)))

    @property
    def gaps(self) -> Ints:
        """`int64[accounts]`: how many gaps each has."""
        return np.maximum(self.count - 1, 0)

    def silent_d(self, now: float) -> Floats:
        """Days since the last purchase."""
        return (now - self.last_at) / DAY_S

    def ratio(self, now: float) -> Floats:
        """The silence as a multiple of the account's usual (median) gap."""
        return self.silent_d(now) / self.median_d


def rhythm_of(bought: Occasions) -> Rhythm:
    """The rhythm of every account.

    >>> from streams.core.silence.purchases import occasions_of_one
    >>> days = np.cumsum([0, 7, 7, 8, 10, 14])
    >>> rhythm = rhythm_of(occasions_of_one(days * DAY_S))
    >>> rhythm.median_d.item(), round(rhythm.quantile_d.item(), 6), rhythm.ratio((46 + 12) * DAY_S).item()
    (8.0, 13.2, 1.5)
    """
    owner, gaps = gaps_of(bought)
    number = np.bincount(owner, minlength=bought.accounts)
    count, everyone = bought.count, np.arange(bought.accounts)
    return Rhythm(
        first_at=_at_places(bought.times, np.searchsorted(bought.account, everyone), count),
        last_at=_at_places(bought.times, np.searchsorted(bought.account, everyone, side="right") - 1, count),
        count=count,
        median_d=_quantile(owner, gaps, number, 0.5),
        quantile_d=_quantile(owner, gaps, number, LINE_QUANTILE),
        mean_log=_mean_log(owner, gaps, number),
    )


def gaps_of(bought: Occasions) -> tuple[Ints, Floats]:
    """Whose each gap is (`int64[gaps]`) and how many days it lasted (`float64[gaps]`), by account and length."""
    same = bought.account[1:] == bought.account[:-1]
    owner = bought.account[1:][same]
    gaps = np.diff(bought.times)[same] / DAY_S
    order = np.lexsort((gaps, owner))
    return owner[order], gaps[order]


def _at_places(values: Floats, places: Ints, count: Ints) -> Floats:
    """`values[places]`; NaN for an account without any."""
    found = np.full(len(count), np.nan)
    some = count > 0
    found[some] = values[places[some]]
    return found


def _quantile(owner: Ints, gaps: Floats, number: Ints, share: float) -> Floats:
    """The quantile of each account's gaps, which are sorted within the account: linear between neighbours."""
    found = np.full(len(number), np.nan)
    some = number > 0
    begin = np.searchsorted(owner, np.flatnonzero(some))
    place = (number[some] - 1) * share
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, number[some] - 1)
    found[some] = gaps[begin + low] + (place - low) * (gaps[begin + high] - gaps[begin + low])
    return found


def _mean_log(owner: Ints, gaps: Floats, number: Ints) -> Floats:
    total = np.bincount(owner, weights=np.log1p(gaps), minlength=len(number))
    mean: Floats = np.divide(total, number, out=np.full(len(number), np.nan), where=number > 0)
    return mean
