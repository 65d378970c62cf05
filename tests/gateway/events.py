"""Events to send."""

import json
from datetime import UTC, datetime
from typing import Any

from schemas.limits import MAX_TEXT_CHARS

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PURCHASES = "account.purchases"


def order(event_id: str = "order-1", subject: str = "A-1", source: str = "shop", **changed: Any) -> dict[str, Any]:
    """An order that is fine unless `changed`."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": "purchase.order_placed.v1",
        "subject": subject,
        "time": "2026-01-31T12:00:00Z",
        "data": {"order_id": event_id, "amount": "120.00", "currency": "EUR"},
        **changed,
    }


def without(attribute: str) -> dict[str, Any]:
    """An order that lacks an attribute."""
    return {name: value for name, value in order().items() if name != attribute}


def complaint(event_id: str = "complaint-1", subject: str = "A-1") -> dict[str, Any]:
    """A complaint."""
    return order(
        event_id,
        subject,
        type="complaint.opened.v1",
        data={"complaint_id": event_id, "category": "billing", "severity": 2},
    )


def padded(size_bytes: int, event_id: str = "padded") -> dict[str, Any]:
    """An order whose compact JSON has exactly `size_bytes`, padded with extension attributes as long as they may be."""
    event, number = order(event_id), 0
    while (missing := size_bytes - len(compact(event))) > 0:
        overhead = len(f',"pad{number}":""')
        left = min(missing - overhead, MAX_TEXT_CHARS)
        if 0 < missing - overhead - left <= 2 * overhead:
            left -= 3 * overhead
        event[f"pad{number}"] = "x" * left
        number += 1
    return event


def compact(event: object) -> bytes:
    """JSON without spaces, as the codec writes it."""
    return json.dumps(event, separators=(",", ":")).encode()
