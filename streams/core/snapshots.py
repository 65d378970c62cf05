"""Rows and decisions as the messages that others read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite, isnan

import numpy as np
import numpy.typing as npt
from pydantic_core import to_json

from schemas.alerts import AlertStep, alert_id
from schemas.health import Part
from schemas.ids import AccountId, ManagerId
from streams.core.episodes import ROLE, SUGGESTION, Step
from streams.core.explain import PartFields, at_utc, contributions
from streams.core.policy import BANDS, DIMENSIONS, Tables
from streams.core.score import Assessment
from streams.core.state import Extra


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a message is about: the account, what is variable of it, and its row (ROW, a scalar)."""

    account: AccountId
    extra: Extra
    row: npt.NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Reading:
    """An account's score read: its `place` in an assessment, `as_of` in event time, `now` the clock."""

    assessment: Assessment
    place: int
    as_of: float
    now: float


@dataclass(frozen=True, slots=True)
class Decision:
    """A step decided at the clock `now`. `historic`: recorded, never sent. `caused_at`: the broker's timestamp of the
    newest record behind it, -inf where time alone was.
    """

    step: Step
    historic: bool
    now: float
    caused_at: float
    reasons: Sequence[PartFields] = ()


def snapshot_message(subject: Subject, reading: Reading, parts: list[PartFields], tables: Tables) -> bytes:
    """The account's next health snapshot; `parts` are those of the change since the last.

    The fields of `schemas.health.HealthSnapshot`, written without the model: they are our own numbers, tests validate
    them and every reader does again.
    """
    row, extra, current, place = subject.row, subject.extra, reading.assessment, reading.place
    score, told_score, band = float(current.score[place]), float(row["told_score"]), int(row["band"])
    return to_json(
        {
            "account_id": subject.account,
            "version": int(row["version"]) + 1,
            "as_of": at_utc(reading.as_of),
            "produced_at": at_utc(reading.now),
            "caused_by_record_at": _record_at(float(row["caused_at"])),
            "policy": tables.policy.name,
            "score": None if isnan(score) else score,
            "band": BANDS[band] if band >= 0 else None,
            "coverage": min(1.0, float(current.coverage[place])),
            "dimensions": _dimensions(current, place),
            "contributions": contributions(current, place, tables),
            "previous_score": None if isnan(told_score) else told_score,
            "change": parts,
            "events_applied": int(row["applied"]),
            "open_complaints": sum(record.is_open for record in extra.complaints.values()),
            "owner": extra.profile.owner if extra.profile else None,
        }
    )


def _dimensions(current: Assessment, place: int) -> list[dict[str, object]]:
    shares, scores = current.share[place].tolist(), current.dimension[place].tolist()
    return [
        {"dimension": dimension, "score": score if share else None, "weight": min(1.0, share)}
        for dimension, share, score in zip(DIMENSIONS, shares, scores, strict=True)
    ]


def _record_at(seconds: float) -> datetime | None:
    return at_utc(seconds) if isfinite(seconds) else None


def alert_message(subject: Subject, decision: Decision) -> bytes:
    """The step as others read it. Value, owner and name are those of the latest profile."""
    account, profile, step = subject.account, subject.extra.profile, decision.step
    identity = alert_id(account, step.kind, step.episode.number)
    message = AlertStep(
        alert_id=identity,
        step_id=f"{identity}:{step.episode.step_no}",
        account_id=account,
        account_name=profile.name if profile else None,
        kind=step.kind,
        episode=step.episode.number,
        step_no=step.episode.step_no,
        step=step.step,
        reason=step.reason,
        at=at_utc(step.at),
        decided_at=at_utc(decision.now),
        historic=decision.historic,
        caused_by_record_at=_record_at(decision.caused_at),
        facts=dict(step.facts),
        parts=tuple(Part.model_validate(part) for part in decision.reasons),
        value_at_risk=Decimal(profile.annual_value) if profile else None,
        currency=profile.currency if profile else None,
        role=ROLE[step.kind],
        suggestion=SUGGESTION[step.kind],
        owner=ManagerId(profile.owner) if profile else None,
        actor=ManagerId(step.actor) if step.actor else None,
        comment=step.comment,
    )
    return message.model_dump_json().encode()
