"""Topics read from their beginning to their end, without being a member of a group; and what groups committed."""

from collections.abc import Iterable, Sequence
from math import inf
from typing import Final, NamedTuple, Self, cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from schemas.broker import Broker
from schemas.topics import Topic

_TIMEOUT_S: Final = 10.0
_AT_ONCE: Final = 5_000

Headers = Sequence[tuple[str, bytes | str | None]]


class Read(NamedTuple):
    """One record; `arrived_ms` is the timestamp it bears."""

    topic: str
    partition: int
    offset: int
    arrived_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @property
    def place(self) -> tuple[str, int, int]:
        """Where it stands."""
        return self.topic, self.partition, self.offset


def read_all(broker: Broker, topics: Iterable[Topic]) -> list[Read]:
    """Every record of the topics there is now; within a partition in the order of the log."""
    consumer = _consumer(broker, "torture-reader")
    try:
        left = {}
        for place in _places(broker, topics):
            low, high = consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)
            if high > low:
                left[place.topic, place.partition] = high
        consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in left])
        found: list[Read] = []
        while left:
            for record in _consumed(consumer):
                found.append(record)
                if record.offset + 1 >= left.get((record.topic, record.partition), inf):
                    del left[record.topic, record.partition]
        return found
    finally:
        consumer.close()


def _consumed(consumer: Consumer) -> list[Read]:
    found = []
    for message in consumer.consume(_AT_ONCE, timeout=1.0):
        if (error := message.error()) is not None:
            raise KafkaException(error)
        headers = tuple((name, _octets(raw)) for name, raw in cast("Headers", message.headers() or ()))
        place = str(message.topic()), int(message.partition() or 0), int(message.offset() or 0)
        found.append(Read(*place, message.timestamp()[1], _octets(message.key()), _octets(message.value()), headers))
    return found


def _octets(raw: bytes | str | None) -> bytes | None:
    return raw.encode() if isinstance(raw, str) else raw


class Progress:
    """How far a group has come with topics."""

    def __init__(self, broker: Broker, group: str, topics: Iterable[Topic]) -> None:
        self._consumer = _consumer(broker, group)
        self._places = _places(broker, topics)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def unread(self, timeout_s: float = _TIMEOUT_S) -> int | None:
        """Records written and not committed by the group; None while the broker does not answer."""
        try:
            return sum(end - done for _, done, end in self._standing(timeout_s))
        except KafkaException:
            return None

    def behind(self) -> str:
        """Which partitions are not committed to their end.

        Raises:
            KafkaException: the broker does not answer.
        """
        standing = [(place, done, end) for place, done, end in self._standing(_TIMEOUT_S) if done < end]
        return ", ".join(f"{place.topic}[{place.partition}] {done} of {end}" for place, done, end in standing)

    def _standing(self, timeout_s: float) -> list[tuple[TopicPartition, int, int]]:
        """Each partition, the offset committed, and its end."""
        committed = self._consumer.committed(self._places, timeout=timeout_s)
        ends = self.ends(timeout_s)
        return [(place, max(0, place.offset), end) for place, end in zip(committed, ends, strict=True)]

    def ends(self, timeout_s: float = _TIMEOUT_S) -> list[int]:
        """Where each partition ends.

        Raises:
            KafkaException: the broker does not answer.
        """
        return [self._consumer.get_watermark_offsets(place, timeout=timeout_s)[1] for place in self._places]


def _consumer(broker: Broker, group: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": broker.bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "log_level": 0,
            "fetch.message.max.bytes": 8 * 1024 * 1024,
        }
    )


def _places(broker: Broker, topics: Iterable[Topic]) -> list[TopicPartition]:
    return [
        TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions(broker.partitions))
    ]
