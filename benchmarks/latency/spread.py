"""How latencies are spread, and which events a record tells of. Pure: no clock, no broker."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

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
    """The number of the event that made a health snapshot due: since it the score was away from what had been told.

    None where the score did not move enough, and the heartbeat or a change of band told it.

    >>> import json
    >>> def part(number, points): return {"kind": "event", "event_id": f"e{number}", "points": points}
    >>> change = [part(3, 2.0), part(5, -1.9), part(8, 0.9), part(9, 0.1), {"kind": "decay", "points": -0.1}]
    >>> list(told_by_snapshot(json.dumps({"previous_score": 50, "change": change}).encode()))
    [8]
    >>> list(told_by_snapshot(json.dumps({"previous_score": 50, "change": change[:2]}).encode()))
    []
    """
    snapshot = from_json(value)
    change = snapshot["change"]
    parts = sorted((int(p["event_id"][1:]), p["points"]) for p in change if p["kind"] == "event")
    if snapshot["previous_score"] is None:
        yield from (number for number, _ in parts[:1])
        return
    # What moved the score beside the events (decay, other weights) has no moment of its own: it counts from the start.
    moved, due = sum(p["points"] for p in change if p["kind"] != "event"), None
    for number, points in parts:
        moved += points
        if abs(moved) < WORTH_TELLING:
            due = None
        elif due is None:
            due = number
    if due is not None:
        yield due


def told_by_event(value: bytes) -> Iterator[int]:
    """The number of the event itself.

    >>> list(told_by_event(b'{"specversion":"1.0","id":"e12"}'))
    [12]
    """
    yield int(from_json(value)["id"][1:])
