"""Rows of the warehouse as models. Pure; empty text stands for what is absent there and becomes None here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter

from consumers.console.models import (
    Account,
    Change,
    Child,
    Episode,
    EpisodeState,
    Fact,
    Group,
    KindCounts,
    Moment,
    Move,
    Parent,
    Reason,
    TrialAccount,
    TrialMove,
    Unanswered,
    WorkRow,
)
from consumers.runtime.hierarchy import Person
from schemas.alerts import AlertKind, CalledRole, StepReason, Suggestion
from schemas.events.managers import Role
from schemas.health import Band, Contribution, Dimension, DimensionScore, HealthSnapshot, Override, Part, PartKind
from schemas.ids import AccountId, EventId, ManagerId, Source

Row = dict[str, Any]

_PARTS = TypeAdapter(tuple[Part, ...])


def person(row: Row) -> Person:
    """A manager."""
    return Person(
        manager_id=ManagerId(row["manager_id"]),
        name=row["name"],
        role=Role(row["role"]),
        reports_to=ManagerId(row["reports_to"]) if row["reports_to"] else None,
        locale=row["locale"],
        time_zone=row["time_zone"],
        mail_addresses=tuple(row["mail_addresses"]),
    )


def account(row: Row) -> Account:
    """An account; without a profile there is no name, no segment and no value."""
    profiled = bool(row["name"])
    return Account(
        account_id=row["account_id"],
        name=row["name"] or row["account_id"],
        owner=row["owner"],
        segment=row["segment"],
        annual_value=row["annual_value"] if profiled else None,
        currency=row["currency"],
        parent=row.get("parent", ""),
        has_children=bool(row.get("has_children", False)),
    )


def parent(row: Row) -> Parent:
    """The account another one belongs to."""
    name = (row["name"] or row["account_id"]) if row["visible"] else ""
    return Parent(account_id=row["account_id"], name=name, state=row["state"])


def group(row: Row, children: Sequence[Row]) -> Group:
    """A group with its direct children that the viewer may see."""
    visible = int(children[0]["visible"]) if children else 0
    bands = ("critical", "at_risk", "watch", "healthy")
    return Group(
        **{name: row[name] for name in ("score", "children", "accounts", "currency", "unvalued", "unweighed")},
        **{name: row[name] for name in ("annual_value", "critical_value", "at_risk_value", "other_values")},
        worst=_worst(row),
        by_band={**{name: int(row[name]) for name in bands}, "none": int(row["unscored"])},
        rows=tuple(Child(account(one), one["score"], _band(one["band"])) for one in children),
        rest=visible - len(children),
        hidden=int(row["children"]) - visible,
    )


def _worst(row: Row) -> Child | None:
    if row["worst_score"] is None:
        return None
    account_id = row["worst_account"] if row["worst_visible"] else ""
    name = (row["worst_name"] or account_id) if row["worst_visible"] else ""
    return Child(Account(account_id, name, row["worst_owner"]), row["worst_score"], _band(row["worst_band"]))


def trial_move(row: Row) -> TrialMove:
    """Accounts of one owner that would move alike."""
    return TrialMove(
        owner=row["owner"],
        band=_band(row["band"]),
        shadow_band=_band(row["shadow_band"]),
        accounts=int(row["accounts"]),
        alerts_added=int(row["alerts_added"]),
        alerts_removed=int(row["alerts_removed"]),
    )


def trial_account(row: Row) -> TrialAccount:
    """An account of which a policy tried out says something else."""
    return TrialAccount(
        account_id=row["account_id"],
        name=row["name"] or row["account_id"],
        owner=row["owner"],
        band=_band(row["band"]),
        shadow_band=_band(row["shadow_band"]),
        score=row["score"],
        shadow_score=row["shadow_score"],
        alert=int(row["alerts_added_now"]) - int(row["alerts_removed_now"]),
    )


def work_row(row: Row) -> WorkRow:
    """A row of the worklist."""
    return WorkRow(
        account=account(row),
        score=row["score"],
        band=_band(row["band"]),
        change=row["change_7d"],
        open_alerts=int(row["open_alerts"] or 0),
        unacknowledged=int(row["unacknowledged_alerts"] or 0),
        open_complaints=int(row["open_complaints"]),
    )


def reason(row: Row) -> Reason:
    """A summand of a score."""
    return Reason(row["name"], row["dimension"], row["points"])


def episode(row: Row) -> Episode:
    """An alert episode."""
    return Episode(
        alert_id=row["alert_id"],
        account_id=row["account_id"],
        account_name=row["account_name"] or row["account_id"],
        kind=AlertKind(row["kind"]),
        episode=row["episode"],
        state=EpisodeState(row["state"]),
        historic=bool(row["historic"]),
        owner=row["owner"],
        last_step_no=row["last_step_no"],
        reason=StepReason(row["last_reason"]),
        last_at=_utc(row["last_at"]),
        role=CalledRole(row["role"]),
        suggestion=Suggestion(row["suggestion"]),
        opened_at=_utc(row["opened_at"]),
        facts=row["facts"],
        parts=_PARTS.validate_json(row["parts"] or "[]"),
        value_at_risk=row["value_at_risk"],
        currency=row["currency"],
        acknowledged_by=row["acknowledged_by"],
        acknowledged_at=_maybe_utc(row["acknowledged_at"]),
        closed_at=_maybe_utc(row["closed_at"]),
        holder=next(iter(row["escalation_chain"]), ""),
    )


def unanswered(row: Row) -> Unanswered:
    """An alert in nobody's hands."""
    return Unanswered(episode(row), _utc(row["unanswered_since"]), row["owner_now"])


