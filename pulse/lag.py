"""How many records a consumer group has not read yet. Works on either kind of broker."""

from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaException, TopicPartition

from pulse.errors import Missing
from schemas.broker import Broker

_TIMEOUT_S = 5.0


def unread(broker: Broker, group: str, topics: Iterable[str]) -> int:
    """Records of `topics` behind the group's committed positions; what it never committed counts from the beginning.

    Raises:
        Missing: the broker cannot be reached.
    """
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group, "log_level": 0})
    try:
        return sum(_unread(consumer, topic) for topic in topics)
    except KafkaException as error:
        raise Missing(f"no Kafka broker answers at {broker.bootstrap} ({error})") from None
    finally:
        consumer.close()


def _unread(consumer: Consumer, topic: str) -> int:
    partitions = consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic].partitions
    committed = consumer.committed([TopicPartition(topic, number) for number in partitions], timeout=_TIMEOUT_S)
    total = 0
    for position in committed:
        first, end = consumer.get_watermark_offsets(position, timeout=_TIMEOUT_S)
        total += max(0, end - max(first, position.offset))
    return total
