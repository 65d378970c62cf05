"""The events of a torture: an endless seeded stream of records, told twice, late, out of order, some of them poison.

Pure: the clock is an argument. The same seed makes the same events in the same order; only their times follow the
clock. What comes back later (duplicates, answers, withdrawals) comes a number of records later, not a time.
"""

import heapq
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from schemas.alerts import AlertKind, alert_id
from schemas.ids import AccountId
from schemas.topics import ACTIONS, COMPLAINTS, INTERACTIONS, PROFILES, PURCHASES, Topic
from tests.torture.poison import poisoned
from tests.torture.records import Kind, Record

SOURCES: Final = ("crm", "shop", "helpdesk")
DAY_S: Final = 86_400.0
_SHUFFLED_OVER: Final = 16
_SOON: Final = (1, 30)
_CHANNELS: Final = ("call", "email", "meeting", "chat", "visit", "portal")
_CATEGORIES: Final = ("billing", "delivery", "product", "service", "technical")
_CURRENCIES: Final = ("EUR", "EUR", "JPY", "GHS")
"""The last has no rate in the policy shipped."""
_CHANGES: Final = ("started", "renewed", "expanded", "reduced", "cancelled")


@dataclass(frozen=True, slots=True)
class Recipe:
    """`accounts` share the facts evenly, `busy` of them besides get one in twenty and are told nothing twice.

    `duplicates` and `poison` are shares of the records; `partitions` is the topics' count.
    """

    seed: int
    accounts: int = 2_000
    busy: int = 3
    duplicates: float = 0.06
    poison: float = 0.01
    partitions: int = 4

    @property
    def later(self) -> tuple[int, int]:
        """How many records after a fact its later duplicates come: few enough of its account, and some flushes on."""
        return 200, min(2_500, 8 * self.accounts)

    @property
    def max_unread(self) -> int:
        """Beyond this many unread records an account's facts could outrun the ring: topics are read one by one then."""
        return 4 * self.accounts if self.duplicates else 100_000


Making = Callable[[float], Record]


