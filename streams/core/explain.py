"""A score and its change as exact sums of named parts.

Between two snapshots at t0 and t1, with u = points of the score per unit of a sum (share · points · factor):

    event        Σ u1 · s · 2^(-(t1-e)/h)              for each fact (s, e) not told before
    decay        Σ u1 · (P0(t1) - P0(t0))              what the told sums lost by time alone
    reweighting  Σ (u1 - u0) · P0(t0)                  shares and complaint factors that changed
    base         50 · (Σ share1 - Σ share0)            a first signal, or the loss of all
    saturation   Σ saturation1 - Σ saturation0         what the clamps took or gave

They sum to score1 - score0, because Σ u1·P1(t1) = Σ u1·P0(t1) + the events' points.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Required, TypedDict

import numpy as np

from schemas.health import Dimension, PartKind
from streams.core.decay import share_left
from streams.core.policy import COUNTED_SIGNALS, DIMENSIONS, Floats, Tables
from streams.core.score import MIDDLE, Assessment
from streams.core.state import Pending

MAX_EVENT_PARTS: Final = 200
"""So many of the heaviest facts stand alone; the rest is one part a signal, so that no burst outgrows a message."""

NEGLIGIBLE: Final = 1e-12
"""Points below this are rounding, not a part."""


@dataclass(frozen=True, slots=True)
class Since:
    """What the last snapshot rested on, and what came since: one account's `sums: float64[S]` as of then, the rows'
    `assessment` then, the seconds gone by until `as_of`, and the facts folded meanwhile.
    """

    sums: Floats
    assessment: Assessment
    elapsed_s: float
    pending: Sequence[Pending]
    as_of: float


class ContributionFields(TypedDict):
    """The fields of `schemas.health.Contribution`: plain, because a model for each would cost most of a flush."""

    name: str
    dimension: Dimension
    points: float


class PartFields(TypedDict, total=False):
    """The fields of `schemas.health.Part`, plain as above."""

    kind: Required[PartKind]
    points: Required[float]
    signal: str
    event_id: str
    source: str
    event_type: str
    event_time: datetime


def at_utc(seconds: float) -> datetime:
    """Epoch seconds as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def contributions(now: Assessment, row: int, tables: Tables) -> list[ContributionFields]:
    """The named summands of a row's score: a base per dimension, what the clamp took or gave, and every signal."""
    named: list[ContributionFields] = []
    for dimension, share, saturation in zip(
        DIMENSIONS, now.share[row].tolist(), now.saturation[row].tolist(), strict=True
    ):
        if share:
            named.append({"name": "base", "dimension": dimension, "points": MIDDLE * share})
        if saturation:
            named.append({"name": "saturation", "dimension": dimension, "points": saturation})
    points = now.contribution[row]
    signals = np.flatnonzero(points)
    for signal, value in zip(signals.tolist(), points[signals].tolist(), strict=True):
        dimension = DIMENSIONS[tables.dimension[signal]]
        named.append({"name": COUNTED_SIGNALS[signal], "dimension": dimension, "points": value})
    return named


def change(now: Assessment, row: int, since: Since, tables: Tables) -> list[PartFields]:
    """The parts of a row's score since the last snapshot; they sum to the difference of the scores (None counts 0)."""
    before = since.assessment
    faded = since.sums * share_left(np.array([since.elapsed_s]), tables.half_life_s)
    plain = {
        PartKind.BASE: MIDDLE * float(now.share[row].sum() - before.share[row].sum()),
        PartKind.DECAY: float((now.unit[row] * (faded - since.sums)).sum()),
        PartKind.REWEIGHTING: float(((now.unit[row] - before.unit[row]) * since.sums).sum()),
        PartKind.SATURATION: float(now.saturation[row].sum() - before.saturation[row].sum()),
    }
    rest: list[PartFields] = [
        {"kind": kind, "points": points} for kind, points in plain.items() if abs(points) > NEGLIGIBLE
    ]
    return _bounded(_event_parts(now, row, since, tables)) + rest


def _event_parts(now: Assessment, row: int, since: Since, tables: Tables) -> list[PartFields]:
    unit = now.unit[row]
    parts: list[PartFields] = []
    for fact in since.pending:
        left = 2.0 ** (-(since.as_of - fact.at) / tables.half_life_s[fact.signal])
        points = float(unit[fact.signal] * fact.amount * left)
        if abs(points) > NEGLIGIBLE:
            parts.append(
                {
                    "kind": PartKind.EVENT,
                    "points": points,
                    "signal": COUNTED_SIGNALS[fact.signal],
                    "event_id": fact.event_id,
                    "source": fact.source,
                    "event_type": fact.event_type,
                    "event_time": at_utc(fact.event_time),
                }
            )
    return parts


def _bounded(events: list[PartFields]) -> list[PartFields]:
    if len(events) <= MAX_EVENT_PARTS:
        return events
    events.sort(key=lambda part: -abs(part["points"]))
    many: defaultdict[str, float] = defaultdict(float)
    for part in events[MAX_EVENT_PARTS:]:
        many[part["signal"]] += part["points"]
    summed: list[PartFields] = [
        {"kind": PartKind.EVENT, "signal": signal, "points": points} for signal, points in many.items()
    ]
    return events[:MAX_EVENT_PARTS] + summed
