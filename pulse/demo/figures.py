"""The figures of a demo: what the loader knows it got acknowledged, held against what the warehouse has.

Queries and arithmetic only; nothing here waits.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from consumers.runtime.clickhouse import Client, rows
from consumers.runtime.wording import AlertWords, reader_of
from schemas.alerts import AlertStep
from schemas.topics import EVENT_TOPICS

_TOPICS: Final = [topic.name for topic in EVENT_TOPICS]

_STORED: Final = "SELECT uniqExact(source, event_id) AS stored FROM events WHERE topic IN {topics:Array(String)}"
_APPLIED: Final = "SELECT sum(events_applied) AS applied FROM health FINAL"
_APPLIED_BY_ACCOUNT: Final = "SELECT account_id, events_applied FROM health FINAL"
_COUNTS: Final = """
    SELECT
        (SELECT count() FROM dead_letters_now) AS dead_letters,
        (SELECT count() FROM health FINAL WHERE score IS NOT NULL) AS accounts_scored,
        (SELECT uniqExact(alert_id) FROM alerts WHERE step = 'opened') AS alerts_opened,
        (SELECT uniqExact(alert_id) FROM alerts WHERE step = 'opened' AND historic) AS alerts_historic,
        (SELECT uniqExact(alert_id) FROM deliveries WHERE outcome = 'delivered' AND channel = 'email') AS alerts_sent"""
_UNRECEIPTED: Final = """
    SELECT uniqExact(step_id) AS missing FROM alerts WHERE step = 'opened' AND NOT historic
    AND step_id NOT IN (SELECT step_id FROM deliveries WHERE outcome != 'deferred')"""
_OVERDUE: Final = """
    SELECT uniqExact(account_id) AS told FROM alerts
    WHERE kind = 'complaint_overdue' AND step IN ('opened', 'updated')
    AND decided_at >= {since:DateTime64(3)} AND account_id IN {accounts:Array(String)}"""
_HEALTH_MS: Final = """
    SELECT count() AS n, quantileExact(0.5)(ms) AS p50, quantileExact(0.99)(ms) AS p99 FROM (
        SELECT dateDiff('millisecond', caused_by_record_at, produced_at) AS ms FROM health_history FINAL
        WHERE caused_by_record_at >= {since:DateTime64(3)} AND abs(score - previous_score) >= 0.5)"""
_ALERT_MS: Final = """
    SELECT count() AS n, quantileExact(0.5)(ms) AS p50, quantileExact(0.99)(ms) AS p99 FROM (
        SELECT dateDiff('millisecond', caused_by_record_at, at) AS ms FROM deliveries FINAL
        WHERE outcome = 'delivered' AND channel = 'email' AND caused_by_record_at >= {since:DateTime64(3)}
        AND alert_id IN (SELECT alert_id FROM alerts WHERE step = 'opened' AND decided_at >= {since:DateTime64(3)}))"""
_CANDIDATES: Final = """
    SELECT account_id FROM health FINAL WHERE score BETWEEN 46 AND 62 AND band IN ('watch', 'healthy')
    AND open_complaints = 0 AND owner != '' ORDER BY account_id LIMIT {limit:UInt32}"""
_BANDS: Final = "SELECT band, count() AS accounts FROM health FINAL WHERE band != '' GROUP BY band"
_LAST_ALERTS: Final = """
    SELECT a.account_id AS account_id, a.alert_id AS alert_id, a.step_id AS step_id, a.account_name AS account_name,
        a.kind AS kind, a.episode AS episode, a.step_no AS step_no, a.reason AS reason, a.at AS at,
        a.decided_at AS decided_at, a.facts AS facts, a.role AS role, a.suggestion AS suggestion, d.sent_at AS sent_at,
        a.caused_by_record_at AS caused_by_record_at
    FROM (SELECT * FROM alerts FINAL WHERE step = 'opened' AND NOT historic) AS a
    INNER JOIN (SELECT step_id, min(at) AS sent_at FROM deliveries
        WHERE outcome = 'delivered' AND channel = 'email' GROUP BY step_id) AS d ON a.step_id = d.step_id
    ORDER BY d.sent_at DESC LIMIT {limit:UInt32}"""


class Percentiles(BaseModel):
    """Milliseconds; None where nothing was measured."""

    model_config = ConfigDict(frozen=True)

    p50: float | None
    p99: float | None


class Figures(BaseModel):
    """What `pulse demo --exit --json` prints as its last line. README.md of this folder says how each is counted."""

    model_config = ConfigDict(frozen=True)

    events_sent: int
    events_applied: int
    lost: int
    applied_twice: int
    dead_letters: int
    accounts_scored: int
    alerts_opened: int
    alerts_sent: int
    alerts_historic: int
    warehouse_events: int
    events_per_second: float
    event_to_health_ms: Percentiles
    event_to_alert_sent_ms: Percentiles
    wall_s: float

    @property
    def faults(self) -> tuple[str, ...]:
        """What must not be: lost, applied twice, or stored otherwise than applied."""
        found = []
        if self.lost:
            found.append(f"{self.lost} events were acknowledged and not applied")
        if self.applied_twice:
            found.append(f"{self.applied_twice} events were applied that were not acknowledged, or twice")
        if self.warehouse_events != self.events_applied:
            found.append(f"the warehouse has {self.warehouse_events} events, {self.events_applied} were applied")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class LastAlert:
    """One alert that was sent, in words; `after_ms` from the event's record to the mail, None when time caused it."""

    sent_at: datetime
    headline: str
    reason: str
    after_ms: int | None


