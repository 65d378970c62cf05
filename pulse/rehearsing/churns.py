"""Who was lost and when, as the history tells it: what alerts are held against.

An account that ever had a subscription is lost when one that is in force is cancelled. Any other one can be lost from
its third order on, and is when a whole horizon has passed since its last; it can be again once it has ordered again.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pulse.learning.past import Past
from streams.core.history import CHANGES
from streams.core.policy import DAY_S

HORIZON_D: Final = 90
"""How long a silence is a loss, and how long before a loss an alert was a warning of it."""
HORIZON_S: Final = HORIZON_D * DAY_S
MIN_ORDERS: Final = 3
"""Who ordered less often was not won yet."""
_CANCELLED: Final = CHANGES.index("cancelled")


@dataclass(slots=True)
class Life:
    """One account: the spans `begins` to `ends` in which it could be lost (epoch seconds), and when it was."""

    begins: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    lost_at: list[float] = field(default_factory=list)

    def can_be_lost(self, at: float) -> bool:
        """Whether the account was won and not lost at a moment."""
        place = bisect_right(self.begins, at) - 1
        return place >= 0 and at < self.ends[place]

    def lost_after(self, at: float) -> bool:
        """Whether it was lost within the horizon after a moment."""
        place = bisect_right(self.lost_at, at)
        return place < len(self.lost_at) and self.lost_at[place] <= at + HORIZON_S

    def add(self, begin: float, end: float, *, lost: bool) -> None:
        """A span behind all that are there; `lost` when it ended with the loss."""
        self.begins.append(begin)
        self.ends.append(end)
        if lost:
            self.lost_at.append(end)


def lives_of(past: Past, until: float) -> dict[str, Life]:
    """By account, of all that can be lost by `until` (epoch seconds); what happened later is not known."""
    lives: dict[str, Life] = {}
    subscribed = _subscribed(past, until, lives)
    purchases = past.purchases
    known = np.flatnonzero(purchases.times <= until)
    order = known[np.lexsort((purchases.times[known], purchases.account[known]))]
    accounts, starts = np.unique(purchases.account[order], return_index=True)
    pieces = np.split(purchases.times[order], starts)[1:]  # the first lies before all accounts
    for account, times in zip(accounts.tolist(), pieces, strict=True):
        if account not in subscribed and len(times) >= MIN_ORDERS:
            lives[past.names[account]] = _ordering(times.tolist()[MIN_ORDERS - 1 :], until)
    return lives


def _ordering(times: Sequence[float], until: float) -> Life:
    life = Life()
    for at, following in zip(times, [*times[1:], np.inf], strict=True):
        end = min(following, at + HORIZON_S)
        life.add(at, end, lost=following > end and end <= until)
    return life


def _subscribed(past: Past, until: float, lives: dict[str, Life]) -> set[int]:
    """Enter the accounts that had a subscription; returns which they are."""
    changes, begins = past.changes, dict[int, float]()
    for account, code, at in zip(changes.account.tolist(), changes.code.tolist(), changes.at.tolist(), strict=True):
        if at > until:
            break
        life = lives.setdefault(past.names[account], Life())
        if code != _CANCELLED:
            begins.setdefault(account, at)
        elif account in begins:
            life.add(begins.pop(account), at, lost=True)
    for account, begin in begins.items():
        lives[past.names[account]].add(begin, np.inf, lost=False)
    return set(changes.account[changes.at <= until].tolist())
