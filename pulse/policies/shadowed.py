"""What the policy tried out last would change, by manager, as the warehouse has it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from consumers.runtime.clickhouse import Client, rows
from pulse.errors import Missing

_TRIAL: Final = "SELECT policy, tried_since, author, reason, ended_at FROM shadow_trial"
_BY_OWNER: Final = "SELECT * FROM shadow_by_owner ORDER BY owner, accounts DESC, band, shadow_band"


@dataclass(frozen=True, slots=True)
class Move:
    """How many accounts would be in another band (empty: without a score)."""

    band: str
    shadow_band: str
    accounts: int


@dataclass(frozen=True, slots=True)
class OfOwner:
    """What changes for the accounts of one manager; `alerts_*` counted since the trial began in the workers."""

    owner: str
    name: str
    moves: tuple[Move, ...]
    alerts_added: int
    alerts_removed: int


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """The trial, and whom it would concern; `ended_at` None while it goes on."""

    policy: str
    tried_since: datetime
    ended_at: datetime | None
    author: str
    reason: str
    owners: tuple[OfOwner, ...]


def report_of(client: Client) -> ShadowReport:
    """The report of the trial that goes on, or of the last one.

    Raises:
        Missing: no policy was ever tried out, as far as the warehouse has heard.
    """
    found = rows(client, _TRIAL)
    if not found:
        raise Missing("no policy was tried out yet: `pulse policy shadow FILE` begins it")
    return ShadowReport(**found[0], owners=tuple(_owners(rows(client, _BY_OWNER))))


def to_json(report: ShadowReport) -> dict[str, Any]:
    """The same as JSON has it."""
    ended_at = report.ended_at.isoformat() if report.ended_at else None
    return {**asdict(report), "tried_since": report.tried_since.isoformat(), "ended_at": ended_at}


def _owners(found: Iterable[Mapping[str, Any]]) -> list[OfOwner]:
    by_owner: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in found:
        by_owner[row["owner"]].append(row)
    return [_owner(owner, theirs) for owner, theirs in by_owner.items()]


def _owner(owner: str, theirs: list[Mapping[str, Any]]) -> OfOwner:
    moves = tuple(
        Move(row["band"], row["shadow_band"], int(row["accounts"]))
        for row in theirs
        if row["band"] != row["shadow_band"]
    )
    added, removed = (sum(int(row[name]) for row in theirs) for name in ("alerts_added", "alerts_removed"))
    return OfOwner(owner, theirs[0]["owner_name"], moves, added, removed)
