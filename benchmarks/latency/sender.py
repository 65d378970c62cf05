"""Sends the load by a timetable: record n at `start` + n / rate. A process of its own: nobody's stall is its own.

Run as `python -m benchmarks.latency.sender BOOTSTRAP START RATE SECONDS TOPIC`; START is epoch seconds in the future,
TOPIC `-` sends every record to its own topic. All records are made before START; then those that are due leave, and it
sleeps half a millisecond or until the next. Prints one JSON object: how many were sent, and how far it was behind.
"""

import gc
import json
import sys
import time
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from confluent_kafka import Producer

from benchmarks import machine
from benchmarks.latency import drops
from benchmarks.latency.spread import spread
from benchmarks.load import Recipe, Record, records

_SHORTEST_NAP_S: Final = 0.0005
_PRODUCER: Final = {**machine.PRODUCER, "compression.type": "none"}
"""In a trickle batches do not fill: there is hardly anything to compress."""


def load(start: float, rate: int, seconds: int) -> list[Record]:
    """What a timetable sends: an event happens at the moment it is to be sent (late and repeated ones apart)."""
    recipe = Recipe(rate * seconds, datetime.fromtimestamp(start + seconds, UTC), span_s=seconds)
    made = list(records(recipe))
    for number in drops.causes(len(made), rate):
        made[number] = drops.cause(number, start + number / rate)
    return made


def main(bootstrap: str, start_at: str, rate: str, seconds: str, topic: str) -> None:
    """Send it all."""
    start, every_s = float(start_at), 1 / int(rate)
    made = load(start, int(rate), int(seconds))
    producer = Producer({"bootstrap.servers": bootstrap, **_PRODUCER})
    producer.list_topics(timeout=10)
    gc.disable()  # a collection would walk through all records
    prepared_s = start - time.time()
    behind_s = _send(producer, made, start, every_s, topic)
    unsent = producer.flush(30)
    late = spread(behind_s)
    told = {
        "sent": len(made) - unsent,
        "prepared_s": prepared_s,
        "behind_p99_ms": late.p99_ms,
        "behind_ms": late.max_ms,
    }
    print(json.dumps(told))


def _send(producer: Producer, made: Sequence[Record], start: float, every_s: float, topic: str) -> "array[float]":
    """How long after its time each record left, seconds: float64[records]."""
    behind_s = array("d", bytes(8 * len(made)))
    now = time.time()
    for number, record in enumerate(made):
        due_at = start + number * every_s
        while now < due_at:
            producer.poll(0)
            time.sleep(max(due_at - now, _SHORTEST_NAP_S))
            now = time.time()
        machine.produce(producer, record.topic.name if topic == "-" else topic, record)
        behind_s[number] = (now := time.time()) - due_at
    return behind_s


if __name__ == "__main__":
    main(*sys.argv[1:])