class Load:
    """Makes one record after the other."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._rng = random.Random(recipe.seed)
        self._number = 0
        self._later: list[tuple[int, int, Making]] = []
        self._window: list[Record] = []

    def next(self, now: float) -> Record:
        """The next record; `now` is the clock, epoch seconds."""
        while len(self._window) < _SHUFFLED_OVER:
            self._window.append(self._made(now))
        place = self._rng.randrange(_SHUFFLED_OVER)
        self._window[place], self._window[-1] = self._window[-1], self._window[place]
        return self._window.pop()

    def _made(self, now: float) -> Record:
        self._number += 1
        if self._later and self._later[0][0] <= self._number:
            return heapq.heappop(self._later)[2](now)
        if self._rng.random() < self._recipe.poison:
            return poisoned(self._rng, self._number, self._fresh(now), self._recipe.partitions)
        return self._told(self._fresh(now))

    def _told(self, record: Record) -> Record:
        """A fact on its way; it may be told again, at once or some seconds later."""
        if (record.key or b"").startswith(b"busy"):
            return record
        if self._rng.random() < self._recipe.duplicates:
            again = record._replace(kind=Kind.DUPLICATE)
            for _ in range(self._rng.choice((1, 1, 1, 2))):
                self._after(self._rng.choice((_SOON, self._recipe.later)), lambda _now: again)
        return record

    def _after(self, span: tuple[int, int], make: Making) -> None:
        due = self._number + self._rng.randint(*span)
        heapq.heappush(self._later, (due, self._rng.getrandbits(62), make))

    def _account(self) -> str:
        if self._recipe.busy and self._rng.random() < 0.05:
            return f"busy-{self._rng.randrange(self._recipe.busy)}"
        return f"A-{self._rng.randrange(self._recipe.accounts):05d}"

    def _fresh(self, now: float) -> Record:
        (make,) = self._rng.choices(
            (self._contact, self._survey, self._purchase, self._complaint, self._profile, self._action),
            (42, 8, 28, 16, 3, 3),
        )
        return make(self._moment(now), now)

    def _moment(self, now: float) -> float:
        roll = self._rng.random()
        if roll < 0.05:
            return now - self._rng.uniform(0.0, DAY_S / 4)
        return now - self._rng.uniform(20 * DAY_S, 60 * DAY_S) if roll < 0.06 else now

    def _record(self, topic: Topic, account: str, kind: str, at: float, data: dict[str, Any]) -> Record:
        source = SOURCES[self._rng.randrange(len(SOURCES))]
        event = {
            "specversion": "1.0",
            "id": f"e{self._rng.getrandbits(48):012x}",
            "source": source,
            "subject": account,
            "type": kind,
            "time": to_text(at),
            "data": data,
        }
        return Record(Kind.FACT, topic, account.encode(), json.dumps(event, separators=(",", ":")).encode())

    def _contact(self, at: float, now: float) -> Record:
        rng = self._rng
        data: dict[str, Any] = {"channel": rng.choice(_CHANNELS), "direction": rng.choice(("inbound", "outbound"))}
        if rng.random() < 0.7:
            data["sentiment"] = round(rng.uniform(-1, 1), 3)
        return self._withdrawable(self._record(INTERACTIONS, self._account(), "interaction.logged.v1", at, data))

    def _survey(self, at: float, now: float) -> Record:
        roll, account = self._rng.random(), self._account()
        if roll < 0.4:
            data: dict[str, Any] = {"instrument": "nps", "answer": self._rng.randint(0, 10), "scale_max": 10}
            return self._record(INTERACTIONS, account, "interaction.survey_answered.v1", at, data)
        if roll < 0.8:
            data = {"feature": "export", "quantity": self._rng.randint(0, 3), "period_s": 3600}
            return self._record(INTERACTIONS, account, "interaction.usage_reported.v1", at, data)
        data = {"hand_off_id": f"h{self._number}", "to_team": "service", "due_at": to_text(at + 3600)}
        return self._record(INTERACTIONS, account, "interaction.handed_off.v1", at, data)

    def _purchase(self, at: float, now: float) -> Record:
        order = {"order_id": f"o{self._number}"}
        invoice = {"invoice_id": f"i{self._number}"}
        lines = [{"sku": f"p{number}", "quantity": 1, "amount": "1"} for number in range(self._number % 4)]
        money = {"amount": f"{self._rng.uniform(5, 5000):.2f}", "currency": self._rng.choice(_CURRENCIES)}
        change = {"change": self._rng.choice(_CHANGES), "annual_value": "1200", "currency": "EUR"}
        kind, data = self._rng.choice(
            (
                ("order_placed", {**order, **money}),
                ("order_placed", {**order, **money, "lines": lines}),
                ("order_shipped", order),
                ("order_delivered", order),
                ("order_cancelled", order),
                ("order_returned", order),
                ("invoice_issued", {**invoice, **money, "due_at": to_text(at + 14 * DAY_S)}),
                ("invoice_paid", invoice),
                ("invoice_disputed", invoice),
                ("subscription_changed", change),
            )
        )
        return self._withdrawable(self._record(PURCHASES, self._account(), f"purchase.{kind}.v1", at, data))

    def _complaint(self, at: float, now: float) -> Record:
        rng, account, name = self._rng, self._account(), f"c{self._number}"
        data: dict[str, Any] = {
            "complaint_id": name,
            "category": rng.choice(_CATEGORIES),
            "severity": rng.randint(1, 4),
        }
        owed = rng.choice(((2.0, 8.0), (2.0, 8.0), (20.0, 60.0), (2 * DAY_S, 3 * DAY_S), None))
        if owed is not None:
            data["answer_due_at"] = to_text(now + rng.uniform(*owed))
        course = (("answered", 0.4), ("resolved", 0.35), ("reopened", 0.1), ("escalated", 0.1), ("withdrawn", 0.05))
        for kind, share in course:
            if rng.random() < share:
                self._after((100, 2_000), self._follow_up(account, name, kind))
        return self._withdrawable(self._record(COMPLAINTS, account, "complaint.opened.v1", at, data))

    def _follow_up(self, account: str, name: str, kind: str) -> Making:
        data = {"complaint_id": name}
        return lambda now: self._told(self._record(COMPLAINTS, account, f"complaint.{kind}.v1", now, data))

    def _withdrawable(self, record: Record) -> Record:
        if self._rng.random() < 0.01:
            original = json.loads(record.value or b"")
            data = {"original": original, "reason": "entered by mistake"}
            subject = original["subject"]
            self._after(
                (50, 1_500),
                lambda now: self._told(self._record(record.topic, subject, "fact.withdrawn.v1", now, data)),
            )
        return record

    def _profile(self, at: float, now: float) -> Record:
        account = self._account()
        data = {
            "name": f"Example {account}",
            "segment": self._rng.choice(("strategic", "mid", "long_tail")),
            "annual_value": str(self._rng.randint(1, 90_000)),
            "currency": "EUR",
            "owner": f"M-{self._rng.randrange(9)}",
        }
        return self._record(PROFILES, account, "account.profile_set.v1", at, data)

    def _action(self, at: float, now: float) -> Record:
        account = self._account()
        episode = alert_id(AccountId(account), AlertKind.COMPLAINT_OVERDUE, 1)
        kind = self._rng.choice(("acknowledged", "commented"))
        data = {"alert_id": episode, "actor": "M-1", "comment": "on it"}
        return self._record(ACTIONS, account, f"alert.{kind}.v1", now, data)


def to_text(at: float) -> str:
    """Epoch seconds as events carry them, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
