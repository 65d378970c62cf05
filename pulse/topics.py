"""Topics on the broker as `schemas.topics` declares them: created when missing, compared when there.

Nothing is deleted and no partition is added here: more partitions would send an account's events elsewhere.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from pulse.errors import Missing, PulseError
from schemas.broker import Broker
from schemas.topics import ALL_TOPICS, Topic

_NO_BROKER = (KafkaTimeoutError, KafkaConnectionError)


class Standing(StrEnum):
    """How a topic compares with its declaration."""

    CREATED = "created"
    AS_DECLARED = "as_declared"
    MISSING = "missing"
    WRONG_PARTITIONS = "wrong_partitions"


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic of ours as the broker has it; `partitions` is 0 where it is missing."""

    topic: Topic
    partitions: int
    expected: int
    standing: Standing


class WrongPartitions(PulseError):
    """A topic has a partition count that would tear accounts from their state."""

    def __init__(self, wrong: Iterable[TopicState]) -> None:
        listed = "; ".join(f"{s.topic.name} has {s.partitions}, expected {s.expected}" for s in wrong)
        super().__init__(
            f"wrong partition count: {listed}. Set broker.partitions to what is there,"
            " or delete the topic and load it again: adding partitions would separate accounts from their state."
        )


def states(broker: Broker) -> list[TopicState]:
    """Every topic of ours as the broker has it; on the embedded one they appear by being asked for, with its count.

    Raises:
        Missing: the broker cannot be reached.
    """
    if broker.embedded:
        return _call_forth(broker)
    with admin(broker) as client:
        return _compared(client, broker)


def apply(broker: Broker) -> list[TopicState]:
    """Create what is missing and compare the rest; doing it again changes nothing.

    Raises:
        Missing: the broker cannot be reached.
        WrongPartitions: a topic is there with another partition count.
    """
    if broker.embedded:
        return _call_forth(broker)
    with admin(broker) as client:
        found = _compared(client, broker)
        if wrong := [state for state in found if state.standing is Standing.WRONG_PARTITIONS]:
            raise WrongPartitions(wrong)
        missing = [state for state in found if state.standing is Standing.MISSING]
        if missing:
            _create(client, broker, missing)
        return [_created(state) if state in missing else state for state in found]


@contextmanager
def admin(broker: Broker) -> Iterator[KafkaAdminClient]:
    """An admin client of a real Kafka for the time of the block.

    Raises:
        Missing: the broker cannot be reached.
    """
    try:
        client = KafkaAdminClient(
            bootstrap_servers=broker.bootstrap.split(","),
            bootstrap_timeout_ms=5_000,
            request_timeout_ms=15_000,
        )
    except _NO_BROKER as error:
        raise _missing(broker, error) from None
    try:
        yield client
    finally:
        client.close()


def _compared(client: KafkaAdminClient, broker: Broker) -> list[TopicState]:
    described = client.describe_topics()
    counts = {found["name"]: len(found["partitions"]) for found in described if not found["error_code"]}
    return [_state(topic, counts.get(topic.name, 0), topic.partitions(broker.partitions)) for topic in ALL_TOPICS]


def _state(topic: Topic, partitions: int, expected: int) -> TopicState:
    if not partitions:
        standing = Standing.MISSING
    elif partitions == expected:
        standing = Standing.AS_DECLARED
    else:
        standing = Standing.WRONG_PARTITIONS
    return TopicState(topic, partitions, expected, standing)


def _call_forth(broker: Broker) -> list[TopicState]:
    """Ask for every topic by name: the embedded broker has no CreateTopics, its topics appear when librdkafka asks."""
    from confluent_kafka import KafkaException  # noqa: PLC0415 - an engine of the local stack alone
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - the same

    client = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    try:
        counts = {t.name: len(client.list_topics(t.name, timeout=5).topics[t.name].partitions) for t in ALL_TOPICS}
    except KafkaException as error:
        raise _missing(broker, error) from None
    return [_state(topic, counts[topic.name], counts[topic.name]) for topic in ALL_TOPICS]


def _create(client: KafkaAdminClient, broker: Broker, missing: Iterable[TopicState]) -> None:
    wanted = {
        state.topic.name: {
            "num_partitions": state.expected,
            "replication_factor": broker.replication,
            "configs": state.topic.config(),
        }
        for state in missing
    }
    client.create_topics(wanted, wait_for_metadata=True)


def _missing(broker: Broker, error: Exception) -> Missing:
    return Missing(f"no Kafka broker answers at {broker.bootstrap} ({type(error).__name__})")


def _created(state: TopicState) -> TopicState:
    return TopicState(state.topic, state.expected, state.expected, Standing.CREATED)
