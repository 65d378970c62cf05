"""Taking a fact back: its original is found in ClickHouse and travels inside the withdrawal, so that whoever folds it
takes out the very points it gave, as of its own time.
"""

import json
from datetime import datetime
from typing import Any, Final

from consumers.runtime.clickhouse import Client, rows
from pulse.errors import PulseError
from schemas.catalogue import TOPIC_OF_TYPE
from schemas.events.withdrawals import WITHDRAWN
from schemas.topics import EVENT_TOPICS
from streams.core.fold import FAMILY_TOPICS
from streams.core.overrides import TYPES as OVERRIDES

_ORIGINAL: Final = """
    SELECT account_id, type, payload FROM facts
    WHERE source = {source:String} AND event_id = {event_id:String} ORDER BY record_at LIMIT 1"""
_BEFORE: Final = """
    SELECT event_id, time FROM facts
    WHERE withdrawn_source = {source:String} AND withdrawn_event_id = {event_id:String} ORDER BY record_at LIMIT 1"""


class NeverWas(PulseError):
    """A fact that nobody told cannot be taken back."""


class NotWithdrawable(PulseError):
    """A fact that moves no score has nothing to take back."""


def original(client: Client, source: str, event_id: str) -> dict[str, Any]:
    """The fact of that identity as it was told.

    Raises:
        NeverWas: ClickHouse has none.
        NotWithdrawable: it is master data or a person's decision: tell what holds instead.
    """
    found = rows(client, _ORIGINAL, {"source": source, "event_id": event_id})
    if not found:
        raise NeverWas(
            f"ClickHouse has no fact {event_id!r} of the source {source!r}: what was never told cannot be withdrawn. "
            "A fact told just now is there within seconds."
        )
    kind = found[0]["type"]
    if TOPIC_OF_TYPE.get(kind) not in EVENT_TOPICS[:FAMILY_TOPICS] and kind not in OVERRIDES:
        raise NotWithdrawable(
            f"{kind} cannot be withdrawn: only interactions, purchases, complaints and overrides move a score. "
            "Tell what holds now."
        )
    event: dict[str, Any] = json.loads(found[0]["payload"])
    return event


def withdrawn_before(client: Client, source: str, event_id: str) -> datetime | None:
    """When the fact was withdrawn, None if it stands."""
    found = rows(client, _BEFORE, {"source": source, "event_id": event_id})
    return found[0]["time"] if found else None


def withdrawal(fact: dict[str, Any], reason: str, now: datetime) -> dict[str, Any]:
    """The event that takes `fact` back. Its id follows from the fact's: it counts once however often it is sent."""
    return {
        "specversion": "1.0",
        "id": f"withdrawn:{fact['id']}",
        "source": fact["source"],
        "type": WITHDRAWN,
        "subject": fact["subject"],
        "time": now.isoformat(),
        "data": {"original": fact, "reason": reason},
    }
