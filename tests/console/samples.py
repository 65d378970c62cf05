"""Made-up people, clients, scores and alerts, as events and outputs of the pipeline."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.alerts import AlertKind, AlertStep, CalledRole, StepKind, StepReason, Suggestion, alert_id
from schemas.catalogue import AnyEvent
from schemas.codec import from_object
from schemas.events.managers import Role
from schemas.health import Band, Contribution, Dimension, DimensionScore, HealthSnapshot, Part, PartKind
from schemas.ids import AccountId, EventId, ManagerId, Source
from schemas.policies import PolicyRelease, ReleaseKind
from schemas.shadow import ShadowAlert, ShadowChange, ShadowDifference

NOW = datetime.now(UTC).replace(microsecond=0)
SHARES = {Dimension.RELATIONSHIP: 0.30, Dimension.COMMERCE: 0.35, Dimension.SERVICE: 0.35}


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def event(kind: str, subject: str, number: str, data: Mapping[str, Any], at: datetime = NOW) -> AnyEvent:
    envelope = {
        "specversion": "1.0",
        "id": number,
        "source": "crm.test",
        "subject": subject,
        "type": f"{kind}.v1",
        "time": at.isoformat(),
        "data": dict(data),
    }
    return from_object(envelope, datetime.now(UTC))


def manager(manager_id: str, name: str, role: Role, reports_to: str | None = None, *, locale: str = "en") -> AnyEvent:
    data: dict[str, Any] = {
        "name": name,
        "role": role.value,
        "locale": locale,
        "time_zone": "Europe/Berlin",
        "channels": [{"kind": "console"}, {"kind": "email", "address": f"{manager_id.lower()}@example.test"}],
    }
    if reports_to:
        data["reports_to"] = reports_to
    return event("manager.profile_set", manager_id, f"profile-{manager_id}", data, ago(days=400))


def profile(  # noqa: PLR0913 - each test names what matters to it
    account: str,
    name: str,
    owner: str,
    value: str = "12000",
    segment: str = "mid",
    at: datetime = NOW - timedelta(days=300),
    parent: str | None = None,
    currency: str = "EUR",
) -> AnyEvent:
    data = {"name": name, "segment": segment, "annual_value": value, "currency": currency, "owner": owner}
    if parent is not None:
        data["parent"] = parent
    return event("account.profile_set", account, f"profile-{account}-{owner}", data, at)


PEOPLE = (
    manager("VP-1", "Manager 01", Role.VICE_PRESIDENT),
    manager("D-1", "Manager 02", Role.DIRECTOR, "VP-1"),
    manager("L-1", "Manager 03", Role.LEAD, "D-1"),
    manager("L-2", "Manager 04", Role.LEAD, "D-1"),
    manager("AM-1", "Manager 05", Role.ACCOUNT_MANAGER, "L-1"),
    manager("AM-2", "Manager 06", Role.ACCOUNT_MANAGER, "L-1"),
    manager("AM-9", "Manager 09", Role.ACCOUNT_MANAGER, "L-2"),
    manager("AM-3", "Manager 07", Role.ACCOUNT_MANAGER, "L-2"),
)


def snapshot(  # noqa: PLR0913 - each test names what matters to it
    account: str,
    signals: Mapping[str, tuple[Dimension, float]],
    *,
    version: int = 1,
    previous: float | None = None,
    band: Band | None = None,
    owner: str | None = "AM-1",
    at: datetime = NOW,
    cause: AnyEvent | None = None,
    open_complaints: int = 0,
) -> HealthSnapshot:
    """A snapshot whose two sums hold. `signals` are points of the score by name."""
    live = {dimension for dimension, _ in signals.values()}
    weight = sum(SHARES[one] for one in live)
    contributions = [
        Contribution(name="base", dimension=one, points=50 * SHARES[one] / weight) for one in Dimension if one in live
    ]
    contributions += [Contribution(name=name, dimension=one, points=points) for name, (one, points) in signals.items()]
    dimensions = []
    for one in Dimension:
        mine = sum(part.points for part in contributions if part.dimension is one)
        share = SHARES[one] / weight if live else 1.0
        held = min(max(mine, 0.0), 100 * share)
        if held != mine:
            contributions.append(Contribution(name="saturation", dimension=one, points=held - mine))
        value = min(max(held / share, 0.0), 100.0) if one in live else None
        dimensions.append(DimensionScore(dimension=one, score=value, weight=SHARES[one]))
    score = min(max(sum(one.points for one in contributions), 0.0), 100.0) if live else None
    return HealthSnapshot(
        account_id=AccountId(account),
        version=version,
        as_of=at,
        produced_at=at + timedelta(milliseconds=version),
        caused_by_record_at=at,
        policy="default/1",
        score=score,
        band=band or band_of(score),
        coverage=weight,
        dimensions=tuple(dimensions),
        contributions=tuple(contributions),
        previous_score=previous,
        change=_change((score or 0) - (previous or 0), cause),
        events_applied=version,
        open_complaints=open_complaints,
        owner=ManagerId(owner) if owner else None,
    )


def band_of(score: float | None) -> Band | None:
    if score is None:
        return None
    lines = ((25, Band.CRITICAL), (45, Band.AT_RISK), (70, Band.WATCH))
    return next((band for line, band in lines if score < line), Band.HEALTHY)


def _change(moved: float, cause: AnyEvent | None) -> tuple[Part, ...]:
    if cause is None:
        return (Part(kind=PartKind.DECAY, points=moved),)
    own = Part(
        kind=PartKind.EVENT,
        points=moved + 0.3,
        signal="complaint_2",
        event_id=EventId(cause.id),
        source=Source(cause.source),
        event_type=cause.type,
        event_time=cause.time,
    )
    return (own, Part(kind=PartKind.DECAY, points=-0.3))


def step(  # noqa: PLR0913 - each test names what matters to it
    account: str,
    number: int = 1,
    kind: AlertKind = AlertKind.BAND_DROPPED,
    step_kind: StepKind = StepKind.OPENED,
    reason: StepReason = StepReason.BAND_WORSENED,
    *,
    owner: str = "AM-1",
    name: str | None = None,
    historic: bool = False,
    actor: str | None = None,
    at: datetime = NOW,
    episode: int = 1,
) -> AlertStep:
    """A step of an episode."""
    dropped = {"band_from": "watch", "band_to": "critical", "score": "21.4"}
    overdue = {"complaint_ids": "C-81, C-82", "due_at": ago(hours=3).isoformat(), "count": "2"}
    is_drop = kind is AlertKind.BAND_DROPPED
    episode_id = alert_id(AccountId(account), kind, episode)
    return AlertStep(
        alert_id=episode_id,
        step_id=f"{episode_id}:{number}",
        account_id=AccountId(account),
        account_name=name,
        kind=kind,
        episode=episode,
        step_no=number,
        step=step_kind,
        reason=reason,
        at=at,
        decided_at=at,
        historic=historic,
        facts=dropped if is_drop else overdue,
        value_at_risk=Decimal("48000.00"),
        currency="EUR",
        role=CalledRole.SALES if is_drop else CalledRole.SERVICE,
        suggestion=Suggestion.CALL_CLIENT if is_drop else Suggestion.ANSWER_COMPLAINT,
        owner=ManagerId(owner),
        escalation_chain=(ManagerId("L-1"), ManagerId("D-1")),
        actor=ManagerId(actor) if actor else None,
    )


TRIED = PolicyRelease(
    kind=ReleaseKind.SHADOW,
    policy="default/2",
    document={"policy": "default", "version": 2},
    in_force_from=ago(days=2),
    written_at=ago(days=2),
    author="Example Author",
    reason="stricter lines",
)


def difference(
    account: str, owner: str, bands: tuple[Band, Band], alert: ShadowChange | None = None
) -> ShadowDifference:
    """What the policy tried out says otherwise of an account."""
    counted = ShadowAlert(kind=AlertKind.BAND_DROPPED, now=alert, added=1)
    return ShadowDifference(
        account_id=AccountId(account),
        owner=ManagerId(owner),
        as_of=NOW,
        produced_at=NOW,
        tried_since=TRIED.in_force_from,
        began_at=ago(days=1),
        policy="default/1",
        shadow_policy="default/2",
        score=58.0,
        shadow_score=41.5,
        band=bands[0],
        shadow_band=bands[1],
        alerts=(counted,) if alert else (),
    )
