"""account.dead-letters, or another topic, from its beginning to its end as of now. Joins no group, commits nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from kafka import TopicPartition
from kafka.errors import KafkaError

from consumers.runtime.connect import free_consumer
from consumers.runtime.errors import StoppedEarly
from consumers.runtime.subscription import Record
from pulse import topics
from pulse.deadletters.errors import NoTopics
from pulse.deadletters.letters import Letter, from_record
from pulse.errors import Missing
from schemas.broker import Broker
from schemas.topics import DEAD_LETTERS, INPUT_TOPICS, OUTPUT_TOPICS

_CLIENT: Final = "account-pulse-dead-letters"
_PATIENCE_S: Final = 10.0
_POLL_MS: Final = 500


@dataclass(slots=True)
class Unreadable:
    """How many records of the topic are no dead letters of ours."""

    count: int = 0


def partition_counts(broker: Broker) -> dict[str, int]:
    """How many partitions the broker's topics have.

    Raises:
        Missing: the broker cannot be reached, or topics are missing.
    """
    found = {state.topic.name: state.partitions for state in topics.states(broker)}
    missing = [topic.name for topic in (*INPUT_TOPICS, *OUTPUT_TOPICS) if not found.get(topic.name)]
    if missing:
        raise NoTopics(missing)
    return found


def letters(broker: Broker, partitions: int, unreadable: Unreadable) -> Iterator[Letter]:
    """Every letter that was there when this began, in order within a partition, each once.

    `unreadable` counts what is on the topic and no dead letter.

    Raises:
        Missing: the broker cannot be reached, or stopped answering.
    """
    seen: set[Any] = set()
    for record in records(broker, DEAD_LETTERS.name, partitions):
        try:
            letter = from_record(record)
        except (KeyError, ValueError):
            unreadable.count += 1
            continue
        if letter.same not in seen:
            seen.add(letter.same)
            yield letter


def records(broker: Broker, topic: str, partitions: int) -> Iterator[Record]:
    """Every record of a topic that was there when this began, in order within a partition.

    Raises:
        Missing: as `letters`.
    """
    places = [TopicPartition(topic, number) for number in range(partitions)]
    with _consumer(broker, topic) as consumer:
        consumer.assign(places)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(places, timeout_ms=int(_PATIENCE_S * 1000))
        behind = set(places)
        silent_ms = 0
        while behind := {place for place in behind if _position(consumer, place) < ends[place]}:
            polled = consumer.poll(timeout_ms=_POLL_MS)
            silent_ms = 0 if polled else silent_ms + _POLL_MS
            if silent_ms > _PATIENCE_S * 1000:
                raise Missing(f"the broker at {broker.bootstrap} does not hand out {topic} any more")
            for place, batch in polled.items():
                yield from (record for record in batch if record.offset < ends[place])


def _position(consumer: Any, place: TopicPartition) -> int:
    return int(consumer.position(place, timeout_ms=int(_PATIENCE_S * 1000)))


@contextmanager
def _consumer(broker: Broker, topic: str) -> Iterator[Any]:
    stop = threading.Event()
    patience = threading.Timer(_PATIENCE_S, stop.set)
    patience.start()
    try:
        consumer = free_consumer(broker, _CLIENT, stop, (topic,))
    except StoppedEarly:
        raise Missing(f"no Kafka broker answers at {broker.bootstrap}") from None
    finally:
        patience.cancel()
    try:
        yield consumer
    except KafkaError as error:
        raise Missing(f"{topic} cannot be read: {type(error).__name__}") from error
    finally:
        consumer.close(autocommit=False, timeout_ms=0)
