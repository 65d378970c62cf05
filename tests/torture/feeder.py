"""Writes the load to Kafka at a steady rate in a thread of its own, holding back while the workers are far behind."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.broker import Broker
from schemas.topics import EVENT_TOPICS, WORKER_APP
from tests.torture.load import Load
from tests.torture.logread import Progress
from tests.torture.records import Kind, Record

_TICK_S: Final = 0.02
_LOOK_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is written, and how fast."""

    rate: float
    max_unread: int
    limit: int | None = None


@dataclass(slots=True)
class Sent:
    """What Kafka acknowledged: how many of each kind, and the hash of each value. Written by one thread."""

    counts: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    values: set[int] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    unread: int = 0

    @property
    def total(self) -> int:
        """Records acknowledged."""
        return sum(self.counts.values())


class Feeder:
    """Writes `rate` records a second, none while more than `max_unread` are not read yet.

    `limit` ends the load after so many, None goes on until it is halted.
    """

    def __init__(self, broker: Broker, load: Load, pace: Pace) -> None:
        self.sent = Sent()
        self.done = threading.Event()
        self._broker = broker
        self._load = load
        self._pace = pace
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": broker.bootstrap,
                "partitioner": "murmur2",
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 5,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def is_drained(self) -> bool:
        """Whether Kafka has acknowledged all that was written; call it once the load has ended.

        Raises:
            AssertionError: it refused some.
        """
        if self._error is not None:
            raise self._error
        assert not self.sent.failed, f"{len(self.sent.failed)} records were not taken: {self.sent.failed[0]}"
        return self.done.is_set() and not self._producer.flush(0.1)

    def halt(self) -> None:
        """Write no more."""
        self._stop.set()

    def _run(self) -> None:
        try:
            with Progress(self._broker, WORKER_APP, EVENT_TOPICS) as progress:
                self._feed(progress)
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for the end
            self._error = error
        finally:
            self.done.set()

    def _feed(self, progress: Progress) -> None:
        owed, looked_at, made = 0.0, 0.0, 0
        while not self._stop.wait(_TICK_S):
            if time.monotonic() - looked_at >= _LOOK_S:
                self.sent.unread = progress.unread(_LOOK_S) or 0
                looked_at = time.monotonic()
            owed = owed + self._pace.rate * _TICK_S if self.sent.unread <= self._pace.max_unread else 0.0
            while owed >= 1.0:
                self._write(self._load.next(time.time()))
                owed, made = owed - 1.0, made + 1
                if made == self._pace.limit:
                    return
            self._producer.poll(0)

    def _write(self, record: Record) -> None:
        def acknowledged(error: KafkaError | None, _: "Message[bytes, bytes]") -> None:
            if error is not None:
                self.sent.failed.append(str(error))
                return
            self.sent.counts[record.kind] += 1
            self.sent.values.add(hash(record.value))

        place: dict[str, Any] = {} if record.partition is None else {"partition": record.partition}
        while not self._stop.is_set():
            try:
                self._producer.produce(
                    record.topic.name, record.value, record.key, headers=list(record.headers),
                    on_delivery=acknowledged, **place,
                )  # fmt: skip
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                self.sent.failed.append(str(error))
                return
            else:
                return
