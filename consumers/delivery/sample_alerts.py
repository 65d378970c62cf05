"""An alert of every kind to look at and to try channels with: plainly made up. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, Suggestion, alert_id
from schemas.events.managers import Contact, ContactKind, ManagerProfileData, Role
from schemas.health import Part, PartKind
from schemas.ids import AccountId, EventId, ManagerId, Source

ACCOUNT: Final = AccountId("EXAMPLE-00042")
OWNER: Final = ManagerId("EXAMPLE-MANAGER")
STEPS: Final = (StepKind.OPENED, StepKind.ESCALATED, StepKind.RESOLVED)
"""Those that people are told of."""


@dataclass(frozen=True, slots=True)
class _Sample:
    opened: StepReason
    ended: StepReason
    role: CalledRole
    suggestion: Suggestion
    facts: dict[str, Any]
    ended_facts: Mapping[str, Any] = field(default_factory=dict)


_R, _S, _C = StepReason, Suggestion, CalledRole
_SAMPLES: Final[dict[AlertKind, _Sample]] = {
    AlertKind.BAND_DROPPED: _Sample(
        _R.BAND_WORSENED,
        _R.BAND_RECOVERED,
        _C.SALES,
        _S.CALL_CLIENT,
        {"band_from": "watch", "band_to": "critical", "score": "23.4"},
        {"band_from": "at_risk", "band_to": "watch", "score": "58.2"},
    ),
    AlertKind.SHARP_DROP: _Sample(
        _R.SCORE_FELL,
        _R.SCORE_STEADIED,
        _C.SALES,
        _S.CALL_CLIENT,
        {"score": "41.0", "score_before": "68.5", "points": "-27.5", "days": "7"},
    ),
    AlertKind.COMPLAINT_OVERDUE: _Sample(
        _R.ANSWER_DUE_PASSED,
        _R.ALL_ANSWERED,
        _C.SERVICE,
        _S.ANSWER_COMPLAINT,
        {"complaint_ids": "C-17, C-21", "count": "2", "due_at": timedelta(hours=-2)},
    ),
    AlertKind.COMPLAINT_REPEATED: _Sample(
        _R.COMPLAINED_AGAIN,
        _R.ALL_SETTLED,
        _C.SERVICE,
        _S.OWN_THE_COMPLAINT,
        {"complaint_ids": "C-17, C-21", "category": "billing", "count": "2", "days": "30"},
    ),
    AlertKind.SHIPMENT_LATE: _Sample(
        _R.DUE_PASSED,
        _R.ALL_SETTLED,
        _C.SERVICE,
        _S.NAME_SHIPPING_DATE,
        {"order_ids": "O-2041", "count": "1", "due_at": timedelta(days=-1)},
    ),
    AlertKind.INVOICE_OVERDUE: _Sample(
        _R.DUE_PASSED,
        _R.ALL_SETTLED,
        _C.FINANCE,
        _S.ASK_FOR_PAYMENT,
        {
            "invoice_ids": "I-311, I-312",
            "count": "2",
            "due_at": timedelta(days=-9),
            "amount": "12060.50",
            "currency": "EUR",
        },
    ),
    AlertKind.CALLBACK_OVERDUE: _Sample(
        _R.DUE_PASSED,
        _R.ALL_SETTLED,
        _C.SALES,
        _S.CALL_BACK,
        {"contact_ids": "K-7", "count": "1", "due_at": timedelta(hours=-3)},
    ),
    AlertKind.HAND_OFF_OVERDUE: _Sample(
        _R.DUE_PASSED,
        _R.ALL_SETTLED,
        _C.SERVICE,
        _S.CLOSE_HAND_OFF,
        {"hand_off_ids": "H-5", "count": "1", "due_at": timedelta(days=-2)},
    ),
    AlertKind.GONE_SILENT: _Sample(
        _R.SILENCE_PASSED,
        _R.HEARD_AGAIN,
        _C.SALES,
        _S.GET_IN_TOUCH,
        {"quiet_since": timedelta(days=-56), "expected_by": timedelta(days=-20), "usual_days": "14"},
    ),
    AlertKind.PURCHASE_OVERDUE: _Sample(
        _R.SILENCE_PASSED,
        _R.BOUGHT_AGAIN,
        _C.SALES,
        _S.ASK_FOR_ORDER,
        {"quiet_since": timedelta(days=-56), "expected_by": timedelta(days=-20), "usual_days": "14"},
    ),
    AlertKind.REVENUE_DISAGREES: _Sample(
        _R.MONEY_FALLS,
        _R.AGREES_AGAIN,
        _C.SALES,
        _S.REVIEW_ACCOUNT,
        {"score": "81.2", "percent": "-34.6", "measure": "order_value"},
    ),
    AlertKind.UPSELL_READY: _Sample(
        _R.UPSELL_SIGNS,
        _R.SIGNS_GONE,
        _C.SALES,
        _S.OFFER_MORE,
        {"score": "81.2", "growing": "usage", "percent": "34.6", "renews_at": timedelta(days=60)},
    ),
    AlertKind.RECOVERED: _Sample(
        _R.BAND_REGAINED,
        _R.CLOSED_BY_TIME,
        _C.SALES,
        _S.THANK_CLIENT,
        {"band_from": "critical", "band_to": "watch", "score": "58.2"},
    ),
}


def sample_step(kind: AlertKind, at: datetime, step: StepKind = StepKind.OPENED, owner: ManagerId = OWNER) -> AlertStep:
    """A step of such an alert, decided at a moment; another second, another alert."""
    sample, episode = _SAMPLES[kind], int(at.timestamp())
    name = alert_id(ACCOUNT, kind, episode)
    resolved, escalated = step is StepKind.RESOLVED, step is StepKind.ESCALATED
    climbing = {"raised_by": sample.opened.value, "held_by": "EXAMPLE-ASSISTANT", "held_since": timedelta(hours=-4)}
    facts = {**sample.facts, **(climbing if escalated else sample.ended_facts if resolved else {})}
    return AlertStep(
        alert_id=name,
        step_id=f"{name}:{STEPS.index(step) + 1}",
        account_id=ACCOUNT,
        account_name="Example Retail 00042",
        kind=kind,
        episode=episode,
        step_no=STEPS.index(step) + 1,
        step=step,
        reason=sample.ended if resolved else StepReason.UNACKNOWLEDGED if escalated else sample.opened,
        at=at,
        decided_at=at,
        historic=False,
        facts={key: _written(value, at) for key, value in facts.items()},
        parts=() if resolved else _parts(at),
        value_at_risk=Decimal("125000.00"),
        currency="EUR",
        role=sample.role,
        suggestion=sample.suggestion,
        owner=owner,
        escalation_chain=(owner,) if escalated else (),
    )


def sample_manager(locale: str, channel: ContactKind, address: str) -> ManagerProfileData:
    """A manager who reads the sample."""
    zone = "Europe/Berlin"
    contact = Contact(kind=channel, address=address)
    return ManagerProfileData(
        name="Example Manager", role=Role.ACCOUNT_MANAGER, locale=locale, time_zone=zone, channels=(contact,)
    )


def _written(value: Any, at: datetime) -> str:
    return (at + value).isoformat() if isinstance(value, timedelta) else str(value)


def _parts(at: datetime) -> tuple[Part, ...]:
    source = Source("example")
    complaint = ("complaint_4", EventId("e-1"), "complaint.opened.v1", at - timedelta(minutes=2), -18.2)
    contact = ("sentiment", EventId("e-2"), "interaction.logged.v1", at - timedelta(hours=5), -2.8)
    told = (
        Part(
            kind=PartKind.EVENT,
            signal=signal,
            event_id=event,
            source=source,
            event_type=kind,
            event_time=when,
            points=points,
        )
        for signal, event, kind, when, points in (complaint, contact)
    )
    return (*told, Part(kind=PartKind.DECAY, points=-1.6))
