"""How often one target is written to. It keeps places and never waits: whose turn has not come is told when it does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from consumers.delivery.channels.port import Paced

_MANY: Final = 10_000


class Pacer:
    """At most one message to a target in `gap_s`, in the order in which they first came."""

    def __init__(self, gap_s: float, clock: Callable[[], datetime]) -> None:
        self._gap = timedelta(seconds=gap_s)
        self._clock = clock
        self._free: dict[str, datetime] = {}
        self._held: dict[str, datetime] = {}
        self._places: dict[str, datetime] = {}

    def take_turn(self, target: str, name: str) -> None:
        """Return when the message of this name may go now.

        Raises:
            Paced: its turn comes later. The place is kept under its name.
        """
        now = self._clock()
        place = self._places.pop(name, None)
        if place is None or self._held.get(target, now) > now:
            place = max(now, self._free.get(target, now))
            self._free[target] = place + self._gap
        if place > now:
            self._keep(name, place, now)
            raise Paced((place - now).total_seconds())

    def hold(self, target: str, after_s: float) -> None:
        """The target asked to be left alone: nothing goes to it before."""
        until = self._clock() + timedelta(seconds=after_s)
        self._held[target] = until
        self._free[target] = max(until, self._free.get(target, until))

    def _keep(self, name: str, place: datetime, now: datetime) -> None:
        if len(self._places) > _MANY:  # of messages that were settled otherwise nobody tells us
            self._places = {kept: at for kept, at in self._places.items() if at + self._gap > now}
        self._places[name] = place
