"""What must have come out, reckoned from the log by another path: plain Python over plain JSON, nothing of the engine.

A record is a fact unless it bears the mark of poison; a fact is its (source, id), told however often. All that is said
of an account follows from the set of its facts:

    sum of a signal as of t    Σ amount · 2^(-(t - e) / h)       e the moment the amount counts from, h the half-life
    a level                    mean size of recent facts less that of the account's normal, by how many facts there are
    score                      the weighted mean of the dimensions that have signal, each 50 + Σ points, in [0, 100]
    a complaint's course       from its facts in the order of their times

Nothing of the `streams` package and no NumPy may come in here.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf, isinf, log1p
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

COMPLAINTS: Final = "account.complaints"
FAMILIES: Final = ("account.interactions", "account.purchases", COMPLAINTS)
DEFAULT_POLICY: Final = Path(__file__).parents[2] / "streams" / "core" / "policies" / "default.yaml"
_DAY_S: Final = 86_400.0
_HOUR_S: Final = 3_600.0
_LONG_AGO: Final = -inf
_CHANGES: Final = {"reduced": "subscription_down", "cancelled": "subscription_ended"}
_FIXED: Final = {
    "interaction.handed_off.v1": ("handed_off",),
    "purchase.order_placed.v1": ("orders", "orders_ever"),
    "purchase.order_delivered.v1": ("delivered",),
    "purchase.order_cancelled.v1": ("cancelled",),
    "purchase.order_returned.v1": ("returned",),
    "purchase.invoice_paid.v1": ("paid",),
    "purchase.invoice_disputed.v1": ("disputed",),
    "complaint.escalated.v1": ("escalated",),
}
_LEVELS: Final = {
    "usage_level": ("usage_level", "usage_reports", "usage_level_normal", "usage_reports_normal"),
    "order_value": ("order_value", "orders_valued", "order_value_normal", "orders_valued_normal"),
}
_ROUNDING: Final = 1e-12


class Logged(NamedTuple):
    """One record of an event topic as the log holds it; `arrived_at` is the broker's clock, epoch seconds."""

    topic: str
    arrived_at: float
    value: bytes


class Fact(NamedTuple):
    """One fact, at its first arrival; times in epoch seconds."""

    topic: str
    source: str
    id: str
    account: str
    type: str
    at: float
    data: Mapping[str, Any]
    arrived_at: float


class Amount(NamedTuple):
    """`value` added to a signal as of `at`."""

    signal: str
    value: float
    at: float


