"""Made histories with a known truth: what an account lives through decides, by given weights, whether it renews."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from pulse.fitting.history import Bought, history_of
from pulse.learning.past import Changed, Past, past_of
from streams.core.facts import KIND_INDEX
from streams.core.history import CHANGES, NO_DUE, History
from streams.core.policies import default_tables
from streams.core.policy import CURRENCIES, DAY_S

BEGIN: Final = datetime(2024, 1, 1, tzinfo=UTC)
TRUTH: Final = {"disputed": -2.4, "complaint_3": -1.5, "sentiment": 0.8, "paid": 0.25}
"""What one unit adds to the log odds of renewing. Whatever else happens is of no account."""
_HALF_LIFE_D: Final = {name: signal.half_life_d or np.inf for name, signal in default_tables().policy.signals.items()}
_KINDS: Final = {
    "disputed": "purchase.invoice_disputed.v1",
    "complaint_3": "complaint.opened.v1",
    "sentiment": "interaction.logged.v1",
    "paid": "purchase.invoice_paid.v1",
    "delivered": "purchase.order_delivered.v1",
}
_A_MONTH: Final = {"disputed": 0.12, "complaint_3": 0.15, "sentiment": 1.0, "paid": 0.8, "delivered": 0.7}
"""How often each happens."""


@dataclass
class Made:
    """Facts as rows of (account, kind, at, value, code, complaint), and what became of subscriptions."""

    names: list[str]
    facts: list[tuple[int, int, float, float, int, int]] = field(default_factory=list)
    changes: list[Changed] = field(default_factory=list)
    bought: list[Bought] = field(default_factory=list)

    def tell(self, account: int, kind: str, at: float, value: float = np.nan, code: int = 0) -> None:
        complaint = len(self.facts) + 1 if kind.startswith("complaint") else 0
        self.facts.append((account, KIND_INDEX[kind], at, value, code, complaint))

    def change(self, account: int, at: float, change: str) -> None:
        self.tell(account, "purchase.subscription_changed.v1", at, code=CHANGES.index(change))
        self.changes.append(Changed(self.names[account], at, change))

    def past(self) -> Past:
        return past_of(self.names[: len(self.bought)], history_of(self.bought), self.changes)

    def chunks(self, parts: int = 2) -> list[tuple[Sequence[str], History]]:
        """The facts, parted by account."""
        found: list[tuple[Sequence[str], History]] = []
        for part in range(parts):
            mine = [number for number in range(len(self.names)) if number % parts == part]
            index = {number: place for place, number in enumerate(mine)}
            told = [(index[fact[0]], *fact[1:]) for fact in self.facts if fact[0] in index]
            found.append(([self.names[number] for number in mine], _columns(told)))
        return found


def _columns(told: Sequence[tuple[int, int, float, float, int, int]]) -> History:
    account, kind, at, value, code, complaint = (np.array(column) for column in zip(*told, strict=True))
    nothing = np.zeros(len(told))
    return History(
        account=account,
        kind=kind,
        sign=np.ones(len(told)),
        told_at=at,
        at=at,
        value=value,
        low=nothing,
        high=nothing,
        code=code,
        complaint=complaint.astype(np.uint64),
        due_ms=np.full(len(told), NO_DUE),
    )


def subscribed(
    accounts: int = 500, months: int = 24, seed: int = 1, truth: Mapping[str, float] = TRUTH, base: float = 4.0
) -> Made:
    """Accounts whose subscription is up in the middle of every month; who cancels is gone."""
    chance = np.random.default_rng(seed)
    made = Made([f"S-{number:04d}" for number in range(accounts)])
    for account in range(accounts):
        made.change(account, BEGIN.timestamp() + 3600 * (account + 1), "started")
        sums: dict[str, list[tuple[float, float]]] = {name: [] for name in _KINDS}
        temper = chance.normal(0, 0.4)
        for month in range(1, months):
            begin = (BEGIN + timedelta(days=30.4 * month)).timestamp()
            for name, often in _A_MONTH.items():
                for _ in range(chance.poisson(often)):
                    at = begin - chance.uniform(0, 30) * DAY_S
                    amount = float(np.clip(chance.normal(temper, 0.5), -1, 1)) if name == "sentiment" else 1.0
                    made.tell(
                        account,
                        _KINDS[name],
                        at,
                        amount if name == "sentiment" else np.nan,
                        3 * (name == "complaint_3"),
                    )
                    sums[name].append((at, amount))
            decayed = {
                name: sum(amount * 2 ** (-(begin - at) / DAY_S / _HALF_LIFE_D[name]) for at, amount in told)
                for name, told in sums.items()
            }
            odds = base + sum(weight * decayed[name] for name, weight in truth.items())
            renews = chance.random() < 1 / (1 + np.exp(-odds))
            made.change(account, begin + 15 * DAY_S, "renewed" if renews else "cancelled")
            if not renews:
                break
    return made


def ordering(accounts: int = 150, days: int = 500, seed: int = 2) -> Made:
    """Accounts that order by a rhythm of their own, without subscriptions; who has cause for complaint soon stops."""
    chance = np.random.default_rng(seed)
    made = Made([f"O-{number:04d}" for number in range(accounts)])
    for account in range(accounts):
        stop_d = chance.uniform(120, days) if account % 2 else days
        times = [BEGIN.timestamp() + day * DAY_S for day in np.cumsum(chance.gamma(4, 3, size=200)) if day < stop_d]
        for at in times:
            made.tell(account, "purchase.order_placed.v1", at, value=10.0, code=CURRENCIES.index("EUR"))
        if account % 2:
            for _ in range(3):
                made.tell(account, "complaint.opened.v1", times[-1] - chance.uniform(0, 20) * DAY_S, code=4)
        made.bought.append(Bought("", times, [10.0] * len(times)))
    return made
