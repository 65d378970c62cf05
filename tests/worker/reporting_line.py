"""Managers who report to one another and work around the clock, and the accounts that are theirs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.catalogue import AnyEvent
from tests.worker.running import event

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
ALWAYS = [{"weekday": day, "start": "00:00", "end": "00:00"} for day in range(7)]


def manager(name: str, role: str, above: str | None, number: int = 0, **data: Any) -> AnyEvent:
    """A manager's profile; the one with the highest `number` counts."""
    profile = {"name": name, "role": role, "working_hours": ALWAYS, **data}
    told_at = LONG_AGO + timedelta(days=number)
    return event("manager.profile_set.v1", name, number, told_at, profile | ({"reports_to": above} if above else {}))


def owned_by(owner: str, number: int, account: str = "A1") -> AnyEvent:
    """An account's profile."""
    data = {"name": "Example Retail", "segment": "mid", "annual_value": "9000", "currency": "EUR", "owner": owner}
    return event("account.profile_set.v1", account, number, LONG_AGO + timedelta(days=number), data)
