"""Why an account has its score, read from ClickHouse: dimensions, contributions that sum to it, its last changes.

Reading and wording only; the score is decided by the worker.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from consumers.runtime.clickhouse import Client, rows
from pulse.belonging import Group, Parent, belonging
from schemas.health import Contribution, Dimension, DimensionScore, Part

_NOW: Final = "SELECT * FROM account_health_now WHERE account_id = {account:String}"
_REASONS: Final = """
    SELECT name, dimension, points FROM account_reasons_now WHERE account_id = {account:String} ORDER BY no"""
_SNAPSHOTS: Final = """
    SELECT version, produced_at, as_of, score, previous_score, band FROM health_history FINAL
    WHERE account_id = {account:String} ORDER BY produced_at DESC, version DESC LIMIT {limit:UInt32}"""
_PARTS: Final = """
    SELECT version, produced_at, kind, points, signal, event_id, source, event_type, event_time, reason
    FROM changes FINAL WHERE account_id = {account:String} AND produced_at >= {since:DateTime64(3)}
    ORDER BY version, no"""
_SMALL: Final = 0.005


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Said):
    """One move of the score and the parts that sum to it."""

    version: int
    as_of: datetime
    score: float | None
    previous_score: float | None
    band: str
    parts: tuple[Part, ...]

    def in_words(self) -> str:
        """Such as `50.0 → 43.1: -7.2 by complaint.opened (complaint_2), +0.3 by decay`."""
        reasons = ", ".join(_part_in_words(part) for part in _largest_first(self.parts) if abs(part.points) >= _SMALL)
        return f"{_number(self.previous_score)} → {_number(self.score)}: {reasons or 'hardly anything'}"


class Explanation(_Said):
    """The whole answer. `contributions` sum to `score`, the parts of each change to the change."""

    account_id: str
    name: str
    owner: str
    score: float | None
    band: str
    coverage: float
    as_of: datetime
    policy: str
    events_applied: int
    open_complaints: int
    dimensions: tuple[DimensionScore, ...]
    contributions: tuple[Contribution, ...]
    contributions_sum: float
    changes: tuple[Change, ...]
    parent: Parent | None
    group: Group | None


def explain(client: Client, account: str, changes: int = 5) -> Explanation | None:
    """The explanation of an account's present score; None when the warehouse has no snapshot of it."""
    found = rows(client, _NOW, {"account": account})
    if not found:
        return None
    now = found[0]
    parent, group = belonging(client, account)
    named = tuple(_contribution(row) for row in rows(client, _REASONS, {"account": account}))
    return Explanation(
        **{key: now[key] for key in ("account_id", "name", "owner", "score", "band", "coverage", "as_of", "policy")},
        events_applied=now["events_applied"],
        open_complaints=now["open_complaints"],
        dimensions=tuple(
            DimensionScore(dimension=dimension, score=now[dimension.value], weight=now[f"{dimension.value}_weight"])
            for dimension in Dimension
        ),
        contributions=named,
        contributions_sum=sum(item.points for item in named),
        changes=tuple(_changes(client, account, changes)),
        parent=parent,
        group=group,
    )


def _contribution(row: Mapping[str, Any]) -> Contribution:
    return Contribution(name=row["name"], dimension=row["dimension"] or None, points=row["points"])


def _changes(client: Client, account: str, limit: int) -> Iterator[Change]:
    snapshots = rows(client, _SNAPSHOTS, {"account": account, "limit": limit})
    if not snapshots:
        return
    parts: defaultdict[tuple[int, datetime], list[Part]] = defaultdict(list)
    since = min(snapshot["produced_at"] for snapshot in snapshots)
    for row in rows(client, _PARTS, {"account": account, "since": since}):
        key = row.pop("version"), row.pop("produced_at")
        parts[key].append(Part(**{name: value for name, value in row.items() if value not in ("", None)}))
    for snapshot in snapshots:
        key = snapshot["version"], snapshot.pop("produced_at")
        yield Change(**snapshot, parts=tuple(parts[key]))


def _largest_first(parts: Iterable[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: -abs(part.points))


def _part_in_words(part: Part) -> str:
    cause = part.kind.value
    if part.event_type is not None:
        cause = f"{part.event_type.rsplit('.', 1)[0]} ({part.signal})"
    return f"{part.points:+.1f} by {cause}"


def _number(score: float | None) -> str:
    return "no score" if score is None else f"{score:.1f}"
