"""Clients who came back: healthy again after an alert that their band had dropped. Good news that closes by itself."""

from dataclasses import dataclass, replace
from typing import Final

from schemas.alerts import AlertKind, StepKind, StepReason
from streams.core.episodes import Step, closed, opened
from streams.core.state import Episode

_KIND: Final = AlertKind.RECOVERED


@dataclass(frozen=True, slots=True)
class Regained:
    """A change of band: when it counted, what the sentence says of it, and how long the news stays open."""

    at: float
    facts: dict[str, str]
    stays_s: float


def of_recovery(episode: Episode, drop: Episode, regained: Regained) -> Step | None:
    """The step after a band became healthy; `drop` is the last episode of a dropped band. Each drop is told of once."""
    told_of = (str(drop.number),)
    if not drop.number or drop.open or episode.open or episode.members == told_of:
        return None
    after = replace(opened(episode), members=told_of, until=regained.at + regained.stays_s)
    return Step(_KIND, after, StepKind.OPENED, StepReason.BAND_REGAINED, regained.at, regained.facts)


def ended_by_drop(episode: Episode, drop: Step) -> Step | None:
    """The step after the band dropped again."""
    if not episode.open:
        return None
    return Step(_KIND, closed(episode), StepKind.RESOLVED, StepReason.BAND_WORSENED, drop.at, drop.facts)


def ended_by_time(episode: Episode, watermark: float) -> Step | None:
    """The step after the news has grown old."""
    if not episode.open or episode.until > watermark:
        return None
    return Step(_KIND, closed(episode), StepKind.RESOLVED, StepReason.CLOSED_BY_TIME, episode.until, {})
