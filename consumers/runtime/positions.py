"""Which offset must come next in each partition: finds records that were dropped before we read them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consumers.runtime.homes import Place
from consumers.runtime.subscription import Record, is_compacted


@dataclass(frozen=True, slots=True)
class Jump:
    """The log went on at `found` where `expected` had to come.

    `found` above `expected`: the records between were dropped unread. Below: the log was cut or replaced.
    """

    place: Place
    expected: int
    found: int

    @property
    def missing(self) -> int:
        """How many records were dropped unread, 0 for a cut log."""
        return max(0, self.found - self.expected)


class Positions:
    """The next offset of every assigned partition, None while unknown (no commit yet: any beginning is right)."""

    def __init__(self) -> None:
        self._next: dict[Place, int | None] = {}

    def assign(self, committed: dict[Place, int | None]) -> None:
        """Take up these partitions at their committed offsets and forget all others."""
        self._next = dict(committed)

    def advance(self, records: Iterable[Record]) -> list[Jump]:
        """Go past the records and tell every place where they did not follow on.

        >>> from types import SimpleNamespace as R
        >>> positions = Positions()
        >>> positions.assign({Place("account.alerts", 0): 3})
        >>> positions.advance([R(topic="account.alerts", partition=0, offset=5)])
        [Jump(place=Place(topic='account.alerts', partition=0), expected=3, found=5)]
        """
        jumps = []
        for record in records:
            place = Place(record.topic, record.partition)
            jumps += self._jump(place, record.offset)
            self._next[place] = record.offset + 1
        return jumps

    def observe(self, place: Place, position: int) -> list[Jump]:
        """Compare with where the consumer will read next, when nothing came: finds drops at the end of the log."""
        jumps = self._jump(place, position)
        if jumps or self._next.get(place) is None:
            self._next[place] = position
        return jumps

    def rewind(self, records: Sequence[Record]) -> dict[Place, int]:
        """The first offset of each partition among the records, which become the next ones again."""
        first: dict[Place, int] = {}
        for record in records:
            first.setdefault(Place(record.topic, record.partition), record.offset)
        self._next.update(first)
        return first

    def _jump(self, place: Place, found: int) -> list[Jump]:
        expected = self._next.get(place)
        if expected is None or expected == found or (found > expected and is_compacted(place.topic)):
            return []
        return [Jump(place, expected, found)]