class Sum(NamedTuple):
    """A signal's sum, and the sum of the magnitudes behind it: what rounding may be measured by."""

    value: float
    magnitude: float


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of a policy document."""

    points: Mapping[str, float]
    half_life_s: Mapping[str, float]
    dimension: Mapping[str, str]
    weight: Mapping[str, float]
    beta: float
    gamma: float
    delta: float
    answer_sla_s: Mapping[str, tuple[float, ...]]
    """By category; "" has those of all others."""
    repeated_within_s: float
    silence: Mapping[str, Any]
    kappa: float
    rates: Mapping[str, float]
    levels: Mapping[str, tuple[float, float]]

    @classmethod
    def read(cls, path: Path = DEFAULT_POLICY) -> "Policy":
        """The policy in a file."""
        document = yaml.safe_load(path.read_text())
        signals: Mapping[str, Any] = document["signals"]
        return cls(
            points={name: float(signal["points"]) for name, signal in signals.items()},
            half_life_s={
                name: inf if signal["half_life_d"] is None else signal["half_life_d"] * _DAY_S
                for name, signal in signals.items()
            },
            dimension={name: signal["dimension"] for name, signal in signals.items()},
            weight=document["dimensions"],
            beta=document["complaints"]["beta"],
            gamma=document["complaints"]["gamma"],
            delta=document["complaints"]["delta"],
            answer_sla_s=_sla_s(document["complaints"]),
            repeated_within_s=document["complaints"]["repeated_within_d"] * _DAY_S,
            silence=document["silence"],
            kappa=document["returns"]["kappa"],
            rates=document["currencies"]["rates"],
            levels={
                "usage_level": (document["levels"]["usage"]["shrink"], document["levels"]["usage"]["cap"]),
                "order_value": (document["levels"]["order_value"]["shrink"], document["levels"]["order_value"]["cap"]),
            },
        )


def _sla_s(complaints: Mapping[str, Any]) -> dict[str, tuple[float, ...]]:
    hours = {"": complaints["answer_sla_h"], **complaints["answer_sla_h_by_category"]}
    return {category: tuple(one * _HOUR_S for one in theirs) for category, theirs in hours.items()}


@dataclass(slots=True)
class Complaint:
    """One complaint's facts that stand: (kind, at, data) of each."""

    facts: list[tuple[str, float, Mapping[str, Any]]] = field(default_factory=list)

    def opening(self) -> tuple[float, int, float | None] | None:
        """When it was opened, how severe, and the time named for an answer; None while nothing stands."""
        if any(kind == "withdrawn" for kind, _, _ in self.facts):
            return None
        found = [
            (at, int(data["severity"]), _time(data["answer_due_at"]) if "answer_due_at" in data else None)
            for kind, at, data in self.facts
            if kind == "opened"
        ]
        return min(found, key=lambda one: one[:2], default=None)

    def category(self) -> str:
        """What the opening that stands says it is about."""
        opened = ((at, data["severity"], data["category"]) for kind, at, data in self.facts if kind == "opened")
        return str(min(opened)[2])

    def is_settled(self) -> bool:
        """Resolved, and not reopened later."""
        course = sorted((at, kind) for kind, at, _ in self.facts if kind in ("resolved", "reopened"))
        return bool(course) and course[-1][1] == "resolved"

    def due_at(self, policy: Policy) -> float:
        """By when an answer is owed, inf when none is."""
        opening = self.opening()
        if opening is None or self.is_settled() or any(kind == "answered" for kind, _, _ in self.facts):
            return inf
        at, severity, named = opening
        hours = policy.answer_sla_s.get(self.category(), policy.answer_sla_s[""])
        return at + hours[severity - 1] if named is None else named


