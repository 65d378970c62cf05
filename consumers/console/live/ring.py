"""The latest records of every followed partition, so that a page that was away can be told what it missed.

Pure bookkeeping: no Kafka, no asyncio. A hole (records never read, or dropped here for room) is known as such: whoever
asks for what lies in it is told so rather than given less. Bounded in records of each partition and in bytes over all.
"""

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from typing import Final

from consumers.console.live.position import Position, TopicPartition
from consumers.runtime.subscription import MEBIBYTE, is_compacted

RING_BYTES: Final = 64 * MEBIBYTE


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

    @property
    def size_bytes(self) -> int:
        """What it weighs: value, key and headers."""
        return len(self.value) + len(self.key) + sum(len(name) + len(raw) for name, raw in self.headers)


@dataclass(slots=True)
class _Lane:
    first: int
    next: int
    end: int = 0
    size_bytes: int = 0
    records: deque[Record] = field(default_factory=deque)

    def append(self, record: Record) -> None:
        self.records.append(record)
        self.next = record.offset + 1
        self.size_bytes += record.size_bytes

    def drop(self) -> int:
        """Forget the oldest; its size."""
        dropped = self.records.popleft()
        self.first = dropped.offset + 1
        self.size_bytes -= dropped.size_bytes
        return dropped.size_bytes


class Ring:
    """Holds the last `limit` records of each partition, and no more of the oldest than fit into `limit_bytes`."""

    def __init__(self, limit: int, limit_bytes: int = RING_BYTES) -> None:
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._lanes: dict[TopicPartition, _Lane] = {}
        self._oldest: list[tuple[int, TopicPartition]] = []
        """A heap with one entry a lane that holds anything: the order of its oldest record, or of one dropped since."""
        self._queued: set[TopicPartition] = set()
        self.size_bytes = 0

    def start(self, topic: str, partition: int, offset: int, end: int | None = None) -> None:
        """From here on reading is without holes: what was held before is forgotten. `end` is where the log ends now."""
        self._replace((topic, partition), _Lane(first=offset, next=offset, end=offset if end is None else end))

    def add(self, record: Record) -> None:
        """Keep the record. A jump in the offsets is a hole, but not in a compacted topic: there the newest is all."""
        where = (record.topic, record.partition)
        lane = self._lanes.setdefault(where, _Lane(record.offset, record.offset))
        if record.offset != lane.next and not is_compacted(record.topic):
            lane = self._replace(where, _Lane(record.offset, record.offset))
        lane.append(record)
        self.size_bytes += record.size_bytes
        if where not in self._queued:
            self._queue(where, record.order)
        while len(lane.records) > self._limit:
            self.size_bytes -= lane.drop()
        while self.size_bytes > self._limit_bytes:
            self._drop_oldest()

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

    def _replace(self, where: TopicPartition, lane: _Lane) -> _Lane:
        self.size_bytes -= self._lanes[where].size_bytes if where in self._lanes else 0
        self._lanes[where] = lane
        return lane

    def _queue(self, where: TopicPartition, order: int) -> None:
        self._queued.add(where)
        heappush(self._oldest, (order, where))

    def _drop_oldest(self) -> None:
        """One step: drop the record that was read first of all, or bring an entry of the heap up to date."""
        order, where = heappop(self._oldest)
        self._queued.discard(where)
        lane = self._lanes[where]
        if lane.records and lane.records[0].order == order:
            self.size_bytes -= lane.drop()
        if lane.records:
            self._queue(where, lane.records[0].order)


def _tail(records: Iterable[Record], wanted: int) -> list[Record]:
    return [record for record in records if record.offset >= wanted]
