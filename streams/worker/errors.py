"""What can go wrong in the worker.

WorkerError
├── StateLost      stop: the log or the changelog lost its beginning; the state must be built anew
└── Superseded     stop, start again: somebody else wrote our partition's changelog
"""

from collections.abc import Mapping
from typing import Final

EXIT_STATE_LOST: Final = 78
"""The process's exit code on `StateLost`: restarting alone does not help."""


class WorkerError(Exception):
    """Base of everything the worker raises."""


class StateLost(WorkerError):
    """Records that the state needs are gone from the broker. Going on would mean half a state."""

    def __init__(self, topic: str, partition: int, needed: int, first: int) -> None:
        super().__init__(
            f"{topic}[{partition}] begins at offset {first}, but the state needs it from {needed}: the broker dropped "
            "records. The worker does not go on with half a state; build the state anew from the warehouse or a backup."
        )
        self.topic = topic
        self.partition = partition
        self.needed = needed
        self.first = first


class TopicMadeAnew(StateLost):
    """A committed offset lies beyond its topic's end, so the fences speak of a topic that is gone."""

    def __init__(self, topic: str, partition: int, needed: int, end: int) -> None:
        super().__init__(topic, partition, needed, 0)
        message = (
            f"{topic}[{partition}]: the offset to read next, {needed}, lies beyond its end, {end}: the topic was "
            "deleted and made anew. Build the state anew, with the worker's committed offsets deleted."
        )
        self.args = (message,)
        self.end = end


class WrongPartitionCount(WorkerError):
    """Topics that do not have the partition count of the settings; `found` by topic."""

    def __init__(self, found: Mapping[str, int | None], expected: int) -> None:
        named = ", ".join(f"{topic} has {count} partitions" for topic, count in sorted(found.items()))
        super().__init__(
            f"{named}; expected {expected} (setting broker.partitions). An account's facts must lie in partitions of "
            "one number: see `pulse topics list`."
        )
        self.found = found
        self.expected = expected


class UnreadableState(WorkerError):
    """A changelog record that this code does not read. Skipping it would mean half a state."""

    def __init__(self, topic: str, partition: int, detail: str) -> None:
        super().__init__(
            f"{topic}[{partition}]: {detail}. Run the version that wrote it, or delete the changelog topic and the "
            "worker's committed offsets to fold the log anew."
        )
        self.topic = topic
        self.partition = partition


class Superseded(WorkerError):
    """Records of somebody else stand on the changelog between ours: we are not the owner any more, or an attempt of
    ours was taken for lost and was not. What we hold is not what a successor would recover, so nothing is told of it.
    """

    def __init__(self, partition: int, expected: int, written: int) -> None:
        super().__init__(
            f"changelog partition {partition}: what was to be written at offset {expected} came to stand at {written}. "
            "The worker stops without telling anything of it; started again it recovers what counts."
        )
        self.partition = partition
        self.expected = expected
        self.written = written
