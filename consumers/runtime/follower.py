"""Reads whole topics into memory, in no group: tables that every process of a consumer needs complete.

Use it beside the loop: what is followed is never committed, so it is read from the beginning by every new process.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Self

from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError

from consumers.runtime.connect import await_topics, free_consumer
from consumers.runtime.errors import Retry, StoppedEarly
from consumers.runtime.subscription import Record
from schemas.broker import Broker

_ANSWER_MS = 10_000
_POLL_MS = 100


class Follower:
    """Hands every record of the topics to `apply`, from the oldest the broker has. Not shared between threads."""

    def __init__(
        self,
        broker: Broker,
        topics: Iterable[str],
        apply: Callable[[Sequence[Record]], None],
        stop: threading.Event,
    ) -> None:
        """Waits for the broker and for the topics.

        Raises:
            StoppedEarly: `stop` was set first.
        """
        names = tuple(topics)
        self._apply = apply
        self._stop = stop
        self._consumer = free_consumer(broker, "account-pulse-follower", stop, names)
        try:
            await_topics(self._consumer, names, stop)
        except StoppedEarly:
            self.__exit__(None, None, None)
            raise
        places = [
            TopicPartition(name, number) for name in names for number in self._consumer.partitions_for_topic(name)
        ]
        self._consumer.assign(places)
        self._consumer.seek_to_beginning()

    def catch_up(self) -> None:
        """Apply everything that was on the topics when this was called.

        Raises:
            Retry: the broker does not answer.
            StoppedEarly: a stop was asked for meanwhile.
        """
        try:
            ends = self._consumer.end_offsets(list(self._consumer.assignment()), timeout_ms=_ANSWER_MS)
            behind = {place: end for place, end in ends.items() if self._behind(place, end)}
            while behind:
                self.look(_POLL_MS)
                behind = {place: end for place, end in behind.items() if self._behind(place, end)}
        except KafkaTimeoutError as error:
            raise Retry("the followed topics cannot be read") from error

    def look(self, wait_ms: int = 0) -> None:
        """Apply what has come since, waiting at most `wait_ms` for it.

        Raises:
            StoppedEarly: a stop was asked for.
        """
        if self._stop.is_set():
            raise StoppedEarly
        for records in self._consumer.poll(timeout_ms=wait_ms).values():
            self._apply(records)

    def _behind(self, place: TopicPartition, end: int) -> bool:
        position = self._consumer.position(place, timeout_ms=_ANSWER_MS)
        if position is None:
            raise Retry(f"no position in {place.topic}")
        return int(position) < end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._consumer.close(autocommit=False, timeout_ms=0)
