"""What a consumer reads and what it does with it: the two things the loop is given. No I/O here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from consumers.runtime.homes import Assigned
from consumers.runtime.status import Status
from schemas import records
from schemas.topics import BY_NAME

MEBIBYTE: Final = 1024 * 1024


class Record(records.Record, Protocol):
    """One Kafka record as kafka-python hands it out, with where it stood."""

    @property
    def topic(self) -> str:
        """The topic."""
        ...

    @property
    def partition(self) -> int:
        """The partition number."""
        ...


class Handler(Protocol):
    """The work. Called by one thread only, never twice at a time."""

    def handle(self, records: Sequence[Record]) -> None:
        """Make the records' effects durable.

        Never called with an empty sequence; ordered within a partition. Returning means that all is durable: the
        offsets are committed next. The same records may come again after a crash, a rebalance or a `Retry`.

        Raises:
            Retry: nothing is committed and the same records come again after a pause.
        """

    def idle(self) -> None:
        """Called about every `poll_s`, also while records flow and while a retry is waited for.

        Raises:
            Retry: no records are handled until a pause has passed.
        """


@dataclass(frozen=True, slots=True)
class Subscription:
    """`instance_id` makes the member static: it rejoins at once after a crash and keeps its partitions meanwhile.

    `max_records` and `max_bytes` bound one call of `handle`; `fetch_bytes` bounds what is fetched and not yet handed
    over, in all partitions together (and one produced batch beyond it, so that a large one comes through). `poll_s` is
    how long one poll waits and therefore how often `idle` is called and a stop is seen. `embedded_fetch_wait_ms` is how
    long the in-memory broker holds an empty answer back: it does not wake a waiting reader when a record comes, so that
    this is the latency there. `gather_s` goes on polling for so long while records come, and hands them over together:
    the in-memory broker gives one produced batch of a partition a fetch, so that a handler whose call costs the same
    for one record as for hundreds would fall behind.
    `commit_every_s` is how long what was handled may stay uncommitted: a commit holds up the next batch for a round
    trip, and a handler that knows what it had before can do without one after each.
    `on_assigned` is told every change of the assignment, before the first record of it is handled; a `Retry`
    from it is tried again. `status` is told at every turn how the consumer stands.
    """

    group: str
    topics: tuple[str, ...]
    max_records: int = 5000
    poll_s: float = 0.2
    max_bytes: int = 16 * MEBIBYTE
    fetch_bytes: int = 64 * MEBIBYTE
    embedded_fetch_wait_ms: int = 50
    gather_s: float = 0.0
    commit_every_s: float = 0.0
    session_timeout_s: float = 10.0
    instance_id: str | None = None
    retry_first_s: float = 0.2
    retry_most_s: float = 10.0
    on_assigned: Callable[[Assigned], None] | None = None
    status: Status = field(default_factory=Status)

    def pause_s(self, attempt: int) -> float:
        """How long to wait before retry number `attempt` (1, 2, …): doubling from the first to the most.

        >>> [Subscription("g", ("t",)).pause_s(attempt) for attempt in (1, 2, 3, 99)]
        [0.2, 0.4, 0.8, 10.0]
        """
        return float(min(self.retry_most_s, self.retry_first_s * 2 ** min(attempt - 1, 30)))


def is_compacted(topic: str) -> bool:
    """Whether offsets of the topic may rightly have holes."""
    known = BY_NAME.get(topic)
    return known is not None and known.compacted
