"""Who tells the invented facts of one account: its dice, its temper, and the numbers of its facts.

One random stream an account, seeded by seed and account: leaving other accounts out changes nothing. What is told is
decided by story and complaints.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from pulse.simulate.facts import Fact, fact
from pulse.simulate.history import Customer


class Teller:
    """Collects the facts of one account and numbers them."""

    def __init__(self, customer: Customer, seed: int) -> None:
        self.customer = customer
        self.rng = Random(f"{seed}/{customer.account}")
        self.temper = self.rng.random() ** 2
        self.facts: list[Fact] = []
        self._prefix = f"sim-{seed}-{customer.account}"

    def tell(self, at: datetime, source: str, kind: str, data: dict[str, Any]) -> None:
        """One more fact of this account, at a whole second."""
        identity = f"{self._prefix}-{len(self.facts) + 1}"
        told = fact(at.replace(microsecond=0), identity, source, self.customer.account, (kind, data))
        self.facts.append(told)

    def happens(self, probability: float) -> bool:
        """A throw of the dice."""
        return self.rng.random() < probability

    def after(self, at: datetime, least_h: float, most_h: float) -> datetime:
        """A moment between so many hours after `at`."""
        return at + timedelta(hours=least_h + (most_h - least_h) * self.rng.random())
