"""How latencies are spread, and which events a record tells of. Pure: no clock, no broker."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

WORTH_TELLING: Final = 0.5
"""Points. What has moved by less waits for the heartbeat, which says nothing of speed."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles in milliseconds, of `count` events."""

    count: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float


def spread(latencies_s: Sequence[float]) -> Spread:
    """The spread of at least one latency.

    >>> spread([0.001 * number for number in range(1, 101)])
    Spread(count=100, p50_ms=50.0, p99_ms=99.0, p999_ms=100.0, max_ms=100.0)
    """
    ordered = sorted(latencies_s)
    ranks = (0.5, 0.99, 0.999, 1.0)
    return Spread(len(ordered), *(round(ordered[math.ceil(rank * len(ordered)) - 1] * 1000, 2) for rank in ranks))


def told_by_snapshot(value: bytes) -> Iterator[int]:
    """The number of the first event that surely made a health snapshot due: since it the score was away from what had
    been told. None where the score did not move enough, and the heartbeat or a change of band told it.

    What moved the score beside the events (complaints weighing otherwise, decay, a dimension at its end) came with one
    of them, and the snapshot does not say with which: an event before the last one counts as a cause only where the
    score had moved enough whether that had come or not. Else an event that changed nothing, long before another one,
    would be charged with the wait for the other.

    >>> import json
    >>> def told(*parts): return list(told_by_snapshot(json.dumps({"previous_score": 50, "change": parts}).encode()))
    >>> def event(number, points): return {"kind": "event", "event_id": f"e{number}", "points": points}
    >>> other = {"kind": "reweighting", "points": -1.0}
    >>> told(event(3, 2.0), event(5, -1.9), event(8, 0.9), event(9, 0.1))
    [8]
    >>> told(event(3, 2.0), event(5, -1.9)), told(event(3, 0.3), event(3, 0.3)), told(event(3, 0.2), other)
    ([], [3], [3])
    >>> told(event(3, 0.2), event(7, 2.0), other), told(event(3, -0.9), event(7, -2.0), other)
    ([7], [3])
    """
    snapshot = from_json(value)
    by_event, low, high = _moves(snapshot["change"])
    numbers = list(by_event)
    if snapshot["previous_score"] is None:
        yield from numbers[:1]
        return
    moved, due = 0.0, None
    for number in numbers:
        moved += by_event[number]
        if number == numbers[-1]:
            low = high = low + high
        if moved + low >= WORTH_TELLING or moved + high <= -WORTH_TELLING:
            due = number if due is None else due
        elif moved + low > -WORTH_TELLING and moved + high < WORTH_TELLING:
            due = None
    if due is not None:
        yield due


def _moves(change: Iterable[Mapping[str, Any]]) -> tuple[dict[int, float], float, float]:
    """Points by event, in the order applied; and how far down and up the rest may have moved the score."""
    by_event: defaultdict[int, float] = defaultdict(float)
    low = high = 0.0
    for part in change:
        points = part["points"]
        if part["kind"] == "event":
            by_event[int(part["event_id"][1:])] += points
        else:
            low, high = low + min(points, 0.0), high + max(points, 0.0)
    return by_event, low, high


def told_by_event(value: bytes) -> Iterator[int]:
    """The number of the event itself.

    >>> list(told_by_event(b'{"specversion":"1.0","id":"e12"}'))
    [12]
    """
    yield int(from_json(value)["id"][1:])