def stored(client: Client) -> int:
    """Distinct facts in the warehouse on the topics that are folded."""
    return int(rows(client, _STORED, {"topics": _TOPICS})[0]["stored"])


def applied(client: Client) -> int:
    """Facts that the newest snapshots say their scores rest on."""
    return int(rows(client, _APPLIED)[0]["applied"] or 0)


def unreceipted(client: Client) -> int:
    """Alerts opened for the present of which it is not yet written what became of telling them."""
    return int(rows(client, _UNRECEIPTED)[0]["missing"])


def told_overdue(client: Client, accounts: Sequence[str], since: datetime) -> int:
    """How many of `accounts` have had an overdue complaint told since then."""
    return int(rows(client, _OVERDUE, {"accounts": list(accounts), "since": since})[0]["told"])


def candidates(client: Client, limit: int) -> list[str]:
    """Accounts that are well enough to get worse by one severe complaint."""
    return [str(row["account_id"]) for row in rows(client, _CANDIDATES, {"limit": limit})]


def bands(client: Client) -> dict[str, int]:
    """Accounts by band."""
    return {str(row["band"]): int(row["accounts"]) for row in rows(client, _BANDS)}


def last_alerts(client: Client, limit: int = 8) -> list[LastAlert]:
    """The alerts sent last, newest first."""
    return [_last_alert(row) for row in rows(client, _LAST_ALERTS, {"limit": limit})]


def differences(acknowledged: Mapping[str, int], held: Mapping[str, int]) -> tuple[int, int]:
    """Facts acknowledged and not applied, and applied beyond what was acknowledged, summed over accounts.

    >>> differences({"a": 3, "b": 2}, {"a": 2, "b": 3, "c": 1})
    (1, 2)
    """
    lost = twice = 0
    for account in acknowledged.keys() | held.keys():
        difference = acknowledged.get(account, 0) - held.get(account, 0)
        lost += max(0, difference)
        twice += max(0, -difference)
    return lost, twice


def count(client: Client, acknowledged: Counter[str], live_since: datetime, events_per_second: float) -> Figures:
    """Every figure but the wall time, which is known when the stack has stopped."""
    held = {str(row["account_id"]): int(row["events_applied"]) for row in rows(client, _APPLIED_BY_ACCOUNT)}
    lost, twice = differences(acknowledged, held)
    counts: dict[str, Any] = rows(client, _COUNTS)[0]
    return Figures(
        events_sent=acknowledged.total(),
        events_applied=sum(held.values()),
        lost=lost,
        applied_twice=twice,
        warehouse_events=stored(client),
        events_per_second=round(events_per_second, 1),
        event_to_health_ms=_percentiles(client, _HEALTH_MS, live_since),
        event_to_alert_sent_ms=_percentiles(client, _ALERT_MS, live_since),
        wall_s=0.0,
        **counts,
    )


def _percentiles(client: Client, sql: str, since: datetime) -> Percentiles:
    row = rows(client, sql, {"since": since})[0]
    if not row["n"]:
        return Percentiles(p50=None, p99=None)
    return Percentiles(p50=float(row["p50"]), p99=float(row["p99"]))


def _last_alert(row: dict[str, Any]) -> LastAlert:
    sent_at, caused_at = row.pop("sent_at"), row["caused_by_record_at"]
    step = AlertStep.model_validate({**row, "step": "opened", "historic": False})
    words = AlertWords(reader_of("en", "UTC"), step)
    after_ms = None if caused_at is None else round((sent_at - caused_at).total_seconds() * 1000)
    return LastAlert(sent_at, words.headline, words.reason, after_ms)
