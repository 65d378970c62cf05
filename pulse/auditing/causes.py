"""Why an account differs, as far as the warehouse can tell: facts that one side has and the other has not, by id."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from consumers.runtime.clickhouse import Client, rows

NAMED: Final = 20
"""So many facts of an account are named."""


class Cause(StrEnum):
    """What makes an account differ. `in_words` of `Finding` says it to people."""

    NO_SUCH_POLICY = "no_such_policy"
    NOT_SETTLED = "not_settled"
    NOT_APPLIED = "not_applied"
    MISSING_FACT = "missing_fact"
    COUNTED_TWICE = "counted_twice"
    UNKNOWN = "unknown"


_WORDS: Final = {
    Cause.NO_SUCH_POLICY: "its snapshot is of a policy that was not given: name the document with --policy",
    Cause.NOT_SETTLED: "facts came within the last seconds: not settled yet, audit again",
    Cause.NOT_APPLIED: "facts in the warehouse that the live score does not rest on",
    Cause.MISSING_FACT: "facts in the live score that the warehouse does not have",
    Cause.COUNTED_TWICE: "facts that the live score counts more than once: sent again beyond the ring's horizon",
    Cause.UNKNOWN: "cause unknown: the same number of facts, and each told once",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause, with the facts behind it as `source id`."""

    cause: Cause
    facts: tuple[str, ...] = ()

    def in_words(self) -> str:
        """A sentence with the facts by id."""
        return _WORDS[self.cause] + (": " + ", ".join(self.facts) if self.facts else "")


# The parts of all snapshots since the state was last begun anew tell every fact that moved a score, each once.
_TOLD: Final = """
    WITH since AS (SELECT account_id, maxIf(produced_at, version = 1) AS at FROM health_history
        WHERE account_id IN {accounts:Array(String)} GROUP BY account_id)
    SELECT c.account_id AS account_id, c.source AS source, c.event_id AS event_id, c.signal AS signal, count() AS times
    FROM changes AS c FINAL INNER JOIN since AS s ON c.account_id = s.account_id
    WHERE c.account_id IN {accounts:Array(String)} AND c.kind = 'event' AND c.event_id != '' AND c.produced_at >= s.at
    GROUP BY account_id, source, event_id, signal"""
_STORED: Final = """
    SELECT account_id, source, event_id, min(record_at) AS told_at, max(ingested_at) AS stored_at, count() AS times
    FROM events WHERE topic != 'account.managers' AND account_id IN {accounts:Array(String)}
    GROUP BY account_id, source, event_id"""
_CAUSED: Final = """
    SELECT account_id, max(caused_by_record_at) AS up_to FROM health_history
    WHERE account_id IN {accounts:Array(String)} GROUP BY account_id"""
_RECENT: Final = """
    SELECT account_id FROM events WHERE account_id IN {accounts:Array(String)}
    GROUP BY account_id HAVING max(ingested_at) > now64(3, 'UTC') - toIntervalMillisecond({within_ms:UInt32})"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many facts of an account the live score rests on, and how many the warehouse has."""

    live: int
    stored: int


def found(client: Client, counts: Mapping[str, Counts], settled_after_s: float) -> dict[str, list[Finding]]:
    """By account what can be said of its difference; never nothing."""
    asked = {"accounts": list(counts)}
    told, stored = _by_account(rows(client, _TOLD, asked)), _by_account(rows(client, _STORED, asked))
    up_to = {row["account_id"]: row["up_to"] for row in rows(client, _CAUSED, asked)}
    recently = rows(client, _RECENT, {**asked, "within_ms": round(settled_after_s * 1000)})
    recent = {row["account_id"] for row in recently}
    result = {}
    for account, count in counts.items():
        evidence = _Evidence(count, told.get(account, []), stored.get(account, []), up_to.get(account))
        findings = list(_findings(evidence, recent=account in recent))
        result[account] = findings or [Finding(Cause.UNKNOWN)]
    return result


@dataclass(frozen=True, slots=True)
class _Evidence:
    counts: Counts
    told: Sequence[Mapping[str, Any]]
    stored: Sequence[Mapping[str, Any]]
    up_to: Any


def _findings(evidence: _Evidence, *, recent: bool) -> Iterator[Finding]:
    counts = evidence.counts
    has = {_name(row) for row in evidence.stored}
    missing = sorted({_name(row) for row in evidence.told} - has)
    if missing:
        yield Finding(Cause.MISSING_FACT, tuple(missing[:NAMED]))
    twice = {_name(row) for row in evidence.told if row["times"] > 1}
    if counts.live > counts.stored:  # a fact without points is told by no part: what the log told twice may be it
        twice |= {_name(row) for row in evidence.stored if row["times"] > 1} if not twice else set()
    if twice:
        yield Finding(Cause.COUNTED_TWICE, tuple(sorted(twice)[:NAMED]))
    if counts.live < counts.stored:
        yield Finding(Cause.NOT_SETTLED if recent else Cause.NOT_APPLIED, tuple(_late(evidence)[:NAMED]))
    elif recent and not missing and not twice:
        yield Finding(Cause.NOT_SETTLED)


def _late(evidence: _Evidence) -> list[str]:
    """Facts whose record is newer than any that a snapshot was caused by."""
    return sorted(_name(row) for row in evidence.stored if evidence.up_to is None or row["told_at"] > evidence.up_to)


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['source']} {row['event_id']}"


def _by_account(found: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    result: dict[str, list[Mapping[str, Any]]] = {}
    for row in found:
        result.setdefault(row["account_id"], []).append(row)
    return result
