"""How far a page has seen each topic: a vector of offsets that travels as the id of a server-sent event.

It names Kafka's own offsets and nothing of this process, so a page may resume at any replica and after a restart.
Pure: nothing but text and numbers.
"""

from collections.abc import Mapping
from typing import Final

from schemas.topics import ALERTS, EVENT_TOPICS, HEALTH

LIVE_TOPICS: Final = (HEALTH.name, ALERTS.name, *(topic.name for topic in EVENT_TOPICS))
"""What an open page follows. Append only: the index of a topic is part of ids that pages hold."""

TopicPartition = tuple[str, int]
Position = Mapping[TopicPartition, int]
"""The next offset to show, by topic and partition. What is missing has been seen from the start of the topic."""

_MAX_ENTRIES: Final = 20_000


class BadPosition(ValueError):
    """An id that we never gave out."""


def to_text(position: Position) -> str:
    """The position as an event id: `topic index.partition.offset` joined by `~`, in a stable order.

    >>> to_text({("account.alerts", 1): 20, ("account.health", 0): 7})
    '0.0.7~1.1.20'
    """
    indexed = sorted((LIVE_TOPICS.index(topic), partition, offset) for (topic, partition), offset in position.items())
    return "~".join(f"{topic}.{partition}.{offset}" for topic, partition, offset in indexed)


def from_text(text: str) -> dict[TopicPartition, int]:
    """The position in an event id.

    Raises:
        BadPosition: the text is not such an id.

    >>> from_text("0.0.7~1.1.20")
    {('account.health', 0): 7, ('account.alerts', 1): 20}
    """
    entries = text.split("~") if text else []
    if len(entries) > _MAX_ENTRIES:
        raise BadPosition("too many entries")
    try:
        triples = [tuple(map(int, entry.split("."))) for entry in entries]
        return {(LIVE_TOPICS[topic], _natural(partition)): _natural(offset) for topic, partition, offset in triples}
    except (ValueError, IndexError) as error:
        raise BadPosition(str(error)) from None


def _natural(number: int) -> int:
    if number < 0:
        raise BadPosition("a negative number")
    return number
