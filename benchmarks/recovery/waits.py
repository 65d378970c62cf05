"""What probes say: how long until events are applied again, and how long one waited. Pure: no clock, no broker."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from benchmarks.pace import TooShort


@dataclass(frozen=True, slots=True)
class Probe:
    """An event about an account of its own: its partition, when it was sent, and when its health could be read.

    `seen_at` None: not yet. Both are moments of one monotonic clock.
    """

    partition: int
    sent_at: float
    seen_at: float | None


def first_applied_s(probes: Iterable[Probe], since: float, partitions: Collection[int]) -> float:
    """From `since` until the first event that was sent after it, to any of `partitions`, was applied.

    Raises:
        TooShort: none was.

    >>> seen = [Probe(0, 9.9, 10.1), Probe(0, 10.1, 14.0), Probe(1, 10.1, 13.0), Probe(1, 10.2, None)]
    >>> first_applied_s(seen, since=10.0, partitions={0, 1})
    3.0
    """
    return min(_applied(probes, since, partitions)) - since


def all_applied_s(probes: Iterable[Probe], since: float, partitions: Collection[int]) -> float:
    """From `since` until every one of `partitions` applied an event that was sent after it.

    Raises:
        TooShort: one of them never did.

    >>> all_applied_s([Probe(0, 10.1, 14.0), Probe(1, 10.1, 13.0), Probe(1, 10.2, 15.0)], 10.0, {0, 1})
    4.0
    """
    probes = list(probes)
    return max(first_applied_s(probes, since, {partition}) for partition in partitions)


def longest_wait_s(probes: Iterable[Probe], since: float, partitions: Collection[int]) -> float:
    """The longest that an event sent to `partitions` after `since` waited until it was applied.

    Raises:
        TooShort: none was applied.

    >>> longest_wait_s([Probe(0, 10.1, 14.0), Probe(0, 10.5, 14.0), Probe(1, 10.1, 18.0)], 10.0, {0})
    3.9
    """
    chosen = [(p.sent_at, p.seen_at) for p in probes if p.partition in partitions and p.sent_at >= since]
    waits = [seen_at - sent_at for sent_at, seen_at in chosen if seen_at is not None]
    if not waits:
        raise TooShort("no event was applied in the time watched")
    return round(max(waits), 6)


def _applied(probes: Iterable[Probe], since: float, partitions: Collection[int]) -> list[float]:
    chosen = [p.seen_at for p in probes if p.partition in partitions and p.sent_at >= since]
    applied = [at for at in chosen if at is not None]
    if not applied:
        raise TooShort("no event that was sent afterwards was applied in the time watched")
    return applied
