"""What became of every account after a moment: who stayed and who was lost, by subscriptions or else by orders.

An account with subscriptions has an outcome only where one changed within the horizon: lost where the last change is a
cancellation. An account that never had any, and ordered within the last horizon, is lost when it orders nothing in the
next one. Who was lost long ago, and who was never won, is no row: to foretell that is no merit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pulse.fitting.history import History as Purchases
from streams.core.history import CHANGES
from streams.core.policy import DAY_S, Floats, Ints

Truth = npt.NDArray[np.bool_]

OUTCOMES: Final = (*CHANGES, "ordered_again", "ordered_no_more")
"""What may have become of an account: a subscription's last change, or what its orders say."""
_CANCELLED: Final = CHANGES.index("cancelled")
_AGAIN, _NO_MORE = OUTCOMES.index("ordered_again"), OUTCOMES.index("ordered_no_more")


class Changed(NamedTuple):
    """A change of a subscription; `at` in seconds since the epoch."""

    account: str
    at: float
    change: str


@dataclass(frozen=True, slots=True)
class Changes:
    """n changes in the order of their times: `account`, `code: int64[n]` (index in `CHANGES`), `at: float64[n]`."""

    account: Ints
    code: Ints
    at: Floats

    def last_of_each(self, chosen: Truth, accounts: int) -> tuple[Ints, Floats]:
        """By account, code and time of its last change among the chosen ones: -1 and inf for none."""
        code, at = np.full(accounts, -1), np.full(accounts, np.inf)
        places = np.flatnonzero(chosen)  # ascending in time, so that the last of each stays
        code[self.account[places]], at[self.account[places]] = self.code[places], self.at[places]
        return code, at


@dataclass(frozen=True, slots=True)
class Rows:
    """One row per account and moment: `account`, `outcome: int64[rows]` (index in `OUTCOMES`), `at`, `lost_at` (inf for
    who was not lost), and of the orders so far `silent_d`, `count`, `spent: float64[rows]`.
    """

    account: Ints
    at: Floats
    outcome: Ints
    lost_at: Floats
    silent_d: Floats
    count: Floats
    spent: Floats

    def __len__(self) -> int:
        return len(self.account)

    @property
    def lost(self) -> Truth:
        """Whether the account was lost within the horizon, bool[rows]."""
        return np.isfinite(self.lost_at)

    def taken(self, places: Ints | Truth) -> "Rows":
        """Those at some places."""
        return Rows(*(getattr(self, column.name)[places] for column in fields(self)))

    def counted(self) -> dict[str, int]:
        """How many of each outcome there are."""
        return {name: int((self.outcome == code).sum()) for code, name in enumerate(OUTCOMES)}


def stacked(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, in order."""
    return Rows(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Rows)))


@dataclass(frozen=True, slots=True)
class Past:
    """`names` of all accounts with an order or a subscription; `purchases.account` and `changes.account` index them."""

    names: tuple[str, ...]
    purchases: Purchases
    changes: Changes

    @property
    def span(self) -> tuple[float, float] | None:
        """The first and the last of all times, None where there is nothing."""
        times = np.concatenate([self.purchases.times, self.changes.at])
        return (float(times.min()), float(times.max())) if len(times) else None

    def after(self, moment: datetime, horizon: timedelta, min_orders: int) -> Rows:
        """The rows of one moment."""
        now, later = moment.timestamp(), (moment + horizon).timestamp()
        by_change, changed_at = self._by_change(now, later)
        outcome = np.where(by_change >= 0, by_change, self._by_orders(now, later, min_orders))
        known = self.purchases.times <= now
        last_at = self._last_order(known)
        ends = [outcome == _CANCELLED, outcome == _NO_MORE]
        chosen = np.flatnonzero(outcome >= 0)
        return Rows(
            account=chosen,
            at=np.full(len(chosen), now),
            outcome=outcome[chosen],
            lost_at=np.select(ends, [changed_at, last_at + (later - now)], np.inf)[chosen],
            silent_d=((now - np.where(np.isfinite(last_at), last_at, self._begin))[chosen]) / DAY_S,
            count=self.purchases.per_account(known)[chosen],
            spent=self.purchases.per_account(known, self.purchases.amounts)[chosen],
        )

    @property
    def _begin(self) -> float:
        """Since when whoever never ordered is silent."""
        return self.span[0] if self.span else 0.0

    def _by_change(self, now: float, later: float) -> tuple[Ints, Floats]:
        """By account code and time of the last change within the horizon; -1 for none, and without a subscription."""
        had, _ = self.changes.last_of_each(self.changes.at <= now, len(self.names))
        within = (self.changes.at > now) & (self.changes.at <= later)
        became, at = self.changes.last_of_each(within, len(self.names))
        return np.where((had >= 0) & (had != _CANCELLED), became, -1), at

    def _by_orders(self, now: float, later: float, min_orders: int) -> Ints:
        times = self.purchases.times
        known = times <= now
        subscribed = np.zeros(len(self.names), bool)
        subscribed[self.changes.account[self.changes.at <= later]] = True
        alive = now - self._last_order(known) <= later - now
        judged = ~subscribed & alive & (self.purchases.per_account(known) >= min_orders)
        again = self.purchases.per_account((times > now) & (times <= later)) > 0
        return np.where(judged, np.where(again, _AGAIN, _NO_MORE), -1)

    def _last_order(self, chosen: Truth) -> Floats:
        last = np.full(len(self.names), -np.inf)
        np.maximum.at(last, self.purchases.account[chosen], self.purchases.times[chosen])
        return last


def past_of(names: Sequence[str], purchases: Purchases, changed: Iterable[Changed]) -> Past:
    """The past of `names`, of which the first are those of `purchases` in their order, and of whoever else changed."""
    told = sorted(changed, key=lambda one: (one.at, CHANGES.index(one.change)))
    place = {name: number for number, name in enumerate(names)}
    for one in told:
        place.setdefault(one.account, len(place))
    segments = (*purchases.segments, *[""] * (len(place) - len(purchases.segments)))
    return Past(
        names=tuple(place),
        purchases=Purchases(segments, purchases.account, purchases.times, purchases.amounts),
        changes=Changes(
            np.array([place[one.account] for one in told], np.int64),
            np.array([CHANGES.index(one.change) for one in told], np.int64),
            np.array([one.at for one in told], np.float64),
        ),
    )
