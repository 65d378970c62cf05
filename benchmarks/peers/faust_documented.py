"""The peer written with Faust as its documentation shows: a Record, an agent, a Table, one event after the other.

Run as `python faust_documented.py APP_ID BOOTSTRAP TOPIC,TOPIC,… OUTPUT PARTITIONS DATA`; runs until SIGTERM. Nothing
of ours is imported: this is what a reader of Faust's user guide would write.
"""

import sys
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import faust

HALF_LIFE_S: Final = 30 * 86_400.0


class Event(faust.Record, validation=True):
    """A CloudEvent; what is no field of it is left out."""

    specversion: str
    id: str
    source: str
    subject: str
    type: str
    time: str
    data: dict[str, Any]


class Sum(faust.Record):
    """An exponentially decaying sum: `points` as of `at` (epoch seconds), and what was last told of it."""

    points: float = 0.0
    at: float = 0.0
    told: float = 0.0


def points_of(event: Event) -> float:
    """What an event adds; its fields are checked on the way.

    Raises:
        ValueError: a field is out of range.
    """
    data = event.data
    if event.type == "interaction.logged.v1":
        return _within(float(data["sentiment"]), -1, 1)
    if event.type == "purchase.order_placed.v1":
        return 2.0 if Decimal(data["amount"]) > 0 and len(data["currency"]) == 3 else _within(0, 1, 1)
    if event.type == "complaint.opened.v1":
        return -2.0 * _within(data["severity"], 1, 4)
    return 1.0 if event.type == "complaint.resolved.v1" else 0.1


def plus(total: Sum, points: float, at: float) -> Sum:
    """The sum with one more event; a late one counts less by its age."""
    if at >= total.at:
        return Sum(points=total.points * 2 ** (-(at - total.at) / HALF_LIFE_S) + points, at=at, told=total.told)
    late = points * 2 ** (-(total.at - at) / HALF_LIFE_S)
    return Sum(points=total.points + late, at=total.at, told=total.told)


def _within(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError(f"{value} is not within {low} and {high}")
    return value


def build(arguments: list[str]) -> faust.App:
    """The app."""
    app_id, bootstrap, topics, output, partitions, data = arguments
    app = faust.App(
        app_id, broker=f"kafka://{bootstrap}", store="memory://", datadir=data, topic_partitions=int(partitions)
    )
    source = app.topic(*topics.split(","), key_type=bytes, value_type=Event)
    told = app.topic(output, key_type=bytes)
    sums = app.Table("sums", key_type=bytes, value_type=Sum, default=Sum, partitions=int(partitions))

    @app.agent(source)
    async def accounts(stream: Any) -> None:
        async for key, event in stream.items():
            added, at = points_of(event), datetime.fromisoformat(event.time).timestamp()
            total = plus(sums[key], added, at)
            moved = abs(total.points - total.told) >= 0.5
            if moved:
                total.told = total.points
            sums[key] = total
            if moved:
                await told.send(key=key, value={"points": total.points, "at": total.at})

    return app


if __name__ == "__main__":
    built = build(sys.argv[1:])
    sys.argv[1:] = ["worker", "--without-web", "-l", "warn"]
    built.main()