class Account:
    """All facts of one account."""

    def __init__(self, policy: Policy, facts: Iterable[Fact]) -> None:
        self.policy = policy
        self.facts = sorted(facts, key=lambda fact: (fact.at, fact.source, fact.id))
        self._amounts = list(self._counted())

    def newest_at(self) -> float:
        """The moment of its newest fact that can count, -inf without one."""
        times = [fact.at for fact in self.facts if fact.topic in FAMILIES]
        return max([*times, *(amount.at for amount in self._amounts)], default=_LONG_AGO)

    def sums(self, at: float) -> dict[str, Sum]:
        """Every signal's sum as of `at`; signals without any are left out."""
        totals: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for amount in self._amounts:
            left: float = 2.0 ** (-(at - amount.at) / self.policy.half_life_s[amount.signal])
            totals[amount.signal][0] += amount.value * left
            totals[amount.signal][1] += abs(amount.value) * left
        return {signal: Sum(value, magnitude) for signal, (value, magnitude) in totals.items()}

    def score(self, at: float) -> float | None:
        """The score as of `at`, None without any signal."""
        seen = self._dimensions_seen()
        if not seen:
            return None
        sums, policy = self.sums(at), self.policy
        totals = dict.fromkeys(seen, 50.0)
        for signal in sums:
            totals[policy.dimension[signal]] += policy.points[signal] * self._worth(signal, sums)
        weight = sum(policy.weight[name] for name in seen)
        return sum(policy.weight[name] / weight * min(100.0, max(0.0, totals[name])) for name in seen)

    def open_complaints(self) -> int:
        """How many complaints stand and are not settled."""
        records = self.complaints().values()
        return sum(record.opening() is not None and not record.is_settled() for record in records)

    def repeats(self) -> set[str]:
        """The complaints that came within the policy's days of another of their category, in runs not all settled."""
        standing = sorted(
            (record.category(), opening[0], name, record.is_settled())
            for name, record in self.complaints().items()
            if (opening := record.opening()) is not None
        )
        runs: list[list[tuple[str, float, str, bool]]] = []
        for one in standing:
            last = runs[-1][-1] if runs else None
            if last and last[0] == one[0] and one[1] - last[1] <= self.policy.repeated_within_s:
                runs[-1].append(one)
            else:
                runs.append([one])
        waiting = (run for run in runs if len(run) > 1 and not all(settled for _, _, _, settled in run))
        return {name for run in waiting for _, _, name, _ in run}

    def owner(self) -> str | None:
        """Who owns it by its latest profile."""
        profiles = [fact for fact in self.facts if fact.type == "account.profile_set.v1"]
        return str(profiles[-1].data["owner"]) if profiles else None

    def segment(self) -> str:
        """Its segment by its latest profile, "" without one."""
        profiles = [fact for fact in self.facts if fact.type == "account.profile_set.v1"]
        return str(profiles[-1].data["segment"]) if profiles else ""

    def complaints(self, until: float = inf) -> dict[str, Complaint]:
        """Its complaints by id, of the facts that had arrived by `until`."""
        found: defaultdict[str, Complaint] = defaultdict(Complaint)
        arrived = [fact for fact in self.facts if fact.arrived_at <= until]
        taken_back = {_identity(fact.data["original"]) for fact in arrived if fact.type == "fact.withdrawn.v1"}
        for fact in arrived:
            if fact.type.startswith("complaint.") and (fact.source, fact.id) not in taken_back:
                kind = fact.type.split(".")[1]
                found[fact.data["complaint_id"]].facts.append((kind, fact.at, fact.data))
        return dict(found)

    def _counted(self) -> Iterator[Amount]:
        for fact in self.facts:
            if fact.type == "fact.withdrawn.v1":
                original = fact.data["original"]
                for signal, value in _amounts(original["type"], original["data"], self.policy.rates):
                    yield Amount(signal, -value, _time(original["time"]))
            else:
                amounts = _amounts(fact.type, fact.data, self.policy.rates)
                yield from (Amount(signal, value, fact.at) for signal, value in amounts)
        for record in self.complaints().values():
            if (opening := record.opening()) is not None:
                at, severity, _ = opening
                yield Amount(f"complaint_{severity}", 1.0, at)
                if record.is_settled():
                    yield Amount(f"recovered_{severity}", 1.0, at)
                elif record.category() in ("product", "technical"):
                    yield Amount("product_complaint", 1.0, at)

    def _dimensions_seen(self) -> list[str]:
        dimension = self.policy.dimension
        seen = {dimension[amount.signal] for amount in self._amounts}
        if any(fact.topic in FAMILIES for fact in self.facts):
            seen.add("service")
        return sorted(seen)

    def _worth(self, signal: str, sums: Mapping[str, Sum]) -> float:
        if signal in _LEVELS:
            return self._deviation(signal, sums)
        factor = self._factor(sums) if signal.startswith(("complaint_", "recovered_", "product_complaint")) else 1.0
        steepness = {"returned": self.policy.kappa, "product_complaint": self.policy.delta}.get(signal, 0.0)
        return factor * sums[signal].value / (1.0 + steepness * log1p(_kept(sums)))

    def _deviation(self, signal: str, sums: Mapping[str, Sum]) -> float:
        recent, many, normal, normal_many = (sums.get(one, Sum(0.0, 0.0)).value for one in _LEVELS[signal])
        if min(many, normal_many) < _ROUNDING:
            return 0.0
        shrink, cap = self.policy.levels[signal]
        gap = recent / many - normal / normal_many
        return min(many, normal_many) / (many + shrink) * min(cap, max(-cap, gap))

    def _factor(self, sums: Mapping[str, Sum]) -> float:
        opened = sum(value for signal, (value, _) in sums.items() if signal.startswith("complaint_"))
        orders = max(0.0, sums["orders_ever"].value) if "orders_ever" in sums else 0.0
        return (1.0 + self.policy.beta * max(0.0, opened - 1.0)) / (1.0 + self.policy.gamma * log1p(orders))


