"""The live trickle: plausible events of now for known accounts, some complaints overdue within seconds.

What happens is a function of the seed, when it happens is the caller's clock; ids carry the run, so that two runs of
one seed do not repeat each other's facts.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final

from pulse.simulate.complaints import opened, severity_of
from pulse.simulate.facts import CRM, DESK, LOGISTICS, SHOP, TELEMETRY, Fact, fact
from pulse.simulate.story import contact, survey

_SOON_S: Final = (3.0, 8.0)
_ANSWER_AFTER_S: Final = (15.0, 40.0)
_OVERDUE_SHARE: Final = 0.5
_SEVERE: Final = 4

Maker = Callable[["Trickle", str, datetime], Fact]


@dataclass(order=True, frozen=True, slots=True)
class _Planned:
    at: datetime
    number: int
    account: str = field(compare=False)
    source: str = field(compare=False)
    of: tuple[str, dict[str, Any]] = field(compare=False)


class Trickle:
    """Makes one event after another. `run` tells this run from others in the ids."""

    def __init__(self, accounts: Sequence[str], seed: int, run: str) -> None:
        self.rng = Random(f"{seed}/live")
        self._accounts = accounts
        self._run = run
        self._numbers = count(1)
        self._planned: list[_Planned] = []

    def next_fact(self, now: datetime) -> Fact:
        """The next event, as of `now`: one that was planned and is due, else a new one."""
        if self._planned and self._planned[0].at <= now:
            planned = heapq.heappop(self._planned)
            return self.make(now, planned.account, planned.source, planned.of)
        account = self._accounts[int(len(self._accounts) * self.rng.random())]
        return _pick(self.rng)(self, account, now)

    def make(self, now: datetime, account: str, source: str, of: tuple[str, dict[str, Any]]) -> Fact:
        """One event under the next id."""
        return fact(now, f"{self._run}-{next(self._numbers)}", source, account, of)

    def complaint(self, account: str, now: datetime, severity: int, due_at: datetime) -> tuple[str, Fact]:
        """The name of a new complaint and its opening; nobody answers it unless that is planned."""
        name = f"C-{self._run}-{next(self._numbers)}"
        of = ("complaint.opened.v1", opened(self.rng, name, severity, due_at.replace(microsecond=0)))
        return name, self.make(now, account, DESK, of)

    def plan(self, at: datetime, account: str, source: str, of: tuple[str, dict[str, Any]]) -> None:
        """Let an event happen at `at` or soon after."""
        heapq.heappush(self._planned, _Planned(at, next(self._numbers), account, source, of))

    def between(self, span_s: tuple[float, float]) -> timedelta:
        """A random time between so many seconds."""
        least_s, most_s = span_s
        return timedelta(seconds=least_s + (most_s - least_s) * self.rng.random())


def run_id(seed: int, began_at: datetime) -> str:
    """What tells the ids of one run from another's.

    >>> run_id(1, datetime(2026, 3, 10, 9, 30))
    'live-1-20260310093000'
    """
    return f"live-{seed}-{began_at:%Y%m%d%H%M%S}"


def severe(trickle: Trickle, account: str, now: datetime) -> Fact:
    """A complaint of the highest severity, with hours for its answer: what moves the score is the event itself."""
    return trickle.complaint(account, now, _SEVERE, now + timedelta(hours=8))[1]


def soon_overdue(trickle: Trickle, account: str, now: datetime) -> Fact:
    """A complaint whose answer is due within seconds and does not come."""
    return trickle.complaint(account, now, severity_of(trickle.rng), now + trickle.between(_SOON_S))[1]


def _contact(trickle: Trickle, account: str, now: datetime) -> Fact:
    data = contact(trickle.rng, trickle.rng.random() ** 2)
    return trickle.make(now, account, CRM, ("interaction.logged.v1", data))


def _survey(trickle: Trickle, account: str, now: datetime) -> Fact:
    data = survey(trickle.rng, trickle.rng.random() ** 2)
    return trickle.make(now, account, CRM, ("interaction.survey_answered.v1", data))


def _usage(trickle: Trickle, account: str, now: datetime) -> Fact:
    data = {"feature": "wish list", "quantity": float(int(40 * trickle.rng.random())), "period_s": 7 * 86_400}
    return trickle.make(now, account, TELEMETRY, ("interaction.usage_reported.v1", data))


def _order(trickle: Trickle, account: str, now: datetime) -> Fact:
    order = f"{trickle.rng.getrandbits(64):016x}"
    data = {"order_id": order, "amount": f"{5 + 95 * trickle.rng.random():.2f}", "currency": "USD"}
    shipped = ("purchase.order_shipped.v1", {"order_id": order})
    trickle.plan(now + trickle.between(_ANSWER_AFTER_S), account, LOGISTICS, shipped)
    return trickle.make(now, account, SHOP, ("purchase.order_placed.v1", data))


def _complaint(trickle: Trickle, account: str, now: datetime) -> Fact:
    """Half of them become overdue before they are answered."""
    overdue = trickle.rng.random() < _OVERDUE_SHARE
    due_at = now + (trickle.between(_SOON_S) if overdue else timedelta(hours=8))
    name, made = trickle.complaint(account, now, severity_of(trickle.rng), due_at)
    answered_at = now + trickle.between(_ANSWER_AFTER_S)
    trickle.plan(answered_at, account, DESK, ("complaint.answered.v1", {"complaint_id": name}))
    resolved_at = answered_at + trickle.between(_ANSWER_AFTER_S)
    trickle.plan(resolved_at, account, DESK, ("complaint.resolved.v1", {"complaint_id": name}))
    return made


_MIX: Final[tuple[tuple[int, Maker], ...]] = (
    (45, _contact),
    (27, _order),
    (10, _usage),
    (8, _survey),
    (10, _complaint),
)


def _pick(rng: Random) -> Maker:
    thrown = rng.random() * sum(weight for weight, _ in _MIX)
    for weight, maker in _MIX:
        thrown -= weight
        if thrown < 0:
            return maker
    return _contact
