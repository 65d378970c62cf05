"""What lies below a person, summed along the reporting line. Pure.

Each owner's figures come alone, as `team_health` has them; who counts with whom is the line's business (`hierarchy`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from statistics import median
from typing import Final

from consumers.runtime.hierarchy import Hierarchy, Person, Viewer
from schemas.ids import ManagerId

Values = Mapping[str, Decimal]
"""Amounts by currency."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one owner has, or several together. What happened is of the last seven days; `answered_after_s` are the
    seconds that each first acknowledgement of them took.
    """

    accounts: int = 0
    by_band: Mapping[str, int] = field(default_factory=dict)
    annual: Values = field(default_factory=dict)
    critical: Values = field(default_factory=dict)
    at_risk: Values = field(default_factory=dict)
    worsened: int = 0
    improved: int = 0
    opened: int = 0
    acknowledged: int = 0
    resolved: int = 0
    unanswered: int = 0
    unanswered_since: datetime | None = None
    answered_after_s: tuple[int, ...] = ()

    @property
    def answered_after(self) -> timedelta | None:
        """The median of the time to an acknowledgement, None where there was none."""
        return timedelta(seconds=float(median(self.answered_after_s))) if self.answered_after_s else None


_COUNTS: Final = ("accounts", "worsened", "improved", "opened", "acknowledged", "resolved", "unanswered")


def summed(parts: Iterable[Figures]) -> Figures:
    """Several together. Medians do not add up: the times themselves are put together."""
    listed = list(parts)
    return Figures(
        **{name: sum(getattr(one, name) for one in listed) for name in _COUNTS},
        annual=added(one.annual for one in listed),
        critical=added(one.critical for one in listed),
        at_risk=added(one.at_risk for one in listed),
        by_band=dict(sum((Counter(one.by_band) for one in listed), Counter())),
        unanswered_since=min((one.unanswered_since for one in listed if one.unanswered_since), default=None),
        answered_after_s=tuple(chain.from_iterable(one.answered_after_s for one in listed)),
    )


def added(values: Iterable[Values]) -> dict[str, Decimal]:
    """Amounts put together, each currency for itself.

    >>> added([{"EUR": Decimal(1)}, {"EUR": Decimal(2), "JPY": Decimal(3)}])
    {'EUR': Decimal('3'), 'JPY': Decimal('3')}
    """
    found: dict[str, Decimal] = {}
    for currency, amount in chain.from_iterable(one.items() for one in values):
        found[currency] = found.get(currency, Decimal(0)) + amount
    return found


@dataclass(frozen=True, slots=True)
class Worth:
    """Amounts as one, and by currency what no rate could turn into it."""

    amount: Decimal
    others: Values


@dataclass(frozen=True, slots=True)
class Money:
    """The currency a page is written in, and what currencies are worth (the policy's rates)."""

    currency: str
    rates: Mapping[str, float]

    def worth(self, *values: Values) -> Worth:
        """All of them together, in the currency; what is in it already stays exact."""
        together = added(values)
        own = together.pop(self.currency, Decimal(0))
        rated = {one: amount for one, amount in together.items() if self._turns(one)}
        turned = sum((amount * self._rate(one) for one, amount in rated.items()), Decimal(0))
        return Worth(own + turned, {one: amount for one, amount in together.items() if one not in rated})

    def _turns(self, currency: str) -> bool:
        return bool(self.rates.get(currency)) and bool(self.rates.get(self.currency))

    def _rate(self, currency: str) -> Decimal:
        return Decimal(str(self.rates[currency])) / Decimal(str(self.rates[self.currency]))


def money_of(annual: Values, rates: Mapping[str, float]) -> Money:
    """Written in the currency in which most of the value is; one with a rate before one without."""

    def weight(currency: str) -> tuple[bool, Decimal, str]:
        rate = Decimal(str(rates.get(currency, 0)))
        return rate > 0, annual[currency] * (rate or 1), currency

    return Money(max(annual, key=weight, default=""), rates)


@dataclass(frozen=True, slots=True)
class Line:
    """One person of a team with all below, `people` of them; or, `alone`, with the own accounts and nobody else's."""

    person: Person
    people: int
    alone: bool
    figures: Figures
    critical: Worth
    at_risk: Worth
    annual: Worth

    @property
    def risk(self) -> Decimal:
        """Revenue at risk: what is critical and what is at risk."""
        return self.critical.amount + self.at_risk.amount

    @property
    def others(self) -> Values:
        """What of it no rate could turn into the page's currency."""
        return added((self.critical.others, self.at_risk.others))


@dataclass(frozen=True, slots=True)
class Team:
    """Who reports to a person, the most revenue at risk first, and everything below that person together."""

    money: Money
    lines: tuple[Line, ...]
    total: Line


def team_of(hierarchy: Hierarchy, head: Viewer, own: Mapping[ManagerId, Figures], rates: Mapping[str, float]) -> Team:
    """The team of a person. `own` has the figures of each owner alone, of those in `head.sees` and of nobody else."""
    money = money_of(summed(own.values()).annual, rates)
    below = {one: hierarchy.below(head, one.manager_id) for one in hierarchy.reports(head.person.manager_id)}
    lines = [_line(one, seen.sees, own, money) for one, seen in below.items() if seen is not None]
    mine = head.person.manager_id
    if mine in own and own[mine] != Figures():
        lines.append(_line(head.person, frozenset({mine}), own, money, alone=True))
    lines.sort(key=lambda one: (-one.risk, -one.figures.unanswered, one.alone, one.person.name, one.person.manager_id))
    return Team(money, tuple(lines), _line(head.person, head.sees, own, money))


def _line(
    person: Person,
    sees: frozenset[ManagerId],
    own: Mapping[ManagerId, Figures],
    money: Money,
    *,
    alone: bool = False,
) -> Line:
    figures = summed(own[one] for one in sorted(sees) if one in own)
    critical, at_risk, annual = (money.worth(one) for one in (figures.critical, figures.at_risk, figures.annual))
    return Line(person, len(sees) - 1, alone, figures, critical, at_risk, annual)
