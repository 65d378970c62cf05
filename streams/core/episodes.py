"""Alert episodes: one open per account and kind; every step numbered, so that its id is the same on every replay.

Pure: an episode and what was found in, the next episode and a step out. Sending is somebody else's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from schemas.alerts import AlertKind, CalledRole, StepKind, StepReason, Suggestion
from schemas.plain import Plain
from streams.core.facts import seconds
from streams.core.state import Episode

ROLE: Final = {AlertKind.BAND_DROPPED: CalledRole.SALES, AlertKind.COMPLAINT_OVERDUE: CalledRole.SERVICE}
SUGGESTION: Final = {
    AlertKind.BAND_DROPPED: Suggestion.CALL_CLIENT,
    AlertKind.COMPLAINT_OVERDUE: Suggestion.ANSWER_COMPLAINT,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step decided: of which episode, why, and for which moment (epoch seconds)."""

    kind: AlertKind
    episode: Episode
    step: StepKind
    reason: StepReason
    at: float
    facts: Mapping[str, str]
    actor: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class BandChange:
    """`dropped`: it got worse and reached the alert's line; `better`: it is above the line; `at` when it counted."""

    dropped: bool
    better: bool
    at: float


def of_band(episode: Episode, change: BandChange, facts: Mapping[str, str]) -> Step | None:
    """The step after a change of band."""
    kind, at = AlertKind.BAND_DROPPED, change.at
    if change.dropped and not episode.open:
        return Step(kind, _opened(episode), StepKind.OPENED, StepReason.BAND_WORSENED, at, facts)
    if change.dropped:
        return Step(kind, _next(episode), StepKind.UPDATED, StepReason.BAND_WORSENED, at, facts)
    if change.better and episode.open:
        return Step(kind, _closed(episode), StepKind.RESOLVED, StepReason.BAND_RECOVERED, at, facts)
    return None


def of_overdue(episode: Episode, overdue: Mapping[str, float], now_at: float) -> Step | None:
    """The step after looking at the answers owed; `overdue` maps complaint ids to when each answer was due."""
    kind = AlertKind.COMPLAINT_OVERDUE
    members = tuple(sorted(overdue))
    if not members:
        if not episode.open:
            return None
        facts = {"complaint_ids": ", ".join(episode.members)}
        closed = replace(_closed(episode), members=())
        return Step(kind, closed, StepKind.RESOLVED, StepReason.ALL_ANSWERED, now_at, facts)
    # What a person closed the episode over is settled for us; only another complaint opens the next one.
    fresh = [overdue[name] for name in members if name not in episode.members]
    if not fresh:
        return None
    facts = {"complaint_ids": ", ".join(members), "due_at": _iso(min(overdue.values())), "count": str(len(members))}
    if episode.open:
        updated = replace(_next(episode), members=members)
        return Step(kind, updated, StepKind.UPDATED, StepReason.MORE_OVERDUE, min(fresh), facts)
    opened = replace(_opened(episode), members=members)
    return Step(kind, opened, StepKind.OPENED, StepReason.ANSWER_DUE_PASSED, min(fresh), facts)


_BY_PERSON: Final = {
    "alert.acknowledged.v1": StepKind.ACKNOWLEDGED,
    "alert.snoozed.v1": StepKind.SNOOZED,
    "alert.resolved.v1": StepKind.RESOLVED,
    "alert.reassigned.v1": StepKind.REASSIGNED,
    "alert.commented.v1": StepKind.COMMENTED,
    "alert.rated.v1": StepKind.RATED,
}


def of_person(kind: AlertKind, episode: Episode, event: Plain) -> Step | None:
    """The step a person's decision makes; None where it is no decision on an alert."""
    step = _BY_PERSON.get(event["type"])
    if step is None:
        return None
    after = _closed(episode) if step is StepKind.RESOLVED else _next(episode)
    data = event["data"]
    facts = {name: str(value) for name, value in data.items() if name not in _SAID_APART and value is not None}
    at, actor, comment = seconds(event["time"]), data.get("actor"), data.get("comment")
    return Step(kind, after, step, StepReason.BY_PERSON, at, facts, actor=actor, comment=comment)


_SAID_APART: Final = frozenset(("alert_id", "actor", "comment"))


def _opened(episode: Episode) -> Episode:
    return Episode(number=episode.number + 1, open=True, step_no=1)


def _next(episode: Episode) -> Episode:
    return replace(episode, step_no=episode.step_no + 1)


def _closed(episode: Episode) -> Episode:
    return replace(_next(episode), open=False)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
