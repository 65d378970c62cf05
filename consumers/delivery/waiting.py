"""What waits for one channel, and whose turn it is: of what is due the weightiest. Pure: time is passed in.

The steps of one episode for one recipient are one line: they go in their order, as weighty as the weightiest of them,
and not before the first of them is due. What was left for its recipient's sake stands in a line of its own, so that it
holds up nothing urgent.
"""

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from consumers.delivery.attention.rules import rank
from consumers.delivery.decisions import Notification


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notification that waits for its attempt number `attempt`; the first was at `since`.

    `tries` are those of them that its channel's schedule counts: not while the channel was away or its turn to come.
    `spared` is one whose time was chosen for its recipient's sake: that is not asked again.
    """

    notification: Notification
    attempt: int
    since: datetime
    tries: int = 0
    spared: bool = False

    @property
    def line(self) -> tuple[str, str, bool]:
        """Those with the same go in the order of their steps."""
        return (self.notification.step.alert_id, self.notification.recipient, self.spared)


_Weight = tuple[bool, float, int, datetime]


class _Place(NamedTuple):
    """`came` is different for each, so that nothing behind it is ever compared."""

    step_no: int
    came: int
    due_at: datetime
    waiting: Waiting


class Schedule:
    """`_coming` and `_ready` hold lines as they stood once: what has changed since is asked of the line itself."""

    def __init__(self, is_settled: Callable[[str], bool]) -> None:
        """`is_settled` tells of a notification's id that nothing remains to be done: it holds up nothing then."""
        self._is_settled = is_settled
        self._lines: dict[tuple[str, str, bool], list[_Place]] = {}
        self._names: set[str] = set()
        self._coming: list[tuple[datetime, int, _Place]] = []
        self._ready: list[tuple[_Weight, int, _Place]] = []
        self._order = count()

    def put(self, waiting: Waiting, due_at: datetime) -> None:
        """Wait until `due_at`."""
        line = self._lines.setdefault(waiting.line, [])
        for place in [place for place in line if self._is_settled(place.waiting.notification.id)]:
            line.remove(place)
            self._names.discard(place.waiting.notification.id)
        insort(line, _Place(waiting.notification.step.step_no, next(self._order), due_at, waiting))
        self._names.add(waiting.notification.id)
        self._announce(line)

    def take(self, now: datetime) -> Waiting | None:
        """Whose turn it is, which is no longer waiting then."""
        while (waiting := self._next(now)) is not None:
            if not self._is_settled(waiting.notification.id):
                return waiting
        return None

    def _next(self, now: datetime) -> Waiting | None:
        while self._coming and self._coming[0][0] <= now:
            _, came, place = heappop(self._coming)
            if line := self._led_by(place):
                heappush(self._ready, (_weight(line), came, place))
        while self._ready:
            weight, _, place = heappop(self._ready)
            line = self._led_by(place)
            if line and _weight(line) == weight:
                return self._taken(line)
        return None

    def __contains__(self, notification_id: str) -> bool:
        return notification_id in self._names

    def __len__(self) -> int:
        return len(self._names)

    def _announce(self, line: list[_Place]) -> None:
        heappush(self._coming, (line[0].due_at, line[0].came, line[0]))

    def _led_by(self, place: _Place) -> list[_Place] | None:
        """The line that this one is the first of, None when it is not or no longer."""
        line = self._lines.get(place.waiting.line)
        return line if line and line[0] is place else None

    def _taken(self, line: list[_Place]) -> Waiting:
        waiting = line.pop(0).waiting
        self._names.discard(waiting.notification.id)
        if line:
            self._announce(line)
        else:
            del self._lines[waiting.line]
        return waiting


def _weight(line: list[_Place]) -> _Weight:
    """That of its weightiest step; among equals the first comes first."""
    return (*min(rank(place.waiting.notification) for place in line), line[0].waiting.notification.step.decided_at)
