"""Every account's state and health held against the reckoning. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tests.torture.differences import Verdict
from tests.torture.oracle import Account
from tests.torture.quiet import DATES, told_days
from tests.torture.rows import Row

RELATIVE: Final = 1e-6
_LEAST_MAGNITUDE: Final = 1e-3
"""Below this a sum is compared absolutely: what is left of a sum that came to nothing has no relative size."""


def compare_states(accounts: Mapping[str, Account], rows: Mapping[str, Row], verdict: Verdict) -> None:
    """The last changelog row of every account."""
    for name in sorted(rows.keys() - accounts.keys()):
        verdict.twice += rows[name].applied
        verdict.add(name, f"the changelog has a row with {rows[name].applied} facts, the log has none")
    for name, account in sorted(accounts.items()):
        row = rows.get(name)
        verdict.expected += len(account.facts)
        verdict.applied += row.applied if row else 0
        verdict.lost += max(0, len(account.facts) - (row.applied if row else 0))
        verdict.twice += max(0, row.applied - len(account.facts)) if row else 0
        for what in _row_differs(account, row):
            verdict.add(name, what)


def _row_differs(account: Account, row: Row | None) -> Iterable[str]:
    if row is None:
        yield f"{len(account.facts)} facts in the log, no row on the changelog"
        return
    if row.applied != len(account.facts):
        yield f"state holds {row.applied} facts, the log {len(account.facts)}"
    newest = account.newest_at()
    if row.at != newest and not abs(row.at - newest) <= RELATIVE:
        yield f"state is as of {row.at!r}, the newest fact of {newest!r}"
        return
    expected = account.sums(row.at)
    for signal, found in row.sums.items():
        value, magnitude = expected.get(signal, (0.0, 0.0))
        if abs(found - value) > RELATIVE * max(magnitude, _LEAST_MAGNITUDE):
            yield f"sum of {signal} is {found!r}, reckoned {value!r}"


def compare_health(accounts: Mapping[str, Account], told: Mapping[str, Sequence[bytes]], verdict: Verdict) -> None:
    """Every account's snapshots, in the order of the log: the last one right, the chain to it whole."""
    for name in sorted(told.keys() - accounts.keys()):
        verdict.add(name, "health was told of an account without facts")
    for name, account in sorted(accounts.items()):
        values = told.get(name, ())
        verdict.snapshots += len(values)
        chain = _chain(name, values, verdict)
        if not chain:
            verdict.add(name, "no health was told")
            continue
        for what in [*_broken(chain), *_last_differs(account, chain[-1])]:
            verdict.add(name, what)


def _chain(name: str, values: Sequence[bytes], verdict: Verdict) -> list[dict[str, Any]]:
    """Each version's first telling, in the order told."""
    first: dict[int, bytes] = {}
    for value in values:
        version = json.loads(value)["version"]
        if first.setdefault(version, value) != value:
            verdict.differing_repeats += 1
            verdict.add(name, f"health version {version} was told again unlike: {unlike(first[version], value)}")
    if list(first) != list(range(1, len(first) + 1)):
        verdict.add(name, f"health versions came as {_short(list(first))}")
    return [json.loads(first[version]) for version in sorted(first)]


def _broken(chain: Sequence[dict[str, Any]]) -> Iterable[str]:
    before: float | None = None
    for part in chain:
        score, version = part["score"], part["version"]
        if part["previous_score"] != before:
            yield f"health version {version} follows {part['previous_score']!r}, but {before!r} was told before it"
        moved = (score or 0.0) - (part["previous_score"] or 0.0)
        explained = sum(one["points"] for one in part["change"])
        if abs(moved - explained) > RELATIVE:
            yield f"health version {version} moved by {moved!r}, its parts sum to {explained!r}"
        before = score


def _last_differs(account: Account, last: Mapping[str, Any]) -> Iterable[str]:
    facts, told = len(account.facts), last["events_applied"]
    if told != facts:
        yield f"health version {last['version']} tells of {told} facts, the log of {facts}"
    elif not _same_score(expected := account.score(to_seconds(last["as_of"])), last["score"]):
        yield f"health tells a score of {last['score']!r} as of {last['as_of']}, reckoned {expected!r}"
    if last["open_complaints"] != account.open_complaints():
        yield f"health tells {last['open_complaints']} open complaints, reckoned {account.open_complaints()}"
    if last["owner"] != account.owner():
        yield f"health names the owner {last['owner']}, reckoned {account.owner()}"
    if (days := {name: last[name] for name in DATES if last.get(name)}) != (reckoned := told_days(account)):
        yield f"health says of days {days}, reckoned {reckoned}"


def _same_score(expected: float | None, found: float | None) -> bool:
    if expected is None or found is None:
        return expected is found
    return abs(found - expected) <= RELATIVE * max(abs(expected), 1.0)


def to_seconds(text: str) -> float:
    """A time as outputs carry it, epoch seconds."""
    return datetime.fromisoformat(text).timestamp()


def unlike(first: bytes, again: bytes) -> str:
    """Which fields of two JSON objects differ, and how."""
    one, other = json.loads(first), json.loads(again)
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return ", ".join(f"{name} {_brief(one.get(name))} then {_brief(other.get(name))}" for name in names[:4])


def _brief(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _short(numbers: Sequence[int]) -> str:
    """Where a list that should count from 1 does not.

    >>> _short([1, 2, 4, 3])
    '1 to 2, then [4, 3]'
    """
    good = next((place for place, number in enumerate(numbers) if number != place + 1), len(numbers))
    return f"1 to {good}, then {list(numbers[good : good + 6])}"
