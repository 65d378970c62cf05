"""What is asked of ClickHouse about everything below a person: by the page of a team, and by a roll-up.

Every query takes `sees`, the owners below that person. Their lines are added up by `rollup`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from consumers.runtime.rollup import Figures
from schemas.alerts import AlertKind
from schemas.health import Band
from schemas.ids import ManagerId

Row = Mapping[str, Any]
Ask = Callable[[str, Mapping[str, Any]], Sequence[Row]]

FIGURES: Final = """
SELECT owner, accounts, critical, at_risk, watch, healthy, unscored, annual_value, critical_value, at_risk_value,
       worsened_7d, improved_7d, alerts_opened_7d, alerts_acknowledged_7d, alerts_resolved_7d, alerts_unanswered,
       unanswered_since, acknowledged_after_s
FROM team_health WHERE owner IN {sees:Array(String)}
"""

MOVES: Final = """
SELECT account_id, name, owner, segment, annual_value, currency, band_before, band FROM account_bands
WHERE moved = 'worsened' AND owner IN {sees:Array(String)}
ORDER BY standing > 2, worth DESC, standing, account_id LIMIT {limit:UInt32}
"""
"""What is at risk or critical now comes first, then what is worth most."""

UNANSWERED: Final = """
SELECT account_id, alert_id, account_name, kind, owner_now, unanswered_since, value_at_risk, currency
FROM alert_reactions
WHERE unanswered_since IS NOT NULL AND owner_now IN {sees:Array(String)}
ORDER BY unanswered_since, alert_id LIMIT {limit:UInt32}
"""

RATES: Final = "SELECT currency, rate FROM currency_rates FINAL WHERE rate > 0"

_SCORED_SINCE: Final = "SELECT min(produced_at) AS since, count() AS snapshots FROM health_history"
"""Answered from what the engine knows of its parts, without reading rows."""


@dataclass(frozen=True, slots=True)
class Worsened:
    """An account whose band is worse than seven days ago."""

    account_id: str
    name: str
    owner: str
    annual_value: Decimal
    currency: str
    before: Band
    band: Band


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert in nobody's hands, and since when."""

    account_id: str
    name: str
    kind: AlertKind
    owner: str
    since: datetime
    value_at_risk: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Below:
    """What there is below a person: the figures of each owner alone, the worst accounts, and the oldest alerts."""

    figures: Mapping[ManagerId, Figures]
    rates: Mapping[str, float]
    worsened: tuple[Worsened, ...]
    waiting: tuple[Waiting, ...]


def ask_below(ask: Ask, sees: Iterable[ManagerId], most: int) -> Below:
    """All of it, with at most so many accounts and alerts by name."""
    seen = {"sees": sorted(sees)}
    named = {**seen, "limit": most}
    return Below(
        {ManagerId(row["owner"]): figures_of(row) for row in ask(FIGURES, seen)},
        rates_of(ask(RATES, {})),
        tuple(_worsened(row) for row in ask(MOVES, named)),
        tuple(_waiting(row) for row in ask(UNANSWERED, named)),
    )


def scored_since(ask: Ask) -> datetime | None:
    """When the first score was told of that the warehouse has; None before there is any."""
    (row,) = ask(_SCORED_SINCE, {})
    return aware(row["since"]) if row["snapshots"] else None


def figures_of(row: Row) -> Figures:
    """What is one owner's alone."""
    bands = {**{name: int(row[name]) for name in ("critical", "at_risk", "watch", "healthy")}, "none": row["unscored"]}
    since = row["unanswered_since"]
    return Figures(
        accounts=row["accounts"],
        by_band={name: count for name, count in bands.items() if count},
        annual=row["annual_value"],
        critical=row["critical_value"],
        at_risk=row["at_risk_value"],
        worsened=row["worsened_7d"],
        improved=row["improved_7d"],
        opened=row["alerts_opened_7d"],
        acknowledged=row["alerts_acknowledged_7d"],
        resolved=row["alerts_resolved_7d"],
        unanswered=row["alerts_unanswered"],
        unanswered_since=None if since is None else aware(since),
        answered_after_s=tuple(row["acknowledged_after_s"]),
    )


def rates_of(rows: Iterable[Row]) -> dict[str, float]:
    """What a unit of each currency is worth, by the policy in force."""
    return {row["currency"]: row["rate"] for row in rows}


def aware(at: datetime) -> datetime:
    """Drivers hand out times in UTC without saying so."""
    return at.replace(tzinfo=UTC)


def _worsened(row: Row) -> Worsened:
    what = (row["account_id"], row["name"] or row["account_id"], row["owner"])
    return Worsened(*what, row["annual_value"], row["currency"], Band(row["band_before"]), Band(row["band"]))


def _waiting(row: Row) -> Waiting:
    what = (row["account_id"], row["account_name"] or row["account_id"], AlertKind(row["kind"]), row["owner_now"])
    return Waiting(*what, aware(row["unanswered_since"]), row["value_at_risk"], row["currency"])
