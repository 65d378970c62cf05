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
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NotRequired, TypedDict

import numpy as np

from schemas.health import PartKind
from streams.core.decay import share_left
from streams.core.pending import Grouped
from streams.core.policy import COUNTED_SIGNALS, DIMENSIONS, Floats, Tables
from streams.core.score import MIDDLE, Assessment

MAX_EVENT_PARTS: Final = 200
"""So many of the heaviest facts stand alone; the rest is one part a signal, so that no burst outgrows a message."""

NEGLIGIBLE: Final = 1e-12
"""Points below this are rounding, not a part."""


@dataclass(frozen=True, slots=True)
class Since:
    """What the last snapshots of n accounts rested on, and what came since: `sums: float64[n, S]` as of then, the
    `assessment` then, `elapsed_s: float64[n]` gone by until `as_of: float64[n]`, and the facts folded meanwhile.
    """

    sums: Floats
    assessment: Assessment
    elapsed_s: Floats
    pending: Grouped
    as_of: Floats


class ContributionFields(TypedDict):
    """The fields of `schemas.health.Contribution`: plain, because a model for each would cost most of a flush."""

    name: str
    dimension: str
    points: float


class PartFields(TypedDict):
    """The fields of `schemas.health.Part`, plain as above."""

    kind: str
    points: float
    signal: NotRequired[str]
    event_id: NotRequired[str]
    source: NotRequired[str]
    event_type: NotRequired[str]
    event_time: NotRequired[str]


def at_utc(seconds: float) -> datetime:
    """Epoch seconds as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


_NAMED: Final = tuple(dimension.value for dimension in DIMENSIONS)
_EVENT: Final = PartKind.EVENT.value


def contributions(now: Assessment, tables: Tables) -> list[list[ContributionFields]]:
    """By account the named summands of its score: a base per dimension, what the clamp took or gave, every signal."""
    of_signal = [_NAMED[index] for index in tables.dimension.tolist()]
    columns = (now.share.tolist(), now.saturation.tolist(), now.contribution.tolist())
    return [
        [
            {"name": "base", "dimension": name, "points": MIDDLE * share}
            for name, share in zip(_NAMED, shares, strict=True)
            if share
        ]
        + [
            {"name": "saturation", "dimension": name, "points": points}
            for name, points in zip(_NAMED, saturations, strict=True)
            if points
        ]
        + [
            {"name": signal, "dimension": name, "points": value}
            for signal, name, value in zip(COUNTED_SIGNALS, of_signal, points, strict=True)
            if value
        ]
        for shares, saturations, points in zip(*columns, strict=True)
    ]


def changes(now: Assessment, since: Since, tables: Tables) -> list[list[PartFields]]:
    """By account the parts of its score since the last snapshot; they sum to the difference of the scores (None counts
    0).
    """
    before = since.assessment
    faded = since.sums * share_left(since.elapsed_s[:, None], tables.half_life_s)
    plain = (
        (PartKind.BASE.value, MIDDLE * (now.share.sum(axis=1) - before.share.sum(axis=1))),
        (PartKind.DECAY.value, (now.unit * (faded - since.sums)).sum(axis=1)),
        (PartKind.REWEIGHTING.value, ((now.unit - before.unit) * since.sums).sum(axis=1)),
        (PartKind.SATURATION.value, now.saturation.sum(axis=1) - before.saturation.sum(axis=1)),
    )
    rest = list(zip(*(points.tolist() for _, points in plain), strict=True))
    kinds = [kind for kind, _ in plain]
    return [
        _bounded(events)
        + [
            {"kind": kind, "points": points}
            for kind, points in zip(kinds, values, strict=True)
            if abs(points) > NEGLIGIBLE
        ]
        for events, values in zip(_event_parts(now, since, tables), rest, strict=True)
    ]


def _event_parts(now: Assessment, since: Since, tables: Tables) -> list[list[PartFields]]:
    place, effects = since.pending.place, since.pending.effects
    left = share_left(since.as_of[place] - effects.at, tables.half_life_s[effects.signal])
    points = now.unit[place, effects.signal] * effects.amount * left
    parts: list[PartFields] = [
        {
            "kind": _EVENT,
            "points": value,
            "signal": COUNTED_SIGNALS[signal],
            "event_id": ref[0],
            "source": ref[1],
            "event_type": ref[2],
            "event_time": ref[3],
        }
        for value, signal, ref in zip(points.tolist(), effects.signal.tolist(), effects.ref.tolist(), strict=True)
    ]
    ends = since.pending.ends.tolist()
    if np.abs(points).min(initial=1.0) > NEGLIGIBLE:
        return [parts[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    return [
        [part for part in parts[begin:end] if abs(part["points"]) > NEGLIGIBLE]
        for begin, end in zip([0, *ends], ends, strict=False)
    ]


def _bounded(events: list[PartFields]) -> list[PartFields]:
    if len(events) <= MAX_EVENT_PARTS:
        return events
    events.sort(key=lambda part: -abs(part["points"]))
    many: defaultdict[str, float] = defaultdict(float)
    for part in events[MAX_EVENT_PARTS:]:
        many[part["signal"]] += part["points"]
    summed: list[PartFields] = [
        {"kind": _EVENT, "signal": signal, "points": points} for signal, points in many.items()
    ]
    return events[:MAX_EVENT_PARTS] + summed
