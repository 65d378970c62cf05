"""A worker process, events for it, and what it wrote, for the tests of this folder."""

import json
import random
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Producer
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition

from pulse.local.child import Child, Command
from schemas.broker import Broker
from schemas.catalogue import AnyEvent, topic_of
from schemas.codec import STRUCTURED_HEADERS, from_object, to_structured
from schemas.topics import WORKER_APP, Topic
from tests.policies import talkative_policy
from tests.waiting import SESSION_S, until

OVERFLOW_RECORDS = 120
"""Of 60 kB: 7 MB a partition."""

START = datetime.now(UTC) - timedelta(hours=2)


def kafka_options(broker: Broker) -> dict[str, Any]:
    """What kafka-python needs for this broker."""
    extra = {"api_version": (2, 3)} if broker.embedded else {}
    return {"bootstrap_servers": broker.bootstrap, **extra}


@contextmanager
def worker(broker: Broker, name: str | None = None, **settings: str) -> Iterator[Child]:
    """A worker process that is ready; stopped at the end if it still runs."""
    child = start_worker(broker, name, **settings)
    try:
        child.wait_ready()
        yield child
    finally:
        child.stop()


def start_worker(broker: Broker, name: str | None = None, **settings: str) -> Child:
    """A worker process that may not be ready yet; with a `name` it is a static member of its group."""
    env = {
        "PULSE_BROKER__BOOTSTRAP": broker.bootstrap,
        "PULSE_BROKER__EMBEDDED": str(broker.embedded).lower(),
        "PULSE_BROKER__PARTITIONS": str(broker.partitions),
        "PULSE_WORKER__COMMIT_INTERVAL_S": "0.3",
        "PULSE_WORKER__POLICY_FILE": str(talkative_policy()),
        "PULSE_WORKER__SESSION_TIMEOUT_S": str(1.5 * SESSION_S),
    }
    if name is not None:
        env["PULSE_WORKER__INSTANCE_ID"] = name
    env |= {f"PULSE_WORKER__{key.upper()}": value for key, value in settings.items()}
    command = Command(name or "worker", (sys.executable, "-m", "pulse", "worker"), env)
    return Child(command, on_line=lambda line: print(f"{command.name}: {line}"))  # noqa: T201 - shown where a test fails


def kill(child: Child) -> None:
    """SIGKILL, and wait until it is gone."""
    child.kill()
    assert child.wait(10) == -signal.SIGKILL


def event(kind: str, account: str, number: int, at: datetime, data: dict[str, Any]) -> AnyEvent:
    """An event of the test's own source; `number` makes its id."""
    attributes = {"specversion": "1.0", "id": f"e{number}", "source": "test", "subject": account, "type": kind}
    return from_object({**attributes, "time": at.isoformat(), "data": data}, datetime.now(UTC))


def order(account: str, number: int, at: datetime) -> AnyEvent:
    """An order."""
    return event(
        "purchase.order_placed.v1", account, number, at, {"order_id": f"o{number}", "amount": "10", "currency": "EUR"}
    )


def complaint(account: str, number: int, at: datetime, due_at: datetime, severity: int = 2) -> AnyEvent:
    """A complaint with its own time for an answer."""
    data = {
        "complaint_id": f"c{number}",
        "category": "service",
        "severity": severity,
        "answer_due_at": due_at.isoformat(),
    }
    return event("complaint.opened.v1", account, number, at, data)


def history(seed: int, count: int, accounts: int) -> list[AnyEvent]:
    """Events of all three families over two hours, in order of time."""
    rng = random.Random(seed)
    made: list[AnyEvent] = []
    for number in range(count):
        at = START + timedelta(seconds=number * 7000 / count)
        account = f"A{rng.randrange(accounts)}"
        roll = rng.random()
        if roll < 0.5:
            data: dict[str, Any] = {
                "channel": "call",
                "direction": "inbound",
                "sentiment": round(rng.uniform(-1, 1), 3),
            }
            made.append(event("interaction.logged.v1", account, number, at, data))
        elif roll < 0.85:
            made.append(order(account, number, at))
        else:
            made.append(complaint(account, number, at, at + timedelta(days=9), rng.randint(1, 4)))
    return made


class Log:
    """Writes to and reads from the broker's topics."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        safe = {"enable_idempotence": False} if broker.embedded else {}
        self._producer = KafkaProducer(acks="all", **safe, **kafka_options(broker))

    def send(self, *events: AnyEvent) -> None:
        """Each on its topic, keyed by its subject, acknowledged."""
        for one in events:
            self._producer.send(
                topic_of(one).name, key=one.subject.encode(), value=to_structured(one), headers=STRUCTURED_HEADERS
            )
        self._producer.flush()

    def send_raw(self, topic: Topic, **record: Any) -> None:
        """One record as it is, acknowledged."""
        self._producer.send(topic.name, **record).get(10)

    def read(self, topic: Topic) -> list[Any]:
        """Every record there is of a topic, in no order between partitions."""
        consumer = KafkaConsumer(auto_offset_reset="earliest", **kafka_options(self._broker))
        try:
            places = [TopicPartition(topic.name, number) for number in range(topic.partitions(self._broker.partitions))]
            until(lambda: consumer.partitions_for_topic(topic.name), 10)
            consumer.assign(places)
            ends = consumer.end_offsets(places)
            consumer.seek_to_beginning()
            records: list[Any] = []
            while any(consumer.position(place) < ends[place] for place in places):
                for part in consumer.poll(200).values():
                    records += part
            return records
        finally:
            consumer.close()

    def snapshots(self, topic: Topic) -> dict[str, list[dict[str, Any]]]:
        """JSON records of a topic by account, each account's in order."""
        found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for record in self.read(topic):
            found[record.key.decode()].append(json.loads(record.value))
        return found

    def close(self) -> None:
        """Close the producer."""
        self._producer.close()


def commit(broker: Broker, place: TopicPartition, offset: int) -> None:
    """Commit an offset for the worker's group, which must be empty."""
    consumer = KafkaConsumer(group_id=WORKER_APP, enable_auto_commit=False, **kafka_options(broker))
    try:
        consumer.assign([place])
        consumer.commit({place: OffsetAndMetadata(offset, "", -1)})
    finally:
        consumer.close()


def overflow(broker: Broker, topic: Topic) -> None:
    """Write so much that is of no account to every partition that an in-memory broker drops the oldest."""
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for number in range(OVERFLOW_RECORDS * broker.partitions):
        producer.produce(topic.name, bytes(60_000), partition=number % broker.partitions)
    producer.flush()
