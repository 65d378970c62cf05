"""Puts records back on their topics: acknowledged by all replicas, in portions that the broker has room for.

Nothing is decided here; see `pulse.deadletters.judging`.
"""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from kafka.errors import KafkaError

from consumers.runtime.connect import durable_producer
from consumers.runtime.errors import StoppedEarly
from pulse.deadletters.errors import NotAllSent
from pulse.deadletters.judging import Parcel, Refusal
from pulse.errors import Missing
from schemas.broker import Broker
from schemas.topics import ALL_TOPICS
from streams.pacing import Pacer

_CLIENT: Final = "account-pulse-replay"
_PORTION: Final = 500
_ACK_S: Final = 30.0
_CLOSE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a letter's record is now; `offset` is None where it was only tried."""

    letter_id: str
    topic: str
    partition: int
    offset: int | None = None


@dataclass(slots=True)
class Report:
    """What became of every letter that was meant."""

    sent: list[Sent] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def rehearse(outcomes: Iterable[Parcel | Refusal]) -> Report:
    """What would be sent, and what refused."""
    report = Report()
    for parcel in _parcels(outcomes, report):
        report.sent.append(Sent(parcel.letter_id, parcel.topic, parcel.partition))
    return report


def replay(broker: Broker, outcomes: Iterable[Parcel | Refusal], room_s: float = 30.0) -> Report:
    """Send every parcel and wait for its acknowledgement. On the in-memory broker its readers are waited for.

    Raises:
        Missing: the broker cannot be reached.
        NotAllSent: it stopped acknowledging, or nobody read what was sent for `room_s`.
    """
    return asyncio.run(_replay(broker, outcomes, room_s))


async def _replay(broker: Broker, outcomes: Iterable[Parcel | Refusal], room_s: float) -> Report:
    report = Report()
    parcels = _parcels(outcomes, report)
    pacer = Pacer(broker, [topic.name for topic in ALL_TOPICS])
    await pacer.start()
    try:
        with _producer(broker) as producer:
            while portion := list(islice(parcels, _PORTION)):
                await _room(pacer, {parcel.topic for parcel in portion}, report, room_s)
                _send(producer, portion, report, pacer)
    finally:
        await pacer.stop()
    return report


async def _room(pacer: Pacer, topics: set[str], report: Report, room_s: float) -> None:
    try:
        await asyncio.wait_for(pacer.room_in_all(topics), room_s)
    except TimeoutError:
        raise NotAllSent(len(report.sent), "nobody reads what was sent: are worker and sink running?") from None


def _send(producer: Any, portion: Sequence[Parcel], report: Report, pacer: Pacer) -> None:
    try:
        futures = [
            producer.send(one.topic, value=one.value, key=one.key, headers=list(one.headers), partition=one.partition)
            for one in portion
        ]
        for one, future in zip(portion, futures, strict=True):
            told = future.get(timeout=_ACK_S)
            report.sent.append(Sent(one.letter_id, told.topic, told.partition, told.offset))
            pacer.wrote(told.topic, told.partition, told.offset, len(one.value or b"") + len(one.key or b""), records=1)
    except KafkaError as error:
        raise NotAllSent(len(report.sent), type(error).__name__) from error


def _parcels(outcomes: Iterable[Parcel | Refusal], report: Report) -> Iterator[Parcel]:
    for outcome in outcomes:
        if isinstance(outcome, Refusal):
            report.refused.append(outcome)
        else:
            yield outcome


@contextmanager
def _producer(broker: Broker) -> Iterator[Any]:
    stop = threading.Event()
    patience = threading.Timer(_ACK_S, stop.set)
    patience.start()
    try:
        producer = durable_producer(broker, _CLIENT, stop)
    except StoppedEarly:
        raise Missing(f"no Kafka broker answers at {broker.bootstrap}") from None
    finally:
        patience.cancel()
    try:
        yield producer
    finally:
        producer.close(timeout=_CLOSE_S)
