"""The load every contender reads: a seeded stream of events as Kafka records, in the order they are written.

70 % interactions, 20 % purchases, 10 % complaints. Complaints, orders, invoices and hand-offs are opened and later
closed, most within what was promised. One record in a hundred tells an earlier event again, word for word; one in a
hundred carries a time up to six hours earlier than its neighbours. All lies within the last day, so that what is
decided is live: history is told less often, which would be less work. Accounts are drawn evenly, or by Zipf's law: few
have most of the traffic, as in every real client base. Pure: same recipe, same bytes; no clock, no broker.
"""

import json
import random
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any, Final, NamedTuple

from schemas.topics import COMPLAINTS, INTERACTIONS, PURCHASES, Topic

SOURCE: Final = "benchmark"
TOPICS: Final = (INTERACTIONS, PURCHASES, COMPLAINTS)
_DUPLICATES: Final = 0.01
_LATE: Final = 0.01
_LATE_BY_S: Final = 6 * 3_600.0
_REMEMBERED: Final = 1_000
_OPEN_AT_ONCE: Final = 2_000
_HOUR_S: Final = 3_600.0
_CHANNELS: Final = ("call", "email", "meeting", "chat", "visit", "portal")
_CATEGORIES: Final = ("billing", "delivery", "product", "service", "technical")
_encoded: Final = json.JSONEncoder(separators=(",", ":")).encode  # one for all: making one costs as much as encoding

Fact = tuple[str, str, dict[str, Any]]
"""Account, event type, data."""


class Record(NamedTuple):
    """One record to write."""

    topic: Topic
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to make: `count` records about `accounts` accounts, their times spread evenly over `span_s` up to `end`.

    `skew` 0 draws accounts evenly; s > 0 draws the k-th account with a weight of 1 / k^s (Zipf).
    """

    count: int
    end: datetime
    seed: int = 1
    accounts: int = 10_000
    span_s: float = 12 * 3_600.0
    skew: float = 0.0


def records(recipe: Recipe) -> Iterator[Record]:
    """The records of a recipe."""
    rng = random.Random(recipe.seed)
    maker = _Maker(rng, _drawn(rng, recipe))
    begin, step_s = recipe.end.timestamp() - recipe.span_s, recipe.span_s / recipe.count
    recent: deque[Record] = deque(maxlen=_REMEMBERED)
    for number in range(recipe.count):
        if recent and rng.random() < _DUPLICATES:
            yield recent[rng.randrange(len(recent))]
            continue
        at = begin + number * step_s
        if rng.random() < _LATE:
            at -= rng.uniform(0, _LATE_BY_S)
        record = maker.record(number, at)
        recent.append(record)
        yield record


def to_record(topic: Topic, envelope: tuple[str, float], fact: Fact) -> Record:
    """A structured CloudEvent of the source `SOURCE` as a record; `envelope` is its id and its time, epoch seconds."""
    account, kind, data = fact
    text = (
        f'{{"specversion":"1.0","id":"{envelope[0]}","source":"{SOURCE}","subject":"{account}","type":"{kind}",'
        f'"time":"{to_time(envelope[1])}","datacontenttype":"application/json","data":{_encoded(data)}}}'
    )
    return Record(topic, account.encode(), text.encode())


def to_time(at: float) -> str:
    """Epoch seconds as an event's `time`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def account_name(number: int) -> str:
    """The id of an account of the load."""
    return f"A{number:07d}"


def _drawn(rng: random.Random, recipe: Recipe) -> Callable[[], int]:
    """Draws an account's number, 0 the busiest."""
    if not recipe.skew:
        return lambda: rng.randrange(recipe.accounts)
    bounds = list(accumulate((rank + 1) ** -recipe.skew for rank in range(recipe.accounts)))
    return lambda: bisect(bounds, rng.random() * bounds[-1], hi=recipe.accounts - 1)


