"""`pulse topics`: what is declared comes to be, and what is wrong is said."""

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from pulse import topics
from pulse.errors import Missing
from pulse.local.ports import free_port
from schemas.broker import Broker
from schemas.topics import ALL_TOPICS, COMPLAINTS, HEALTH
from tests.conftest import wipe


def test_applying_twice_creates_once(kafka_broker: Broker) -> None:
    wipe(kafka_broker)
    first = topics.apply(kafka_broker)
    second = topics.apply(kafka_broker)
    assert {state.standing for state in first} == {topics.Standing.CREATED}
    assert {state.standing for state in second} == {topics.Standing.AS_DECLARED}
    assert [state.topic for state in second] == list(ALL_TOPICS)


def test_a_created_topic_has_the_declared_cleanup_policy(fresh_kafka_broker: Broker) -> None:
    with topics.admin(fresh_kafka_broker) as client:
        described = client.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in (HEALTH, COMPLAINTS)],
            config_filter="all",
        )
    assert "compact" in str(described[ConfigResourceType.TOPIC.name.lower()][HEALTH.name]["cleanup.policy"])


def test_a_wrong_partition_count_is_refused_with_both_counts(kafka_broker: Broker) -> None:
    wipe(kafka_broker)
    with topics.admin(kafka_broker) as client:
        client.create_topics({COMPLAINTS.name: {"num_partitions": 3, "replication_factor": 1}}, wait_for_metadata=True)
    with pytest.raises(topics.WrongPartitions, match=r"account\.complaints has 3, expected 4"):
        topics.apply(kafka_broker)
    found = {state.topic.name: state.standing for state in topics.states(kafka_broker)}
    assert found[HEALTH.name] is topics.Standing.MISSING, "nothing is created beside a wrong topic"


def test_on_the_embedded_broker_topics_come_by_themselves(fresh_embedded_broker: Broker) -> None:
    assert {state.partitions for state in topics.apply(fresh_embedded_broker)} == {4}


def test_an_absent_broker_is_named() -> None:
    nowhere = Broker(bootstrap=f"127.0.0.1:{free_port()}")
    with pytest.raises(Missing, match=nowhere.bootstrap):
        topics.states(nowhere)
