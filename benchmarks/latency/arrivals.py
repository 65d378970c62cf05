"""Reads a topic from its end and notes how long after its timetable each event was first told of."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from benchmarks.pace import TooShort
from schemas.broker import Broker

_TIMEOUT_S: Final = 10.0


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
    """A reader that is at the end of `topic`; what is written from now on is seen."""

    broker: Broker
    topic: str
    told: Callable[[bytes], Iterable[int]]
    seen: dict[int, float] = field(default_factory=dict)
    _consumer: Consumer = field(init=False)

    def __post_init__(self) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": self.broker.bootstrap, "group.id": "bench-reader", "enable.auto.commit": False}
        )
        places = [TopicPartition(self.topic, number) for number in range(self.broker.partitions)]
        ends = [self._consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)[1] for place in places]
        for place, end in zip(places, ends, strict=True):
            place.offset = end if end >= 0 else OFFSET_END
        self._consumer.assign(places)

    def read_until(self, end: float) -> None:
        """Read and note until the clock on the wall says `end`."""
        while time.time() < end:
            # One at a time: asked for many, the driver waits for them, and the wait would count as latency.
            message = self._consumer.poll(0.05)
            now = time.time()
            value = message.value() if message is not None and message.error() is None else None
            for number in self.told(value) if value else ():
                self.seen.setdefault(number, now)

    def latencies(self, timetable: Timetable) -> list[float]:
        """Seconds from timetable to first sight, of the events after warming up.

        Raises:
            TooShort: none was seen.
        """
        self._consumer.close()
        found = [at - timetable.due_at(n) for n, at in self.seen.items() if n >= timetable.first_counted]
        if not found:
            raise TooShort(f"no event of the timetable was seen on {self.topic}")
        return found