def _kept(sums: Mapping[str, Sum]) -> float:
    """How many products of recent orders were kept."""
    orders, returned, products = (
        sums[name].value if name in sums else 0.0 for name in ("orders", "returned", "products")
    )
    return max(0.0, orders - returned) * max(0.0, products) / orders if orders >= _ROUNDING else 0.0


def _amounts(kind: str, data: Mapping[str, Any], rates: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """What a fact adds, complaints' courses apart."""
    yield from ((signal, 1.0) for signal in _FIXED.get(kind, ()))
    if kind == "interaction.logged.v1":
        yield from (("contact", 1.0), ("service_contact", 1.0))
        if data.get("sentiment") is not None:
            yield "sentiment", float(data["sentiment"])
    elif kind == "interaction.survey_answered.v1":
        low, high = float(data.get("scale_min", 0)), float(data["scale_max"])
        yield "survey", (float(data["answer"]) - (high + low) / 2) / ((high - low) / 2)
    elif kind == "interaction.usage_reported.v1":
        yield "usage", 1.0 if data["quantity"] > 0 else -1.0
        yield from _of_level("usage_level", log1p(data["quantity"] / (data["period_s"] / _DAY_S)))
    elif kind == "purchase.order_placed.v1":
        yield "products", float(len(data.get("lines") or ["one"]))
        if data["currency"] in rates:
            yield from _of_level("order_value", log1p(float(data["amount"]) * rates[data["currency"]]))
    elif kind == "purchase.subscription_changed.v1":
        yield _CHANGES.get(data["change"], "subscription_up"), 1.0


def _of_level(name: str, size: float) -> Iterator[tuple[str, float]]:
    yield from zip(_LEVELS[name], (size, 1.0, size, 1.0), strict=True)


def _identity(event: Mapping[str, Any]) -> tuple[str, str]:
    return event["source"], event["id"]


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def facts_of(records: Iterable[Logged]) -> dict[tuple[str, str], Fact]:
    """The distinct facts in the records of the event topics, in the order given, each at its first arrival."""
    facts: dict[tuple[str, str], Fact] = {}
    for record in records:
        event = json.loads(record.value)
        identity = _identity(event)
        if identity not in facts:
            facts[identity] = Fact(
                record.topic,
                *identity,
                event["subject"],
                event["type"],
                _time(event["time"]),
                event["data"],
                record.arrived_at,
            )
    return facts


def accounts_of(facts: Iterable[Fact], policy: Policy) -> dict[str, Account]:
    """The facts by account."""
    by_account: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_account[fact.account].append(fact)
    return {name: Account(policy, told) for name, told in by_account.items()}


def may_be_told_overdue(account: Account, policy: Policy, slack_s: float) -> dict[str, bool]:
    """By complaint, whether at some moment until now an answer was overdue by the facts that had arrived by then.

    `slack_s` is how much later than its arrival a fact may be read: an answer that came so shortly before its due time
    may have been too late to keep the alert back.
    """
    moving = (fact for fact in account.facts if fact.topic == COMPLAINTS)
    moments = sorted({fact.arrived_at for fact in moving})
    if not moments:
        return {}
    until = [moment + slack_s for moment in moments[1:]] + [inf]
    found: dict[str, bool] = {}
    for moment, end in zip(moments, until, strict=True):
        for name, record in account.complaints(moment).items():
            due = record.due_at(policy)
            found[name] = found.get(name, False) or (not isinf(due) and due < end)
    return found
