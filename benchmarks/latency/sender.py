"""Sends the load by a timetable: record n at `start` + n / rate. A process of its own: nobody's stall is its own.

Run as `python -m benchmarks.latency.sender BOOTSTRAP START RATE SECONDS TOPIC`; START is epoch seconds in the future,
TOPIC `-` sends every record to its own topic. Prints one JSON object: how many were sent, and how far it fell behind.
"""

import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from confluent_kafka import Producer

from benchmarks.load import Recipe, Record, records
from schemas.codec import STRUCTURED_HEADERS

_SHORTEST_NAP_S: Final = 0.0005


def recipe(start: float, rate: int, seconds: int) -> Recipe:
    """The load of a timetable: an event happens at the moment it is to be sent (late and repeated ones apart)."""
    return Recipe(rate * seconds, datetime.fromtimestamp(start + seconds, UTC), span_s=seconds)


def main(bootstrap: str, start_at: str, rate: str, seconds: str, topic: str) -> None:
    """Send it all."""
    start, every_s = float(start_at), 1 / int(rate)
    made = list(records(recipe(start, int(rate), int(seconds))))
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2", "linger.ms": 1, "acks": "all"})
    producer.list_topics(timeout=10)
    behind_s = _send(producer, made, start, every_s, topic)
    unsent = producer.flush(30)
    print(json.dumps({"sent": len(made) - unsent, "behind_ms": round(behind_s * 1000, 1)}))


def _send(producer: Producer, made: Sequence[Record], start: float, every_s: float, topic: str) -> float:
    """The longest time a record was behind its timetable, seconds."""
    behind_s = 0.0
    for number, record in enumerate(made):
        early_s = start + number * every_s - time.time()
        if early_s > 0:
            producer.poll(0)
            time.sleep(max(early_s, _SHORTEST_NAP_S))
        else:
            behind_s = max(behind_s, -early_s)
        name = record.topic.name if topic == "-" else topic
        producer.produce(name, record.value, record.key, headers=dict(STRUCTURED_HEADERS))
    return behind_s


if __name__ == "__main__":
    main(*sys.argv[1:])
