"""Cutting a stream of events into batches the gateway takes: by count and by bytes."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from schemas.limits import MAX_BATCH_BYTES, MAX_BATCH_EVENTS

T = TypeVar("T")

_SEPARATOR_BYTES = 1


def batches(
    items: Iterable[T],
    size_of: Callable[[T], int],
    max_items: int = MAX_BATCH_EVENTS,
    max_bytes: int = MAX_BATCH_BYTES - 2,
) -> Iterator[list[T]]:
    """Consecutive items, at most `max_items` and `max_bytes` of them together; a larger single item stands alone.

    >>> list(batches("abcde", lambda item: 1, max_items=2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    held: list[T] = []
    held_bytes = 0
    for item in items:
        size_bytes = size_of(item) + _SEPARATOR_BYTES
        if held and (len(held) == max_items or held_bytes + size_bytes > max_bytes):
            yield held
            held, held_bytes = [], 0
        held.append(item)
        held_bytes += size_bytes
    if held:
        yield held
