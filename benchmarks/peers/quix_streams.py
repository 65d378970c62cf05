"""The peer written with Quix Streams as its documentation shows: dataframes of several topics joined into one, a
stateful function, the changes to an output topic.

Run in the virtual environment the benchmark makes for it, as `python quix_streams.py GROUP BOOTSTRAP TOPIC,TOPIC,…
OUTPUT DATA`; runs until SIGTERM. Nothing of ours is imported, and the product never depends on it.
"""

import sys
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from quixstreams import Application, State  # type: ignore[import-not-found]

HALF_LIFE_S: Final = 30 * 86_400.0
_TEXTS: Final = ("id", "source", "subject", "type", "time")


def points_of(event: dict[str, Any]) -> float:
    """What an event adds; its fields are checked on the way.

    Raises:
        ValueError: a field is missing or out of range.
    """
    if event.get("specversion") != "1.0" or not all(isinstance(event.get(name), str) for name in _TEXTS):
        raise ValueError("no CloudEvent")
    kind, data = event["type"], event["data"]
    if kind == "interaction.logged.v1":
        return _within(float(data["sentiment"]), -1, 1)
    if kind == "purchase.order_placed.v1":
        return 2.0 if Decimal(data["amount"]) > 0 and len(data["currency"]) == 3 else _within(0, 1, 1)
    if kind == "complaint.opened.v1":
        return -2.0 * _within(data["severity"], 1, 4)
    return 1.0 if kind == "complaint.resolved.v1" else 0.1


def fold(event: dict[str, Any], state: State) -> dict[str, float] | None:
    """Add the event to its account's decaying sum; what to tell of it, None when it has hardly moved."""
    added, at = points_of(event), datetime.fromisoformat(event["time"]).timestamp()
    points, as_of, told = state.get("sum", default=(0.0, 0.0, 0.0))
    if at >= as_of:
        points, as_of = points * 2 ** (-(at - as_of) / HALF_LIFE_S) + added, at
    else:
        points += added * 2 ** (-(as_of - at) / HALF_LIFE_S)
    moved = abs(points - told) >= 0.5
    state.set("sum", (points, as_of, points if moved else told))
    return {"points": points, "at": as_of} if moved else None


def _within(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError(f"{value} is not within {low} and {high}")
    return value


def main(group: str, bootstrap: str, topics: str, output: str, data: str) -> None:
    """Run until SIGTERM."""
    app = Application(
        broker_address=bootstrap, consumer_group=group, auto_offset_reset="earliest", state_dir=data, loglevel="WARNING"
    )
    sources = (app.dataframe(app.topic(name, value_deserializer="json")) for name in topics.split(","))
    stream = reduce(lambda joined, source: joined.concat(source), sources).apply(fold, stateful=True)
    stream[stream.apply(lambda told: told is not None)].to_topic(app.topic(output, value_serializer="json"))
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
