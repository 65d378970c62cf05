"""The latest records of every followed partition, so that a page that was away can be told what it missed.

Pure bookkeeping: no Kafka, no asyncio. A hole (records never read, or dropped here for room) is known as such: whoever
asks for what lies in it is told so rather than given less.
"""

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from consumers.console.live.position import Position, TopicPartition
from consumers.runtime.subscription import is_compacted


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read. `order` counts what this process has read, over all partitions."""

    order: int
    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    written_at: datetime


@dataclass(slots=True)
class _Lane:
    first: int
    next: int
    end: int = 0
    records: deque[Record] = field(default_factory=deque)


class Ring:
    """Holds the last `limit` records of each partition."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lanes: dict[TopicPartition, _Lane] = {}

    def start(self, topic: str, partition: int, offset: int, end: int | None = None) -> None:
        """From here on reading is without holes: what was held before is forgotten. `end` is where the log ends now."""
        self._lanes[topic, partition] = _Lane(first=offset, next=offset, end=offset if end is None else end)

    def add(self, record: Record) -> None:
        """Keep the record. A jump in the offsets is a hole, but not in a compacted topic: there the newest is all."""
        where = (record.topic, record.partition)
        lane = self._lanes.setdefault(where, _Lane(record.offset, record.offset))
        if record.offset != lane.next and not is_compacted(record.topic):
            lane = self._lanes[where] = _Lane(record.offset, record.offset)
        lane.records.append(record)
        lane.next = record.offset + 1
        while len(lane.records) > self._limit:
            lane.first = lane.records.popleft().offset + 1

    def position(self) -> dict[TopicPartition, int]:
        """The next offset of every partition."""
        return {where: lane.next for where, lane in self._lanes.items()}

    def clamp(self, position: Position) -> dict[TopicPartition, int]:
        """`position` moved into what the ring holds: a page that starts there can always be served."""
        return {
            where: min(max(position.get(where, lane.next), lane.first), lane.next)
            for where, lane in self._lanes.items()
        }

    def since(self, position: Position, topics: Collection[str]) -> list[Record] | None:
        """What was read after `position`, in reading order.

        None when some of it is no longer held, and when the log does not reach that far: it was begun anew.
        """
        found: list[Record] = []
        for (topic, partition), lane in self._lanes.items():
            if topic not in topics:
                continue
            wanted = position.get((topic, partition), 0)
            if wanted < lane.first or wanted > max(lane.next, lane.end):
                return None
            found.extend(_tail(lane.records, wanted))
        return sorted(found, key=lambda record: record.order)


def _tail(records: Iterable[Record], wanted: int) -> list[Record]:
    return [record for record in records if record.offset >= wanted]
