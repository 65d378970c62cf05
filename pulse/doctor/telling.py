"""Whether every alert step has a receipt and nothing put off was left lying, as ClickHouse has it."""

from datetime import datetime
from typing import Final

from consumers.runtime.clickhouse import Client, rows
from pulse.doctor.findings import Finding, fault, ok

_COMPONENT: Final = "alerts told"
_GAPS: Final = "SELECT uniqExact(step_id) AS steps, min(record_at) AS since FROM delivery_gaps"
_OVERDUE: Final = """
SELECT count() AS late, min(due_at) AS since, arrayStringConcat(arraySort(groupUniqArray(channel)), ', ') AS channels
FROM deliveries_overdue
"""


def told(client: Client) -> Finding:
    """What came of telling people of every step.

    Raises:
        ClickHouseAway, DatabaseError: the views cannot be read.
    """
    (gaps,), (overdue,) = rows(client, _GAPS), rows(client, _OVERDUE)
    if gaps["steps"]:
        detail = f"{gaps['steps']:,} steps have no receipt, the oldest {_since(gaps['since'])}"
        return fault(_COMPONENT, detail, "is `pulse deliver` running? `SELECT * FROM delivery_gaps` names them")
    if overdue["late"]:
        what = f"{overdue['late']:,} notifications should have gone over {overdue['channels']}"
        where = "`SELECT channel, reason, detail FROM deliveries_overdue` names them"
        since = _since(overdue["since"])
        return fault(_COMPONENT, f"{what}, the oldest {since}", f"is a channel away, or `pulse deliver`? {where}")
    return ok(_COMPONENT, "every step has its receipt, and nothing that is due waits")


def _since(at: datetime) -> str:
    return f"since {at:%Y-%m-%d %H:%M} UTC"
