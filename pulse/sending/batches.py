"""Cutting a stream of events into batches the gateway takes: by count, by bytes, and by events of one account.

Whatever was not known to be settled is sent again, after a lost answer or a kill, and the worker remembers only the
last `RING` events of an account. So one batch holds few of any account: with at most `MOST_IN_FLIGHT` batches
unsettled, nothing that is sent again has been forgotten, unless the account is told much else meanwhile.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from schemas.limits import MAX_BATCH_BYTES, MAX_BATCH_EVENTS
from streams.core.state import RING

T = TypeVar("T")

MOST_IN_FLIGHT: Final = 4
_BRACKETS_BYTES: Final = 2
_SEPARATOR_BYTES: Final = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What one batch may hold; a single item that is larger stands alone."""

    items: int = MAX_BATCH_EVENTS
    size_bytes: int = MAX_BATCH_BYTES - _BRACKETS_BYTES
    of_one_account: int = RING // MOST_IN_FLIGHT


def batches(
    items: Iterable[T], size_of: Callable[[T], int], account_of: Callable[[T], str], limits: Limits | None = None
) -> Iterator[list[T]]:
    """Consecutive items in lists as long as the limits let them be.

    >>> list(batches("aaabcd", len, str, Limits(items=3, of_one_account=2)))
    [['a', 'a'], ['a', 'b', 'c'], ['d']]
    """
    most = limits or Limits()
    held: list[T] = []
    accounts: Counter[str] = Counter()
    held_bytes = 0
    for item in items:
        size_bytes, account = size_of(item) + _SEPARATOR_BYTES, account_of(item)
        crowded = accounts[account] == most.of_one_account
        if held and (len(held) == most.items or held_bytes + size_bytes > most.size_bytes or crowded):
            yield held
            held, held_bytes = [], 0
            accounts.clear()
        held.append(item)
        held_bytes += size_bytes
        accounts[account] += 1
    if held:
        yield held
