"""A roll-up in its reader's words: what is at risk below them, what happened, what nobody reacted to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from consumers.runtime.below import Waiting, Worsened
from consumers.runtime.rollup import Team
from consumers.runtime.wording.marks import N_, NN_
from consumers.runtime.wording.names import BANDS, KINDS
from consumers.runtime.wording.reader import Reader

_HEADLINE: Final = N_("Your team: %(amount)s at risk")
_CALM_HEADLINE: Final = N_("Your team: no revenue at risk")
_WAITING: Final = NN_("nobody reacted to %(count)d alert", "nobody reacted to %(count)d alerts")
_EXTENT: Final = NN_(
    "%(count)d account below you. What moved and what was opened is of the last seven days.",
    "%(count)d accounts below you. What moved and what was opened is of the last seven days.",
)
_BANDS: Final = N_("%(worsened)s worsened, %(improved)s improved")
_ALERTS: Final = N_("%(opened)s opened, %(taken_on)s taken on, %(resolved)s resolved")
_RISK: Final = N_("%(risk)s of %(annual)s")
_CRITICAL: Final = N_("%(amount)s of it critical")
_OLDEST: Final = N_("%(count)s, the oldest %(ago)s")


@dataclass(frozen=True, slots=True)
class RollUpWords:
    """`at` is the moment of the roll-up: how long something waits is told as of then."""

    reader: Reader
    team: Team
    worsened: tuple[Worsened, ...]
    waiting: tuple[Waiting, ...]
    names: Mapping[str, str]
    at: datetime

    @property
    def headline(self) -> str:
        """What is at risk, and how many alerts nobody reacted to where there are any."""
        risk = self._text(_HEADLINE, amount=self._money(self.team.total.risk, self.team.money.currency))
        first = risk if self.team.total.risk else self.reader.text(_CALM_HEADLINE)
        unanswered = self.team.total.figures.unanswered
        return f"{first}, {self._counted(_WAITING, unanswered)}" if unanswered else first

    @property
    def extent(self) -> str:
        """How many accounts there are, and of what time it tells."""
        return self._counted(_EXTENT, self.team.total.figures.accounts)

    @property
    def figures(self) -> list[tuple[str, str]]:
        """The figures of everything below, each with its label."""
        text, figures = self.reader.text, self.team.total.figures
        bands = self._text(_BANDS, worsened=self._number(figures.worsened), improved=self._number(figures.improved))
        alerts = self._text(
            _ALERTS,
            opened=self._number(figures.opened),
            taken_on=self._number(figures.acknowledged),
            resolved=self._number(figures.resolved),
        )
        told = [(text(N_("Revenue at risk")), self._risk), (text(N_("Bands, 7 days")), bands)]
        told += [(text(N_("Alerts, 7 days")), alerts), (text(N_("Nobody reacted")), self._unanswered)]
        after = figures.answered_after
        return told if after is None else [*told, (text(N_("Taken on after")), self.reader.lasting(after))]

    @property
    def accounts(self) -> list[tuple[str, str, str, str]]:
        """Of each account that worsened: its id, its name, what happened and whose it is, and what it is worth."""
        return [
            (one.account_id, one.name, f"{self._moved(one)} · {self._name(one.owner)}", self._value(one))
            for one in self.worsened
        ]

    @property
    def alerts(self) -> list[tuple[str, str, str, str]]:
        """Of each alert in nobody's hands: the account's id and name, which since when and whose, and the value."""
        return [
            (
                one.account_id,
                one.name,
                " · ".join((self.reader.text(KINDS[one.kind]), self._ago(one.since), self._name(one.owner))),
                "" if one.value_at_risk is None else self._money(one.value_at_risk, one.currency),
            )
            for one in self.waiting
        ]

    @property
    def why_you(self) -> str:
        """Why the reader gets it."""
        return self.reader.text(N_("You get this because people report to you."))

    @property
    def _risk(self) -> str:
        total, currency = self.team.total, self.team.money.currency
        amounts = [(total.risk, currency), *((more, other) for other, more in sorted(total.others.items()))]
        risk = " + ".join(self._money(amount, one) for amount, one in amounts)
        told = self._text(_RISK, risk=risk, annual=self._money(total.annual.amount, currency))
        critical = total.critical.amount
        return f"{told}, {self._text(_CRITICAL, amount=self._money(critical, currency))}" if critical else told

    @property
    def _unanswered(self) -> str:
        figures = self.team.total.figures
        if figures.unanswered_since is None:
            return self.reader.text(N_("Every open alert is in somebody's hands."))
        count = self._number(figures.unanswered)
        return self._text(_OLDEST, count=count, ago=self._ago(figures.unanswered_since))

    def _ago(self, since: datetime) -> str:
        return self.reader.ago(self.at - since)

    def _moved(self, one: Worsened) -> str:
        return f"{self.reader.text(BANDS[one.before])} → {self.reader.text(BANDS[one.band])}"

    def _name(self, owner: str) -> str:
        return self.names.get(owner, owner) or "–"

    def _value(self, one: Worsened) -> str:
        return self._money(one.annual_value, one.currency) if one.annual_value else ""

    def _money(self, amount: Decimal, currency: str) -> str:
        return self.reader.money(amount, currency) if currency else "–"

    def _number(self, count: int) -> str:
        return self.reader.number(count, 0)

    def _text(self, message: str, **given: str) -> str:
        return self.reader.text(message) % given

    def _counted(self, forms: tuple[str, str], count: int) -> str:
        return self.reader.plural(forms, count) % {"count": count}
