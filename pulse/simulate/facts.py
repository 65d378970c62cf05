"""A made event: what it is ordered by, what it is counted by, and its bytes. No randomness and no clock here."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

CRM: Final = "//crm.example.test"
SHOP: Final = "//shop.example.test/cdnow"
LOGISTICS: Final = "//logistics.example.test"
BILLING: Final = "//billing.example.test"
DESK: Final = "//desk.example.test"
TELEMETRY: Final = "//telemetry.example.test"

SOURCES: Final = (CRM, SHOP, LOGISTICS, BILLING, DESK, TELEMETRY)
"""The systems that the simulated events claim to come from."""


class Fact(NamedTuple):
    """One event; facts sort by time, then id. `subject` is the account, for managers the manager."""

    at: datetime
    id: str
    source: str
    subject: str
    type: str
    body: bytes


def fact(at: datetime, identity: str, source: str, subject: str, of: tuple[str, dict[str, Any]]) -> Fact:
    """The event of type `of[0]` with the data `of[1]`."""
    kind, data = of
    body = {
        "specversion": "1.0",
        "id": identity,
        "source": source,
        "type": kind,
        "subject": subject,
        "time": at.isoformat(),
        "data": data,
    }
    return Fact(at, identity, source, subject, kind, to_json(body))
