"""Rows and decisions as the messages that others read."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from schemas.alerts import AlertStep, alert_id
from schemas.health import DimensionScore, HealthSnapshot, Part
from schemas.ids import AccountId, ManagerId
from streams.core.episodes import ROLE, SUGGESTION, Step
from streams.core.explain import at_utc, contributions
from streams.core.policy import BANDS, DIMENSIONS, Tables
from streams.core.score import Assessment
from streams.core.state import Extra


@dataclass(frozen=True, slots=True)
class Moment:
    """`as_of` in event time, `now` the clock, `caused_at` the broker's timestamp of the newest record (-inf: none)."""

    as_of: float
    now: float
    caused_at: float


def snapshot_message(
    account: AccountId,
    extra: Extra,
    row: npt.NDArray[np.void],
    current: Assessment,
    place: int,
    parts: tuple[Part, ...],
    moment: Moment,
    tables: Tables,
) -> bytes:
    """The account's next health snapshot; `place` is its row in `current`."""
    score, told_score, band = float(current.score[place]), float(row["told_score"]), int(row["band"])
    snapshot = HealthSnapshot(
        account_id=account,
        version=int(row["version"]) + 1,
        as_of=at_utc(moment.as_of),
        produced_at=at_utc(moment.now),
        caused_by_record_at=at_utc(moment.caused_at) if np.isfinite(moment.caused_at) else None,
        policy=tables.policy.name,
        score=None if np.isnan(score) else score,
        band=BANDS[band] if band >= 0 else None,
        coverage=min(1.0, float(current.coverage[place])),
        dimensions=tuple(_dimension(current, place, index) for index in range(len(DIMENSIONS))),
        contributions=contributions(current, place, tables),
        previous_score=None if np.isnan(told_score) else told_score,
        change=parts,
        events_applied=int(row["applied"]),
        open_complaints=sum(record.is_open for record in extra.complaints.values()),
        owner=ManagerId(extra.profile.owner) if extra.profile else None,
    )
    return snapshot.model_dump_json().encode()


def _dimension(current: Assessment, place: int, index: int) -> DimensionScore:
    share = float(current.share[place, index])
    score = float(current.dimension[place, index]) if share else None
    return DimensionScore(dimension=DIMENSIONS[index], score=score, weight=min(1.0, share))


def alert_message(
    account: AccountId, extra: Extra, step: Step, historic: bool, moment: Moment, reasons: tuple[Part, ...]
) -> bytes:
    """The step as others read it. Value, owner and name are those of the latest profile."""
    profile = extra.profile
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
        decided_at=at_utc(moment.now),
        historic=historic,
        caused_by_record_at=at_utc(moment.caused_at) if np.isfinite(moment.caused_at) else None,
        facts=dict(step.facts),
        parts=reasons,
        value_at_risk=Decimal(profile.annual_value) if profile else None,
        currency=profile.currency if profile else None,
        role=ROLE[step.kind],
        suggestion=SUGGESTION[step.kind],
        owner=ManagerId(profile.owner) if profile else None,
        actor=ManagerId(step.actor) if step.actor else None,
        comment=step.comment,
    )
    return message.model_dump_json().encode()
