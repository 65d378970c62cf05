"""One audit: all accounts three ways, those that differ again until they settle, and causes for what is left."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from consumers.runtime.clickhouse import Client
from pulse.auditing import causes
from pulse.auditing.causes import Cause, Counts, Finding
from pulse.auditing.comparing import LIVE, REBUILT, SQL, Difference, compared
from pulse.auditing.sides import Side, Snapshots, by_sql, live, rebuilt
from pulse.rebuilding.chunks import Chunk, chunked
from pulse.rebuilding.reading import read
from streams.core.tables import Tables

SETTLED_AFTER_S: Final = 20.0
"""A snapshot follows its facts within the policy's heartbeat, and reaches the warehouse a moment later."""
_CHUNK_FACTS: Final = 200_000
_LOOK_EVERY_S: Final = 1.0


OnChunk = Callable[[int, int], None]
"""Hears how many chunks are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Patience:
    """What differs is looked at again for `settle_s`; `now_s` is a monotonic clock, `wait` lets some seconds go by."""

    now_s: Callable[[], float]
    wait: Callable[[float], object]
    settle_s: float = SETTLED_AFTER_S


@dataclass(frozen=True, slots=True)
class Account:
    """An account that differs: in what, and why."""

    account: str
    differences: tuple[Difference, ...]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Audit:
    """What came of it. Accounts that are not settled are compared and differ."""

    compared: int = 0
    facts: int = 0
    differing: list[Account] = field(default_factory=list)

    def in_words(self) -> str:
        """The last line of an audit."""
        return f"{self.compared:,} accounts compared three ways, {len(self.differing):,} differ"


@dataclass(slots=True)
class _Looked:
    """What one look at some chunks saw."""

    accounts: int = 0
    facts: int = 0
    differences: dict[str, list[Difference]] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)
    without_policy: set[str] = field(default_factory=set)


def audit(
    client: Client,
    policies: Sequence[Tables],
    patience: Patience,
    accounts: Sequence[str] = (),
    on_chunk: OnChunk | None = None,
) -> Audit:
    """Compare the accounts (all of them where none is named) and say what differs. `on_chunk` hears of the first look.

    Raises:
        clickhouse_connect.driver.exceptions.DatabaseError: ClickHouse is away or refuses.
    """
    named, until_s = {tables.name: tables for tables in policies}, patience.now_s() + patience.settle_s
    seen = _look(client, named, accounts, on_chunk)
    result, left = Audit(seen.accounts, seen.facts), seen
    while left.differences.keys() - left.without_policy and patience.now_s() < until_s:
        patience.wait(_LOOK_EVERY_S)
        left = _look(client, named, sorted(left.differences), None)
    if left.differences:
        result.differing = list(_explained(client, left, patience.settle_s))
    return result


def _explained(client: Client, left: _Looked, settle_s: float) -> Iterator[Account]:
    found = causes.found(client, left.counts, settle_s)
    for account, differences in left.differences.items():
        findings = [Finding(Cause.NO_SUCH_POLICY)] if account in left.without_policy else found[account]
        yield Account(account, tuple(differences), tuple(findings))


def _look(client: Client, policies: Mapping[str, Tables], accounts: Sequence[str], on_chunk: OnChunk | None) -> _Looked:
    seen = _Looked()
    chunks = chunked(client, accounts, _CHUNK_FACTS) or [Chunk(0, "", "", 0, tuple(accounts))]
    for chunk in chunks:
        stored = read(client, chunk)
        snapshots = live(client, chunk, stored.accounts)
        sides = {
            LIVE: snapshots.told,
            REBUILT: Side.empty(len(snapshots.policy)),
            SQL: Side.empty(len(snapshots.policy)),
        }
        sides[REBUILT].facts[: len(stored.accounts)] = np.bincount(stored.facts.account, minlength=len(stored.accounts))
        for name in set(snapshots.policy) & policies.keys():
            places = np.flatnonzero(np.array(snapshots.policy) == name)
            sides[REBUILT].put(places, rebuilt(stored, snapshots.as_of, policies[name]))
            sides[SQL].put(places, by_sql(client, chunk, snapshots.accounts, policies[name]))
        _note(seen, snapshots, sides, policies)
        if on_chunk is not None:
            on_chunk(chunk.number + 1, len(chunks))
    return seen


def _note(seen: _Looked, snapshots: Snapshots, sides: Mapping[str, Side], policies: Mapping[str, Tables]) -> None:
    seen.accounts += len(snapshots.accounts)
    seen.facts += int(sides[REBUILT].facts.sum())
    for difference in compared(snapshots.accounts, sides):
        seen.differences.setdefault(difference.account, []).append(difference)
    for index, account in enumerate(snapshots.accounts):
        if account in seen.differences:
            seen.counts[account] = Counts(int(sides[LIVE].facts[index]), int(sides[REBUILT].facts[index]))
            if snapshots.policy[index] not in {"", *policies}:
                seen.without_policy.add(account)
