"""Alert steps and managers to tell about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from consumers.delivery.settings import AttentionSettings
from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, Suggestion, alert_id
from schemas.events.managers import Contact, ContactKind, ManagerProfileData, ManagerProfileSet, Role
from schemas.health import Part, PartKind
from schemas.ids import AccountId, EventId, ManagerId, Source

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OWNER = ManagerId("M-07")
AT_ONCE = AttentionSettings(spared=False)
"""Nobody's attention is spared: for tests that are about sending."""
BOTH = (Contact(kind=ContactKind.CONSOLE), Contact(kind=ContactKind.EMAIL, address="manager07@example.test"))


def manager(manager_id: str = OWNER, **data: Any) -> ManagerProfileSet:
    """A manager with inbox and mail."""
    data = {"name": "Manager 07", "role": Role.ACCOUNT_MANAGER, "channels": BOTH, "time_zone": "Europe/Berlin"} | data
    event = {"id": f"set-{manager_id}", "source": "tests", "subject": manager_id, "time": AT}
    return ManagerProfileSet.model_validate({**event, "data": ManagerProfileData.model_validate(data)})


def band_dropped(account: str = "A-1", **changes: Any) -> AlertStep:
    """An account that fell from watch to critical."""
    episode, step_no = changes.pop("episode", 1), changes.pop("step_no", 1)
    name = alert_id(AccountId(account), AlertKind.BAND_DROPPED, episode)
    settings: dict[str, Any] = {
        "alert_id": name,
        "step_id": f"{name}:{step_no}",
        "account_id": AccountId(account),
        "account_name": "Example Retail 00042",
        "kind": AlertKind.BAND_DROPPED,
        "episode": episode,
        "step_no": step_no,
        "step": StepKind.OPENED,
        "reason": StepReason.BAND_WORSENED,
        "at": AT,
        "decided_at": AT + timedelta(milliseconds=40),
        "historic": False,
        "facts": {"band_from": "watch", "band_to": "critical", "score": "23.4"},
        "parts": PARTS,
        "value_at_risk": Decimal("125000.00"),
        "currency": "EUR",
        "role": CalledRole.SERVICE,
        "suggestion": Suggestion.CALL_CLIENT,
        "owner": OWNER,
    }
    return AlertStep(**settings | changes)


def band_recovered(account: str = "A-1", **changes: Any) -> AlertStep:
    """The end of the same episode."""
    ends = {
        "step_no": 2,
        "step": StepKind.RESOLVED,
        "reason": StepReason.BAND_RECOVERED,
        "facts": {"band_from": "at_risk", "band_to": "watch", "score": "58.2"},
        "parts": (),
    }
    return band_dropped(account, **ends | changes)


def complaint_overdue(account: str = "A-1", **changes: Any) -> AlertStep:
    """Two complaints that nobody answered in time."""
    name = alert_id(AccountId(account), AlertKind.COMPLAINT_OVERDUE, 1)
    differs = {
        "alert_id": name,
        "step_id": f"{name}:1",
        "kind": AlertKind.COMPLAINT_OVERDUE,
        "reason": StepReason.ANSWER_DUE_PASSED,
        "facts": {"complaint_ids": "C-17, C-21", "due_at": "2026-03-02T08:00:00+00:00", "count": "2"},
        "parts": (),
        "suggestion": Suggestion.ANSWER_COMPLAINT,
    }
    return band_dropped(account, **differs | changes)


PARTS = (
    Part(
        kind=PartKind.EVENT,
        points=-18.2,
        signal="complaint_4",
        event_id=EventId("e-1"),
        source=Source("crm"),
        event_type="complaint.opened.v1",
        event_time=AT - timedelta(minutes=2),
    ),
    Part(
        kind=PartKind.EVENT,
        points=-3.1,
        signal="sentiment",
        event_id=EventId("e-2"),
        source=Source("crm"),
        event_type="interaction.logged.v1",
        event_time=AT - timedelta(hours=5),
    ),
    Part(
        kind=PartKind.EVENT,
        points=0.3,
        signal="contact",
        event_id=EventId("e-2"),
        source=Source("crm"),
        event_type="interaction.logged.v1",
        event_time=AT - timedelta(hours=5),
    ),
    Part(kind=PartKind.DECAY, points=-1.6),
    Part(kind=PartKind.SATURATION, points=0.4),
)
