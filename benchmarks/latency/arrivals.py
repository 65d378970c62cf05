"""Reads topics from their ends and notes how long after its timetable each event was first told of on each."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from confluent_kafka import Consumer

from benchmarks import machine
from benchmarks.pace import TooShort
from schemas.broker import Broker


@dataclass(frozen=True, slots=True)
class Timetable:
    """Event n is to be sent at `start` + n / `rate`, epoch seconds; those of the first `warm_up_s` are not counted."""

    start: float
    rate: int
    seconds: int
    warm_up_s: float

    def due_at(self, number: int) -> float:
        """When the event was to be sent."""
        return self.start + number / self.rate

    @property
    def first_counted(self) -> int:
        """The number of the first event after warming up."""
        return int(self.warm_up_s * self.rate)


@dataclass(slots=True)
class Arrivals:
    """A reader at the ends of topics; what is written from now on is seen. `told` says, by topic, of which events a
    value tells; `seen` when each was first told of.
    """

    broker: Broker
    told: Mapping[str, Callable[[bytes], Iterable[int]]]
    seen: dict[str, dict[int, float]] = field(init=False)
    _consumer: Consumer = field(init=False)

    def __post_init__(self) -> None:
        self.seen = {topic: {} for topic in self.told}
        self._consumer = Consumer(
            {"bootstrap.servers": self.broker.bootstrap, "group.id": "bench-reader", "enable.auto.commit": False}
        )
        self._consumer.assign(machine.ends(self._consumer, self.broker, self.told))

    def read_until(self, end: float) -> None:
        """Read and note until the clock on the wall says `end`."""
        while time.time() < end:
            # One at a time: asked for many, the driver waits for them, and the wait would count as latency.
            message = self._consumer.poll(0.05)
            now = time.time()
            if message is None or message.error() is not None:
                continue
            topic, value = message.topic() or "", message.value()
            for number in self.told[topic](value) if value else ():
                self.seen[topic].setdefault(number, now)
        self._consumer.close()

    def latencies(self, topic: str, timetable: Timetable) -> list[float]:
        """Seconds from timetable to first sight, of the events after warming up.

        Raises:
            TooShort: none was seen.
        """
        seen = self.seen[topic].items()
        found = [at - timetable.due_at(number) for number, at in seen if number >= timetable.first_counted]
        if not found:
            raise TooShort(f"no event of the timetable was seen on {topic}")
        return found
