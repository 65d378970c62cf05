"""What the group assigned. Called by kafka-python's own thread, hence it notes and does nothing else.

An error raised in here would end the consumer (kafka-python passes it on), and slow work would hold up heartbeats.
"""

from collections.abc import Iterable

from kafka import ConsumerRebalanceListener, TopicPartition


class Assignments(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """`changed` is set by every new assignment and cleared by whoever has taken it up."""

    def __init__(self) -> None:
        self.changed = False
        self._held: set[TopicPartition] = set()
        self._gone: set[TopicPartition] = set()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """These are no longer ours."""
        self._gone |= set(revoked)
        self._held -= set(revoked)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """These are ours, from their committed offsets on."""
        self._held |= set(assigned)
        self._gone -= self._held
        self.changed = True

    def gone(self) -> set[TopicPartition]:
        """What was lost since the last call."""
        gone, self._gone = self._gone, set()
        return gone
