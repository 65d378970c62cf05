"""The broker all contenders share: one Apache Kafka in a temporary folder, filled once, and what its groups commit."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from benchmarks.load import Record
from pulse import topics
from pulse.errors import Missing
from pulse.local import jars, kafka
from pulse.local.child import Child
from pulse.local.ports import free_port
from schemas.broker import Broker
from schemas.codec import STRUCTURED_HEADERS

_TIMEOUT_S: Final = 20.0
# The driver's class takes its parameters in its stubs only.
_Acknowledged = Callable[[KafkaError | None, "Message[bytes, bytes]"], None]


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
    """Write the records as any producer of ours must (murmur2, structured CloudEvents); how many there were."""
    producer = Producer(
        {"bootstrap.servers": broker.bootstrap, "partitioner": "murmur2", "linger.ms": 50, "acks": "all",
         "queue.buffering.max.messages": 200_000}
    )  # fmt: skip
    failed: list[str] = []

    def acknowledged(error: KafkaError | None, _: "Message[bytes, bytes]") -> None:
        if error is not None:
            failed.append(str(error))

    count = 0
    for count, record in enumerate(made, 1):  # noqa: B007 - how many is what it returns
        _produce(producer, record, acknowledged)
    if producer.flush(60) or failed:
        raise Missing(f"Kafka did not take the load: {failed[:1] or 'no acknowledgement within a minute'}")
    return count


def _produce(producer: Producer, record: Record, acknowledged: _Acknowledged) -> None:
    while True:
        try:
            producer.produce(
                record.topic.name, record.value, record.key, headers=dict(STRUCTURED_HEADERS), on_delivery=acknowledged
            )
            producer.poll(0)
            return
        except BufferError:
            producer.poll(0.1)


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
        """Where the topics end."""
        return sum(self._consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)[1] for place in self._places)
