"""A score and its change as exact sums of named parts.

Between two snapshots at t0 and t1, with u = points of the score per unit of a sum (share · points · factor):

    event        Σ u1 · s · 2^(-(t1-e)/h)              for each fact (s, e) not told before
    decay        Σ u1 · (P0(t1) - P0(t0))              what the told sums lost by time alone
    reweighting  Σ (u1 - u0) · P0(t0)                  shares, factors and normals that changed
    base         50 · (Σ share1 - Σ share0)            a first signal, or the loss of all
    saturation   Σ saturation1 - Σ saturation0         what the clamps took or gave
    policy       score0 by the rules of now - score0   what other rules make of the score that was told

A fact of a level (`streams.core.levels`) has its own part with that of its count: how far it lies from the normal.

All but the last by the rules of now. They sum to score1 - score0, because Σ u1·P1(t1) = Σ u1·P0(t1) + the events'
points.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import numpy as np
import orjson

from schemas.health import PartKind
from streams.core.decay import share_left
from streams.core.levels import COUNTS_ALONG
from streams.core.pending import Effects, Grouped
from streams.core.policy import COUNTED_SIGNALS, DIMENSIONS, Floats, Ints
from streams.core.score import MIDDLE, Assessment, or_else
from streams.core.tables import Tables

MAX_EVENT_PARTS: Final = 200
"""So many of the heaviest facts stand alone; the rest is one part a signal, so that no burst outgrows a message."""

NEGLIGIBLE: Final = 1e-12
"""Points below this are rounding, not a part."""

Texts = list[str]
"""JSON objects as text. Parts are most of what a worker writes: a dictionary for each would be most of a flush."""


@dataclass(frozen=True, slots=True)
class Since:
    """What the last snapshots of n accounts rested on, and what came since: `sums: float64[n, S]` as of then, the
    `assessment` of them by the rules of now, `faded: float64[n, S]` what is left of them at `as_of: float64[n]`, the
    `score: float64[n]` told (nan for none), and the facts folded meanwhile.
    """

    sums: Floats
    assessment: Assessment
    faded: Floats
    score: Floats
    pending: Grouped
    as_of: Floats


def at_utc(seconds: float) -> datetime:
    """Epoch seconds as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


_NAMED: Final = tuple(dimension.value for dimension in DIMENSIONS)
_PLAIN: Final = (PartKind.BASE, PartKind.DECAY, PartKind.REWEIGHTING, PartKind.SATURATION, PartKind.POLICY)
_PLAIN_HEADS: Final = tuple(f'{{"kind":"{kind.value}","points":' for kind in _PLAIN)
_EVENT_HEADS: Final = tuple(f'{{"kind":"event","signal":"{signal}",' for signal in COUNTED_SIGNALS)


def contributions(now: Assessment, tables: Tables) -> Iterator[Texts]:
    """By account the named summands of its score: a base per dimension, what the clamp took or gave, every signal."""
    named = [("base", name) for name in _NAMED] + [("saturation", name) for name in _NAMED]
    named += [(signal, _NAMED[index]) for signal, index in zip(COUNTED_SIGNALS, tables.dimension.tolist(), strict=True)]
    heads = [f'{{"name":"{name}","dimension":"{dimension}","points":' for name, dimension in named]
    return _filled(heads, np.hstack([MIDDLE * now.share, now.saturation, now.contribution]), 0.0)


def changes(now: Assessment, since: Since, tables: Tables) -> Iterator[Texts]:
    """By account the parts of its score since the last snapshot (`schemas.health.Part`); they sum to the difference of
    the scores (None counts 0).
    """
    before = since.assessment
    plain = (
        MIDDLE * (now.share.sum(axis=1) - before.share.sum(axis=1)),
        (now.unit * (since.faded - since.sums)).sum(axis=1),
        ((now.unit - before.unit) * since.sums).sum(axis=1),
        now.saturation.sum(axis=1) - before.saturation.sum(axis=1),
        or_else(before.score, 0.0) - or_else(since.score, 0.0),
    )
    rest = _filled(_PLAIN_HEADS, np.stack(plain, axis=1), NEGLIGIBLE)
    return (events + others for events, others in zip(_event_parts(now, since, tables), rest, strict=True))


def _filled(heads: Sequence[str], points: Floats, negligible: float) -> Iterator[Texts]:
    """By row of `points: float64[n, heads]` the objects that begin so, without those that are as good as nothing."""
    kept = np.abs(points) > negligible
    columns = zip(kept.nonzero()[1].tolist(), _written(points[kept]), strict=True)
    texts = [f"{heads[column]}{number}}}" for column, number in columns]
    ends = np.cumsum(kept.sum(axis=1)).tolist()
    return (texts[begin:end] for begin, end in pairwise([0, *ends]))


def _written(points: Floats) -> list[str]:
    """Each number as JSON."""
    text = orjson.dumps(np.ascontiguousarray(points), option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return text[1:-1].split(",") if len(points) else []


def _event_parts(now: Assessment, since: Since, tables: Tables) -> Iterator[Texts]:
    place, effects, ends = since.pending.place, since.pending.effects, since.pending.ends
    left = share_left(since.as_of[place] - effects.at, tables.half_life_s[effects.signal])
    points = now.unit[place, effects.signal] * effects.amount * left
    along = np.flatnonzero(COUNTS_ALONG[effects.signal])
    points[along - 1] += points[along]  # a fact's size less the normal it is held against
    points[along] = 0.0
    kept = np.abs(points) > NEGLIGIBLE
    if not kept.all():
        ends = np.cumsum(np.bincount(place[kept], minlength=len(ends)))
        points, effects = points[kept], effects.taken(kept)
    texts = _of_events(effects, points)
    for begin, end in pairwise([0, *ends.tolist()]):
        if end - begin <= MAX_EVENT_PARTS:
            yield texts[begin:end]
        else:
            yield _bounded(texts[begin:end], points[begin:end], effects.signal[begin:end])


def _of_events(effects: Effects, points: Floats) -> Texts:
    columns = zip(effects.signal.tolist(), effects.said.tolist(), _written(points), strict=True)
    return [f'{_EVENT_HEADS[signal]}{said}"points":{number}}}' for signal, said, number in columns]


def _bounded(texts: Texts, points: Floats, signal: Ints) -> Texts:
    order = np.argsort(-np.abs(points), kind="stable")
    alone, many = order[:MAX_EVENT_PARTS], order[MAX_EVENT_PARTS:]
    sums: Floats = np.bincount(signal[many], points[many], minlength=len(COUNTED_SIGNALS)).astype(np.float64)
    found = np.flatnonzero(np.bincount(signal[many], minlength=len(sums)))
    summed = [
        f'{_EVENT_HEADS[index]}"points":{number}}}'
        for index, number in zip(found.tolist(), _written(sums[found]), strict=True)
    ]
    return [texts[place] for place in alone.tolist()] + summed
