"""The alerts held against the reckoning: told once, without gaps, all that must be and none that must not. Pure."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isinf
from typing import Any, Final

from schemas.alerts import AlertKind, alert_id
from schemas.ids import AccountId
from tests.torture.compare import unlike
from tests.torture.differences import Verdict
from tests.torture.oracle import Account, Policy, may_be_told_overdue

READ_WITHIN_S: Final = 2.0
"""So long after its arrival a worker that runs may read an answer, and have told the alert it would have prevented."""


@dataclass(frozen=True, slots=True)
class Moment:
    """`settled_at`: the system had come to rest and every answer owed until then must have been told of."""

    settled_at: float
    policy: Policy


def compare_alerts(accounts: Mapping[str, Account], told: Sequence[bytes], moment: Moment, verdict: Verdict) -> None:
    """Every step on account.alerts, partition by partition in the order of the log."""
    verdict.steps = len(told)
    first: dict[str, bytes] = {}
    for value in told:
        step_id = json.loads(value)["step_id"]
        if first.setdefault(step_id, value) != value:
            verdict.differing_repeats += 1
            verdict.add(f"step {step_id}", f"told again unlike: {unlike(first[step_id], value)}")
    by_account: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for value in first.values():
        step = json.loads(value)
        by_account[step["account_id"]].append(step)
    for name in sorted(by_account.keys() - accounts.keys()):
        verdict.add(name, "an alert was told of an account without facts")
    for name, account in sorted(accounts.items()):
        steps = by_account.get(name, [])
        for what in [*_numbering(name, steps), *_overdue(account, steps, moment), *_repeated(account, steps)]:
            verdict.add(name, what)


def _numbering(account: str, steps: Iterable[dict[str, Any]]) -> Iterable[str]:
    """Steps count from 1 within an episode and episodes within a kind, and the ids follow from them."""
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for step in steps:
        kind, episode, number = step["kind"], step["episode"], step["step_no"]
        identity = alert_id(AccountId(account), AlertKind(kind), episode)
        if (step["alert_id"], step["step_id"]) != (identity, f"{identity}:{number}"):
            yield f"step {step['step_id']} does not bear the id of {kind} episode {episode} step {number}"
        counts[kind][episode] += 1
        if number != counts[kind][episode]:
            yield f"{kind} episode {episode}: step {number} came as number {counts[kind][episode]}"
    for kind, episodes in counts.items():
        if list(episodes) != list(range(1, len(episodes) + 1)):
            yield f"{kind} episodes came as {list(episodes)}"


def _overdue(account: Account, steps: Sequence[dict[str, Any]], moment: Moment) -> Iterable[str]:
    told = _entrances([step for step in steps if step["kind"] == AlertKind.COMPLAINT_OVERDUE.value])
    complaints = account.complaints()
    for name, record in complaints.items():
        due = record.due_at(moment.policy)
        if not isinf(due) and due < moment.settled_at and not told[name]:
            yield f"complaint {name} is owed an answer since {due!r} and no alert tells of it"
    if not told:
        return
    may = may_be_told_overdue(account, moment.policy, READ_WITHIN_S)
    for name, times in told.items():
        reopened = sum(kind == "reopened" for kind, _, _ in complaints[name].facts) if name in complaints else 0
        if not may.get(name, False):
            yield f"complaint {name} was told overdue and at no time was"
        elif times > 1 + reopened:
            yield f"complaint {name} was told overdue {times} times: {_course(steps)}"


def _repeated(account: Account, steps: Sequence[dict[str, Any]]) -> Iterable[str]:
    """At rest the alert stands as long as complaints repeat one another and one of them waits."""
    told = [step for step in steps if step["kind"] == AlertKind.COMPLAINT_REPEATED.value]
    last = max(told, key=lambda step: (step["episode"], step["step_no"]), default=None)
    stands = last is not None and last["step"] not in ("resolved", "retracted")
    repeats = account.repeats()
    if stands != bool(repeats):
        yield f"complaints that repeat one another: {sorted(repeats)}; an alert over that stands: {stands}"


def _entrances(steps: Iterable[dict[str, Any]]) -> Counter[str]:
    """How often each complaint came to be told overdue."""
    entered: Counter[str] = Counter()
    members: set[str] = set()
    for step in sorted(steps, key=lambda step: (step["episode"], step["step_no"])):
        if step["step"] in ("opened", "updated"):
            now = set(step["facts"]["complaint_ids"].split(", "))
            entered.update(now - members)
            members = now
        elif step["reason"] in ("all_answered", "cause_withdrawn"):
            members = set()
    return entered


def _course(steps: Iterable[dict[str, Any]]) -> str:
    """The steps over complaints, such as `opened c1 · resolved`."""
    overdue = (step for step in steps if step["kind"] == AlertKind.COMPLAINT_OVERDUE.value)
    said = (f"{step['step']} {step['facts'].get('complaint_ids', '')} at {step['at']}" for step in overdue)
    return " · ".join(said)