def move(row: Row) -> Move:
    """An account that went from one band to another."""
    return Move(account(row), Band(row["band_before"]), Band(row["band"]))


def kind_counts(row: Row) -> KindCounts:
    """The alerts of one kind."""
    counts = {name: int(row[name]) for name in ("opened", "acknowledged", "resolved", "unanswered")}
    return KindCounts(AlertKind(row["kind"]), **counts)


def snapshot(row: Row, contributions: Sequence[Row], parts: Sequence[Row]) -> HealthSnapshot:
    """A health snapshot, complete as it was published."""
    return HealthSnapshot(
        account_id=AccountId(row["account_id"]),
        version=row["version"],
        as_of=_utc(row["as_of"]),
        produced_at=_utc(row["produced_at"]),
        caused_by_record_at=_maybe_utc(row["caused_by_record_at"]),
        policy=row["policy"],
        score=row["score"],
        band=_band(row["band"]),
        coverage=row["coverage"],
        dimensions=tuple(
            DimensionScore(dimension=one, score=row[one.value], weight=row[f"{one.value}_weight"]) for one in Dimension
        ),
        contributions=tuple(_contribution(one) for one in contributions),
        previous_score=row["previous_score"],
        change=tuple(part(one) for one in parts),
        events_applied=row["events_applied"],
        open_complaints=row["open_complaints"],
        owner=ManagerId(row["owner"]) if row["owner"] else None,
        **{name: row[name] for name in _DAYS},
        computed_score=row["score"] if row["override_value"] is None else row["computed_score"],
        override=_override(row),
        next_band=_band(row["next_band"]),
        next_band_at=_maybe_utc(row["next_band_at"]),
    )


def _contribution(row: Row) -> Contribution:
    return Contribution(name=row["name"], dimension=row["dimension"] or None, points=row["points"])


def _override(row: Row) -> Override | None:
    if row["override_value"] is None:
        return None
    return Override(
        value=row["override_value"],
        author=ManagerId(row["override_author"]),
        reason=row["override_reason"],
        set_at=_utc(row["override_set_at"]),
        expires_at=_utc(row["override_expires_at"]),
    )


_DAYS: Final = ("last_purchase_on", "purchase_expected_by", "last_word_on", "word_expected_by")


def part(row: Row) -> Part:
    """A summand of a change."""
    return Part(
        kind=PartKind(row["kind"]),
        points=row["points"],
        signal=row["signal"] or None,
        event_id=EventId(row["event_id"]) if row["event_id"] else None,
        source=Source(row["source"]) if row["source"] else None,
        event_type=row["event_type"] or None,
        event_time=_maybe_utc(row["event_time"]),
        reason=row["reason"] or None,
    )


def change(row: Row, parts: Sequence[Row]) -> Change:
    """A step of the score."""
    return Change(
        version=row["version"],
        at=_utc(row["as_of"]),
        score=row["score"],
        previous=row["previous_score"],
        band=_band(row["band"]),
        parts=tuple(part(one) for one in parts),
    )


def fact(row: Row) -> Fact:
    """An event."""
    return Fact(row["source"], row["event_id"], row["type"], _utc(row["time"]), row["payload"])


def moment(row: Row) -> Moment:
    """A point of the history."""
    return Moment(_utc(row["at"]), row["score"], _band(row["band"]))


def _band(text: str) -> Band | None:
    return Band(text) if text else None


def _utc(value: datetime) -> datetime:
    """The driver hands out naive times that are UTC, and aware ones."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _maybe_utc(value: datetime | None) -> datetime | None:
    return None if value is None else _utc(value)
