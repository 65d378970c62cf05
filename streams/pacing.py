"""Writing no faster than the readers read, on a broker that silently drops what it has no room for.

librdkafka's in-memory broker keeps about 5 MB a partition and then drops the oldest, read or not. Whatever of ours
writes to it asks a `Pacer` for room first. What counts as read is what the groups of `schemas.topics.READERS` have
committed; a group that never committed has read nothing. On any other broker a pacer does nothing and costs nothing.

No decision about events may come in here.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from schemas.broker import Broker
from schemas.topics import READERS

POLL_S: Final = 0.1
RETRY_S: Final = 0.5
REQUEST_TIMEOUT_MS: Final = 3_000
LIMIT_BYTES: Final = 2_000_000
LIMIT_RECORDS: Final = 40_000
UNTOLD_RECORD_BYTES: Final = 500
"""What a record is taken to weigh as long as nothing better is known."""

_log = structlog.get_logger()


class Unread:
    """What one partition holds that its slowest reader has not read. Pure.

    Sizes are those of the writes themselves. Records that nobody told us of, written by others or before a restart, are
    counted by their offsets and weighed with the average of the others.
    """

    def __init__(self) -> None:
        self._writes: deque[tuple[int, int, int]] = deque()  # (last offset, records, bytes) of each write
        self._known = _Sum()
        self._ever = _Sum()
        self.end = 0
        self.position = 0

    @property
    def records(self) -> int:
        """Records written and not read."""
        return max(0, self.end - self.position)

    @property
    def size_bytes(self) -> int:
        """Bytes written and not read; a write that was read in part counts whole."""
        untold = max(0, self.records - self._known.records)
        return self._known.size_bytes + untold * self._ever.average_bytes()

    def wrote(self, offset: int, size_bytes: int, records: int | None = None) -> None:
        """Count what was acknowledged up to and with `offset` since the last call."""
        if offset < self.position:
            self._forget()
        written = max(1, offset + 1 - self.end) if records is None else records
        if records is not None or self.end > 0:
            self._ever.add(written, size_bytes)
        self._known.add(written, size_bytes)
        self._writes.append((offset, written, size_bytes))
        self.end = max(self.end, offset + 1)

    def read_to(self, position: int) -> None:
        """The slowest reader will read `position` next."""
        self.position = position
        while self._writes and self._writes[0][0] < position:
            _, records, size_bytes = self._writes.popleft()
            self._known.add(-records, -size_bytes)

    def _forget(self) -> None:
        """The broker began anew: what was read lies beyond what is written now."""
        self._writes.clear()
        self._known = _Sum()
        self.end = self.position = 0


@dataclass(slots=True)
class _Sum:
    records: int = 0
    size_bytes: int = 0

    def add(self, records: int, size_bytes: int) -> None:
        self.records += records
        self.size_bytes += size_bytes

    def average_bytes(self) -> int:
        return self.size_bytes // self.records if self.records else UNTOLD_RECORD_BYTES


class Pacer:
    """Knows how much of what was written nobody has read yet, and lets writers wait for room.

    `limit_bytes` and `limit_records` hold for each partition. Of one event loop, not thread-safe.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Collection[str],
        limit_bytes: int = LIMIT_BYTES,
        limit_records: int = LIMIT_RECORDS,
    ) -> None:
        self._broker = broker
        self._limit_bytes = limit_bytes
        self._limit_records = limit_records
        self._groups = {topic: READERS[topic] for topic in topics if topic in READERS} if broker.embedded else {}
        self._partitions: dict[str, dict[int, Unread]] = {topic: {} for topic in self._groups}
        self._promised: dict[str, int] = dict.fromkeys(self._groups, 0)
        self._written = asyncio.Event()
        self._read = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    @property
    def active(self) -> bool:
        """Whether there is anything to pace: where not, nobody need reckon what was written."""
        return bool(self._groups)

    async def start(self) -> None:
        """Begin to follow the readers. Does not need the broker to be there."""
        if self._groups:
            self._task = asyncio.create_task(self._follow(), name="pacer")

    async def stop(self) -> None:
        """Stop following; whoever waits for room waits on, so stop the writers first."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wrote(self, topic: str, partition: int, offset: int, size_bytes: int, records: int | None = None) -> None:
        """Count an acknowledged write: its last offset, and its bytes and records since the last call.

        Without `records` they are reckoned from the offsets; with several writers at once the number is needed.
        """
        if (partitions := self._partitions.get(topic)) is not None:
            partitions.setdefault(partition, Unread()).wrote(offset, size_bytes, records)
            self._written.set()

    def has_room(self, topic: str) -> bool:
        """Whether a write to `topic` cannot push out what is unread, wherever its key leads it."""
        partitions = self._partitions.get(topic)
        if partitions is None:
            return True
        promised = self._promised[topic]
        if promised >= self._limit_bytes:
            return False
        return all(
            unread.records < self._limit_records and unread.size_bytes + promised < self._limit_bytes
            for unread in partitions.values()
        )

    async def room(self, topic: str) -> None:
        """Wait until `has_room`."""
        if not self.has_room(topic):
            async with self._read:
                await self._read.wait_for(lambda: self.has_room(topic))

    async def room_in_all(self, topics: Iterable[str]) -> None:
        """Wait until every one of `topics` has room at the same time."""
        wanted = [topic for topic in topics if topic in self._partitions]
        if not all(map(self.has_room, wanted)):
            async with self._read:
                await self._read.wait_for(lambda: all(map(self.has_room, wanted)))

    @contextmanager
    def writing(self, size_bytes: Mapping[str, int]) -> Iterator[None]:
        """Hold room for bytes a topic that are on their way and not yet told by `wrote`.

        Without it many writers at once would each see the same room. Enter it without an await after `room`.
        """
        held = [(topic, size) for topic, size in size_bytes.items() if topic in self._promised]
        for topic, size in held:
            self._promised[topic] += size
        try:
            yield
        finally:
            for topic, size in held:
                self._promised[topic] -= size

    def unread(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Records and bytes unread, by topic and partition: for metrics and tests."""
        return {
            (topic, partition): (unread.records, unread.size_bytes)
            for topic, partitions in self._partitions.items()
            for partition, unread in partitions.items()
        }

    async def _follow(self) -> None:
        while True:
            client = AIOKafkaAdminClient(
                bootstrap_servers=self._broker.bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS, client_id="pulse-pacer"
            )
            try:
                await client.start()
                await self._follow_with(client)
            except Exception as error:  # noqa: BLE001 - whatever it was, writers wait for the next attempt
                _log.warning("pacer_cannot_see_readers", error=str(error) or type(error).__name__)
                await asyncio.sleep(RETRY_S)
            finally:
                await client.close()

    async def _follow_with(self, client: AIOKafkaAdminClient) -> None:
        while True:
            await self._written.wait()
            await self._look(client)
            async with self._read:
                self._read.notify_all()
            if not self._behind():
                self._written.clear()
            await asyncio.sleep(POLL_S)

    async def _look(self, client: AIOKafkaAdminClient) -> None:
        behind = self._behind()
        groups = {group for partition in behind for group in self._groups[partition.topic]}
        slowest: dict[TopicPartition, int] = {}
        for group in sorted(groups):
            asked = [partition for partition in behind if group in self._groups[partition.topic]]
            offsets = await client.list_consumer_group_offsets(group, partitions=asked)
            for partition in asked:
                position = max(0, offsets[partition].offset) if partition in offsets else 0
                slowest[partition] = min(slowest.get(partition, position), position)
        for partition, position in slowest.items():
            self._partitions[partition.topic][partition.partition].read_to(position)

    def _behind(self) -> list[TopicPartition]:
        return [
            TopicPartition(topic, partition)
            for topic, partitions in self._partitions.items()
            for partition, unread in partitions.items()
            if unread.records > 0
        ]
