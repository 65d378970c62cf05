"""Writing to Kafka: acks from all replicas in sync or an error, never a guess.

Keeps one aiokafka producer, makes a new one when the old one is beyond help, and looks at the topics before it writes
to them. What is written is not its business.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from schemas.broker import Broker
from schemas.codec import STRUCTURED_HEADERS
from schemas.topics import INPUT_TOPICS
from streams.gateway.errors import BrokerAway
from streams.gateway.judging import Record

CONNECT_S: Final = 10.0
RETRY_S: Final = 0.5
CLOSE_S: Final = 5.0
REACH_S: Final = 2.0
BATCH_BYTES: Final = 256 * 1024
_OWN_FAULT: Final = (UnknownTopicOrPartitionError, TopicAuthorizationFailedError, MessageSizeTooLargeError)
"""Errors that a new producer would meet again."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Where Kafka keeps a record now."""

    topic: str
    partition: int
    offset: int


class Writer:
    """Of one event loop. `on_connected` is told of every change."""

    def __init__(
        self, broker: Broker, linger_ms: int, ack_timeout_s: float, on_connected: Callable[[bool], None]
    ) -> None:
        self._broker = broker
        self._linger_ms = linger_ms
        self._ack_timeout_s = ack_timeout_s
        self._on_connected = on_connected
        self._producer: AIOKafkaProducer | None = None
        self._fault = "not connected yet"
        self._lost = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    async def start(self) -> None:
        """Begin to connect. The broker need not be there: `connected` is set when it is."""
        self._keeper = asyncio.create_task(self._keep(), name="gateway-producer")

    async def stop(self, within_s: float) -> None:
        """Hand over what is still on its way, for at most `within_s`, and close."""
        producer = self._producer
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if producer is not None:
            try:
                await asyncio.wait_for(producer.flush(), within_s)
            except TimeoutError:
                _log.warning("records_not_acknowledged_at_stop")
            await _discard(producer)

    async def write(self, records: Sequence[Record]) -> list[Acknowledged]:
        """Write all and wait for all to be acknowledged, in order.

        Raises:
            BrokerAway: not all were. Some may have been written all the same: sent again, they count once by their id.
        """
        producer = self._producer
        if producer is None:
            raise BrokerAway(self._fault)
        told: list[asyncio.Future[Any]] = []
        try:
            async with asyncio.timeout(self._ack_timeout_s):
                for record in records:
                    sent = await producer.send(record.topic, record.value, record.key, headers=STRUCTURED_HEADERS)
                    told.append(sent)
                return [_to_acknowledged(await future) for future in told]
        except (KafkaError, TimeoutError) as error:
            for future in told:
                future.add_done_callback(_heard)
            raise self._to_away(producer, error) from error

    async def reachable(self) -> str | None:
        """None when the broker answers now, else why not."""
        producer = self._producer
        if producer is None:
            return self._fault
        try:
            answered = await asyncio.wait_for(producer.client.force_metadata_update(), REACH_S)
        except TimeoutError:
            answered = False
        return None if answered else "the broker does not answer"

    def _to_away(self, producer: AIOKafkaProducer, error: Exception) -> BrokerAway:
        if isinstance(error, UnknownTopicOrPartitionError):
            return BrokerAway("a topic is missing: run `pulse topics apply`")
        if not isinstance(error, _OWN_FAULT) and producer is self._producer:
            # An idempotent producer never gives a record up: only a new producer frees what the old one holds.
            self._producer, self._fault = None, "the broker did not acknowledge; connecting anew"
            self.connected.clear()
            self._on_connected(False)
            self._lost.set()
        detail = (
            f"no acknowledgement within {self._ack_timeout_s:g} s" if isinstance(error, TimeoutError) else str(error)
        )
        _log.warning("not_acknowledged", error=detail)
        return BrokerAway(detail)

    async def _keep(self) -> None:
        while True:
            producer = self._new_producer()
            try:
                await self._connect(producer)
                self._lost.clear()
                self._producer = producer
                self.connected.set()
                self._on_connected(True)
                _log.info("broker_connected", bootstrap=self._broker.bootstrap)
                await self._lost.wait()
                _log.warning("producer_given_up")
                await _discard(producer)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next attempt begins from nothing
                self._note(str(error) or "no connection in time")
                await _discard(producer)
                await asyncio.sleep(RETRY_S)
            except asyncio.CancelledError:
                if producer is not self._producer:
                    await _discard(producer)
                raise

    def _note(self, fault: str) -> None:
        if fault != self._fault:
            _log.warning("broker_away", bootstrap=self._broker.bootstrap, error=fault)
        self._fault = fault

    def _new_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self._broker.bootstrap,
            client_id="pulse-gateway",
            acks="all",
            enable_idempotence=True,
            linger_ms=self._linger_ms,
            compression_type="zstd",
            max_batch_size=BATCH_BYTES,
            # Below ours, so that the client's own error, which names the fault, comes first.
            request_timeout_ms=int(self._ack_timeout_s * 800),
        )

    async def _connect(self, producer: AIOKafkaProducer) -> None:
        async with asyncio.timeout(CONNECT_S):
            await producer.start()
            if not self._broker.embedded:
                _check_topics(await producer.client.fetch_all_metadata(), self._broker)


def _check_topics(metadata: Any, broker: Broker) -> None:
    """Refuse to write where an account's events would not meet: in topics of different partition counts."""
    faults = []
    for topic in INPUT_TOPICS:
        found, expected = len(metadata.partitions_for_topic(topic.name) or ()), topic.partitions(broker.partitions)
        if found == 0:
            faults.append(f"{topic.name} is missing: run `pulse topics apply`")
        elif found != expected:
            faults.append(f"{topic.name} has {found} partitions, expected {expected}")
    if faults:
        raise BrokerAway("; ".join(faults))


def _to_acknowledged(told: Any) -> Acknowledged:
    return Acknowledged(told.topic, told.partition, told.offset)


def _heard(future: "asyncio.Future[Any]") -> None:
    """Look at an outcome that nobody waits for any more, so that asyncio does not report it as forgotten."""
    if not future.cancelled():
        future.exception()


async def _discard(producer: AIOKafkaProducer) -> None:
    """Close without a flush. `stop` would wait for ever: an idempotent aiokafka producer never expires a record."""
    producer._closed = True  # noqa: SLF001 - what stop() sets first
    closing = asyncio.gather(producer._sender.close(), producer.client.close(), return_exceptions=True)  # noqa: SLF001
    try:
        await asyncio.wait_for(closing, CLOSE_S)
    except TimeoutError:
        _log.warning("producer_did_not_close")
