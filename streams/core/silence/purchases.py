"""The purchases of many accounts as one column, and the days on which each account bought."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from streams.core.policy import DAY_S, Floats, Ints


@dataclass(frozen=True, slots=True)
class Occasions:
    """Per account its days with a purchase, as the time of the first purchase of each (UTC) day, in order.

    `times: float64[occasions]`, `account: int64[occasions]` the row of the account, both sorted by account and time;
    `accounts` how many accounts there are, those without a purchase included. A second order on one day says nothing
    about a rhythm: it is a forgotten article.
    """

    times: Floats
    account: Ints
    accounts: int

    @property
    def count(self) -> Ints:
        """`int64[accounts]`: how many each has."""
        return np.bincount(self.account, minlength=self.accounts)

    def until(self, now: float) -> "Occasions":
        """What was known at `now`: later purchases leave no trace, because a day counts from its first purchase."""
        known = self.times <= now
        return Occasions(self.times[known], self.account[known], self.accounts)


def occasions_of(account: Ints, times: Floats, accounts: int) -> Occasions:
    """From purchases in any order: `account: int64[purchases]` says whose each of `times: float64[purchases]` is.

    >>> bought = occasions_of(np.array([0, 0, 0]), np.array([2 * DAY_S, 7.0, 9.0]), 1)
    >>> bought.times.tolist()
    [7.0, 172800.0]
    """
    order = np.lexsort((times, account))
    owner, sorted_times = account[order], times[order]
    day = np.floor(sorted_times / DAY_S)
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (owner[1:] != owner[:-1]) | (day[1:] != day[:-1])
    return Occasions(sorted_times[first], owner[first], accounts)


def occasions_of_one(times: Iterable[float]) -> Occasions:
    """The same for one account."""
    column = np.array(list(times), dtype=np.float64)
    return occasions_of(np.zeros(len(column), dtype=np.int64), column, 1)
