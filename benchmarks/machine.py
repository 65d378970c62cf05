"""The broker all contenders share: one Apache Kafka in a temporary folder, filled once, and what its groups commit."""

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from benchmarks.load import Record
from pulse import topics
from pulse.errors import Missing, StackFailed
from pulse.local import jars, kafka
from pulse.local.child import Child
from pulse.local.ports import free_port
from schemas.broker import Broker
from schemas.codec import STRUCTURED_HEADERS
from schemas.topics import EVENT_TOPICS
from streams.gateway.writer import BATCH_BYTES

PRODUCER: Final[dict[str, str | int]] = {
    "partitioner": "murmur2", "acks": "all", "enable.idempotence": "true", "compression.type": "lz4",
    "linger.ms": 5, "batch.size": BATCH_BYTES, "queue.buffering.max.messages": 200_000,
    "log_level": 3,
}  # fmt: skip
"""As our gateway writes: lz4, batches of up to 256 KiB that wait 5 ms for company, acknowledged by all replicas."""
_TIMEOUT_S: Final = 20.0
_TRIES: Final = 20
_RETRY_S: Final = 0.25
_HEADERS: Final[list[tuple[str, str | bytes | None]]] = list(STRUCTURED_HEADERS)


def require_tools() -> None:
    """Refuse early, with what to install.

    Raises:
        Missing: Java or Maven is not there.
    """
    if shutil.which("mvn") is None:
        raise Missing("The benchmarks need Maven (`mvn`): it brings Apache Kafka and builds the Kafka Streams peer.")
    try:
        jars.java()
    except Missing as error:
        raise Missing(f"The benchmarks need Java {jars.JAVA_MINIMUM} or newer, a JDK: {error}") from None


@contextmanager
def running_kafka() -> Iterator[tuple[Broker, Path]]:
    """A Kafka with all topics of ours, and a folder for what contenders write; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pulse-bench-") as name:
        folder = Path(name)
        child = Child(kafka.command(kafka.Node(folder / "kafka", free_port())))
        try:
            broker = Broker(bootstrap=child.wait_ready()["bootstrap"])
            topics.apply(broker)
            yield broker, folder
        finally:
            child.stop()


def create_topic(broker: Broker, name: str) -> None:
    """A topic for a peer's output, partitioned like ours."""
    with topics.admin(broker) as client:
        wanted = {name: {"num_partitions": broker.partitions, "replication_factor": broker.replication}}
        client.create_topics(wanted, wait_for_metadata=True)


def fill(broker: Broker, made: Iterable[Record]) -> int:
    """Write the records as our gateway does (`PRODUCER`); how many there were.

    Raises:
        StackFailed: Kafka did not take all of them.
    """
    producer = Producer({"bootstrap.servers": broker.bootstrap, **PRODUCER})
    with Watch(broker, "bench-fill", [topic.name for topic in EVENT_TOPICS]) as watch:
        before, count = watch.written(), 0
        for count, record in enumerate(made, 1):  # noqa: B007 - how many is what it returns
            produce(producer, record.topic.name, record)
        # A callback for each record would cost as much as sending it: what was lost shows in where the topics end.
        unsent = producer.flush(120)
        if missing := before + count - watch.written():
            raise StackFailed(f"Kafka did not take {missing} of {count} records ({unsent} not sent after two minutes)")
    return count


def produce(producer: Producer, topic: str, record: Record) -> None:
    """Hand a record to the driver, waiting while its queue is full."""
    while True:
        try:
            producer.produce(topic, record.value, record.key, headers=_HEADERS)
            return
        except BufferError:
            producer.poll(0.05)


class Watch:
    """Reads a group's committed offsets and topics' ends without being a member of the group."""

    def __init__(self, broker: Broker, group: str, names: Iterable[str]) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": broker.bootstrap, "group.id": group, "enable.auto.commit": False}
        )
        self._places = [TopicPartition(name, number) for name in names for number in range(broker.partitions)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def committed(self) -> int:
        """Events committed; the topics begin at offset 0."""
        return sum(max(0, place.offset) for place in self._consumer.committed(self._places, timeout=_TIMEOUT_S))

    def written(self) -> int:
        """Where the topics end, which for event topics is how many records they were given."""
        return sum(_end(self._consumer, place) for place in self._places)

    def written_by_place(self) -> dict[tuple[str, int], int]:
        """Where each topic's partition ends."""
        return {(place.topic, place.partition): _end(self._consumer, place) for place in self._places}

    def has_passed(self, marks: Mapping[tuple[str, int], int]) -> bool:
        """Whether every partition is committed up to its mark."""
        committed = self._consumer.committed(self._places, timeout=_TIMEOUT_S)
        return all(max(0, place.offset) >= marks[place.topic, place.partition] for place in committed)


def ends(consumer: Consumer, broker: Broker, names: Iterable[str]) -> list[TopicPartition]:
    """The ends of topics, to be assigned to a reader of what comes next."""
    places = [TopicPartition(name, number) for name in names for number in range(broker.partitions)]
    return [TopicPartition(place.topic, place.partition, _end(consumer, place)) for place in places]


def _end(consumer: Consumer, place: TopicPartition) -> int:
    for _ in range(_TRIES):
        with suppress(KafkaException):  # a partition made a moment ago has no leader yet
            return int(consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)[1])
        time.sleep(_RETRY_S)
    raise StackFailed(f"Kafka does not say where {place.topic} {place.partition} ends")
