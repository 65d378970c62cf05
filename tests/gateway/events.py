"""Events to send."""

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PURCHASES = "account.purchases"


def order(event_id: str = "order-1", subject: str = "A-1", source: str = "shop", **changed: Any) -> dict[str, Any]:
    """An order that is fine unless `changed`; a change to None takes the attribute away."""
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": "purchase.order_placed.v1",
        "subject": subject,
        "time": "2026-01-31T12:00:00Z",
        "data": {"order_id": event_id, "amount": "120.00", "currency": "EUR"},
    }
    return {name: value for name, value in {**event, **changed}.items() if value is not None}


def complaint(event_id: str = "complaint-1", subject: str = "A-1") -> dict[str, Any]:
    """A complaint."""
    return order(
        event_id,
        subject,
        type="complaint.opened.v1",
        data={"complaint_id": event_id, "category": "billing", "severity": 2},
    )
