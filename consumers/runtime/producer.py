"""Writes receipts: acks=all, in order, each once, and no return before the broker has them."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from consumers.runtime.connect import durable_producer
from consumers.runtime.errors import Retry
from schemas.broker import Broker


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to be written; the partition follows from the key as the Java client would choose it (murmur2)."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()


class Publisher:
    """A kafka-python producer that tells when records are durable. Not shared between threads.

    After a failure it goes on with a new producer: one that gave up on a batch may never get its sequence right again.
    """

    def __init__(self, broker: Broker, client_id: str, stop: threading.Event, timeout_s: float = 20.0) -> None:
        """Waits for a broker that is away.

        Raises:
            StoppedEarly: `stop` was set first.
        """
        self._make: Callable[[], KafkaProducer] = lambda: durable_producer(broker, client_id, stop)
        self._producer: KafkaProducer | None = self._make()
        self._timeout_s = timeout_s
        self._unsettled: list[Any] = []

    def start(self, record: Outgoing) -> None:
        """Hand the record over without waiting; `settle` tells whether it arrived.

        Raises:
            Retry: the broker cannot be reached to learn where the record belongs.
            StoppedEarly: the stop event was set while waiting for the broker after a failure.
        """
        if self._producer is None:
            self._producer = self._make()
        try:
            sent = self._producer.send(record.topic, record.value, record.key, list(record.headers))
        except KafkaError as error:
            raise self._failed(f"{record.topic} cannot be written: {type(error).__name__}") from error
        self._unsettled.append(sent)

    def settle(self) -> None:
        """Wait until all that was started is acknowledged.

        Raises:
            Retry: the broker did not acknowledge everything; whatever was started may or may not be there.
        """
        unsettled, self._unsettled = self._unsettled, []
        try:
            for future in unsettled:
                future.get(timeout=self._timeout_s)
        except KafkaError as error:
            raise self._failed(f"records were not acknowledged: {type(error).__name__}") from error

    def publish(self, records: Iterable[Outgoing]) -> None:
        """Write all and wait until they are acknowledged.

        Raises:
            Retry, StoppedEarly: as `start` and `settle`.
        """
        for record in records:
            self.start(record)
        self.settle()

    def _failed(self, reason: str) -> Retry:
        self._unsettled = []
        producer, self._producer = self._producer, None
        if producer is not None:
            _abandon(producer)
        return Retry(reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._producer is not None:
            _abandon(self._producer)


def _abandon(producer: KafkaProducer) -> None:
    """Close the producer with whatever it could not write: that was reported as not acknowledged."""
    try:
        producer.close(timeout=1)
    except KafkaTimeoutError:
        # kafka-python 3.0 gives up closing here and would leave its thread at work.
        producer._sender.force_close()  # noqa: SLF001
        producer.close(timeout=1)