class _Commitments:
    """Something that is opened, and closed in the order of opening once enough are open."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._open: deque[tuple[str, str]] = deque()

    def close(self) -> tuple[str, str] | None:
        """The one to close now (account, id), None when one is to be opened."""
        if len(self._open) > _OPEN_AT_ONCE or (self._open and self._rng.random() < 0.45):
            return self._open.popleft()
        return None

    def open(self, account: str, name: str) -> None:
        self._open.append((account, name))


class _Maker:
    """Makes one event after the other; what was opened is remembered until it is closed."""

    def __init__(self, rng: random.Random, draw: Callable[[], int]) -> None:
        self._rng = rng
        self._draw = draw
        self._complaints, self._orders = _Commitments(rng), _Commitments(rng)
        self._invoices, self._hand_offs = _Commitments(rng), _Commitments(rng)

    def record(self, number: int, at: float) -> Record:
        topic, make = self._family()
        return to_record(topic, (f"e{number}", at), make(number, at))

    def _family(self) -> tuple[Topic, Callable[[int, float], Fact]]:
        roll = self._rng.random()
        if roll < 0.7:
            return INTERACTIONS, self._hand_off if roll < 0.07 else self._interaction
        if roll < 0.9:
            return PURCHASES, self._order if roll < 0.82 else self._invoice
        return COMPLAINTS, self._complaint

    def _account(self) -> str:
        return account_name(self._draw())

    def _interaction(self, number: int, at: float) -> Fact:
        rng = self._rng
        data = {
            "channel": rng.choice(_CHANNELS),
            "direction": "inbound" if rng.random() < 0.6 else "outbound",
            "sentiment": round(rng.uniform(-1, 1), 3),
            "duration_s": rng.randrange(30, 3_600),
            "summary": "Asked about the next delivery and the terms of the renewal",
        }
        return self._account(), "interaction.logged.v1", data

    def _hand_off(self, number: int, at: float) -> Fact:
        if closing := self._hand_offs.close():
            return closing[0], "interaction.hand_off_closed.v1", {"hand_off_id": closing[1]}
        account, name = self._account(), f"h{number}"
        self._hand_offs.open(account, name)
        due_at = to_time(at + 4 * _HOUR_S)
        return account, "interaction.handed_off.v1", {"hand_off_id": name, "to_team": "service", "due_at": due_at}

    def _order(self, number: int, at: float) -> Fact:
        if closing := self._orders.close():
            return closing[0], "purchase.order_shipped.v1", {"order_id": closing[1]}
        account, name = self._account(), f"o{number}"
        self._orders.open(account, name)
        data = {"order_id": name, **self._money(), "promised_at": to_time(at + 8 * _HOUR_S)}
        return account, "purchase.order_placed.v1", data

    def _invoice(self, number: int, at: float) -> Fact:
        if closing := self._invoices.close():
            return closing[0], "purchase.invoice_paid.v1", {"invoice_id": closing[1]}
        account, name = self._account(), f"i{number}"
        self._invoices.open(account, name)
        data = {"invoice_id": name, **self._money(), "due_at": to_time(at + 14 * 24 * _HOUR_S)}
        return account, "purchase.invoice_issued.v1", data

    def _complaint(self, number: int, at: float) -> Fact:
        if closing := self._complaints.close():
            return closing[0], "complaint.resolved.v1", {"complaint_id": closing[1]}
        account, name = self._account(), f"c{number}"
        self._complaints.open(account, name)
        data = {
            "complaint_id": name,
            "category": self._rng.choice(_CATEGORIES),
            "severity": self._rng.randint(1, 4),
            "answer_due_at": to_time(at + self._rng.uniform(0.1, 6) * _HOUR_S),
            "summary": "The goods of the last delivery were not what was ordered",
        }
        return account, "complaint.opened.v1", data

    def _money(self) -> dict[str, str]:
        return {"amount": f"{self._rng.uniform(5, 5_000):.2f}", "currency": "EUR"}
