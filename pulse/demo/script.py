"""The short live phase of `--exit`: the usual trickle, and among it complaints whose effect can be timed."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pulse.simulate.facts import Fact
from pulse.simulate.live import Trickle, severe, soon_overdue

RATE: Final = 30.0
FOR_S: Final = 12.0
CASES: Final = 20
_OVERDUE_EVERY: Final = 3
_SEVERE_EVERY: Final = 7


class Script:
    """Every third event is a complaint that becomes overdue, every seventh a severe one, while there are accounts."""

    def __init__(self, trickle: Trickle, overdue: Sequence[str], worsening: Sequence[str]) -> None:
        self._trickle = trickle
        self._overdue = deque(overdue)
        self._worsening = deque(worsening)
        self._made = 0

    def next_fact(self, now: datetime) -> Fact:
        """The next event, as of `now`."""
        self._made += 1
        if self._worsening and self._made % _SEVERE_EVERY == 0:
            return severe(self._trickle, self._worsening.popleft(), now)
        if self._overdue and self._made % _OVERDUE_EVERY == 0:
            return soon_overdue(self._trickle, self._overdue.popleft(), now)
        return self._trickle.next_fact(now)
