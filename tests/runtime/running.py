"""Runs the loop in a thread, with a handler that remembers what it was given."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from consumers.runtime.errors import Retry
from consumers.runtime.loop import Handler, Record, Subscription, run
from schemas.broker import Broker


@dataclass
class Remembering:
    """A handler that keeps what it handled; `refuse` is asked first and may raise."""

    refuse: Callable[[Sequence[Record]], None] = lambda _: None
    values: list[bytes] = field(default_factory=list)
    calls: int = 0
    idles: int = 0
    grew: threading.Condition = field(default_factory=threading.Condition)

    def handle(self, records: Sequence[Record]) -> None:
        with self.grew:
            self.calls += 1
            self.refuse(records)
            self.values += [record.value or b"" for record in records]
            self.grew.notify_all()

    def idle(self) -> None:
        with self.grew:
            self.idles += 1
            self.grew.notify_all()

    def until_handled(self, number: int) -> None:
        """Wait until this many records were handled."""
        self.until(lambda it: len(it.values) >= number)

    def until(self, done: Callable[["Remembering"], bool], timeout_s: float = 20.0) -> None:
        """Wait until `done(self)`."""
        with self.grew:
            met = self.grew.wait_for(lambda: done(self), timeout_s)
        assert met, f"only {len(self.values)} values in {self.calls} calls"


class Running:
    """A loop in a thread; `error` is what ended it."""

    def __init__(self, subscription: Subscription, broker: Broker, handler: Handler) -> None:
        self.stop = threading.Event()
        self.ready = threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(subscription, broker, handler))
        self._thread.start()

    def _run(self, subscription: Subscription, broker: Broker, handler: Handler) -> None:
        try:
            run(subscription, broker, handler, self.stop, self.ready.set)
        except BaseException as error:  # noqa: BLE001  the test looks at it
            self.error = error

    def join(self, timeout_s: float = 20.0) -> None:
        self._thread.join(timeout_s)
        assert not self._thread.is_alive(), "the loop did not end"


@contextmanager
def running(subscription: Subscription, broker: Broker, handler: Handler) -> Iterator[Running]:
    """The loop, ready; stopped and joined at the end."""
    loop = Running(subscription, broker, handler)
    try:
        assert loop.ready.wait(30), f"not ready: {loop.error}"
        yield loop
    finally:
        loop.stop.set()
        loop.join()


def make_topic(broker: Broker, topic: str, partitions: int = 1) -> None:
    """Make the topic where topics do not appear by themselves."""
    if not broker.embedded:
        admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
        try:
            admin.create_topics({topic: {"num_partitions": partitions, "replication_factor": 1}})
        finally:
            admin.close()


def send(broker: Broker, topic: str, values: Sequence[bytes], partition: int = 0) -> None:
    """Write the values to one partition and wait until they are there."""
    with _producer(broker) as producer:
        futures = [producer.send(topic, value=value, partition=partition) for value in values]
        for future in futures:
            future.get(timeout=20)


@contextmanager
def sending(broker: Broker) -> Iterator[Callable[[str, bytes], None]]:
    """Writes single values over one connection, so that the time it takes is the broker's."""
    with _producer(broker) as producer:
        yield lambda topic, value: producer.send(topic, value=value, partition=0).get(timeout=20)


def drop(broker: Broker, topic: str) -> None:
    """Write more to the first partition and let the broker forget the beginning of it."""
    if broker.embedded:
        for _ in range(2):
            send(broker, topic, [b"x" * 100_000] * 70)
        return
    send(broker, topic, [b"2", b"3", b"4"])
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        admin.delete_records({TopicPartition(topic, 0): 3})
    finally:
        admin.close()


@contextmanager
def _producer(broker: Broker) -> Iterator[KafkaProducer]:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, api_version=(2, 3) if broker.embedded else None)
    try:
        yield producer
    finally:
        producer.close()


def refuse_times(times: int, after_s: float | None = None) -> Callable[[Sequence[Record]], None]:
    """Asks for a retry this many times, then agrees."""
    left = [times]

    def refuse(records: Sequence[Record]) -> None:
        if left[0]:
            left[0] -= 1
            raise Retry("the test says so", after_s)

    return refuse
