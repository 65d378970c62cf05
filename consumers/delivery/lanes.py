"""A thread for each channel, so that one that is slow holds up nobody who is told over another.

A lane does one thing at a time. What came of it is handled by the thread that gave it: everything that is known,
decided and written stays with that one, and a lane knows its channel alone.
"""

import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from consumers.delivery.decisions import Notification
from schemas.events.managers import ContactKind


@dataclass(frozen=True, slots=True)
class Patience:
    """Whoever has not answered after `slow_after_s` is not waited for: what they answer is asked for at a later turn.
    A turn ends after `turn_s`, however much is left to be sent: what has come meanwhile may weigh more.
    """

    slow_after_s: float = 0.25
    turn_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Task:
    """One message: what it tells, how it is sent, and what is to be done with what came of it."""

    about: Collection[Notification]
    send: Callable[[], str]
    then: Callable[[Callable[[], str]], None]
    """Is given what hands out the answer, or raises what the channel raised."""


@dataclass(frozen=True, slots=True)
class _InHand:
    task: Task
    future: Future[str]
    began: float = field(default_factory=time.monotonic)


class Lane:
    """Used by one thread; the channel's is inside."""

    def __init__(self, kind: ContactKind, patience: Patience) -> None:
        self._thread = ThreadPoolExecutor(1, f"to-{kind.value}")
        self._slow_after_s = patience.slow_after_s
        self._in_hand: _InHand | None = None

    def give(self, task: Task) -> None:
        """Begin; only for a lane that is free."""
        self._in_hand = _InHand(task, self._thread.submit(task.send))

    def collect(self) -> None:
        """Handle what has come of what is in hand, if anything has."""
        if self._in_hand is not None and self._in_hand.future.done():
            ended, self._in_hand = self._in_hand, None
            ended.task.then(ended.future.result)

    @property
    def is_free(self) -> bool:
        """Whether it may be given something."""
        return self._in_hand is None

    @property
    def about(self) -> Collection[Notification]:
        """What is being told right now."""
        return self._in_hand.task.about if self._in_hand else ()

    @property
    def left_s(self) -> float:
        """How much longer it is worth waiting for; 0 for one that is free, or slow."""
        return max(0.0, self._in_hand.began + self._slow_after_s - time.monotonic()) if self._in_hand else 0.0

    @property
    def future(self) -> Future[str] | None:
        """What is waited for."""
        return self._in_hand.future if self._in_hand else None

    def close(self) -> None:
        """Wait for what is in hand, for as long as its channel does."""
        self._thread.shutdown()


def await_first(lanes: Iterable[Lane], most_s: float) -> bool:
    """Wait until one of them has ended, or is slow. False when none of them is worth waiting for."""
    moving = {lane.future: lane.left_s for lane in lanes if lane.future is not None and lane.left_s}
    wait(moving, min((*moving.values(), most_s)), FIRST_COMPLETED)
    return bool(moving)


def await_all(lanes: Iterable[Lane]) -> None:
    """Wait until all of them have ended, for as long as their channels do."""
    wait([lane.future for lane in lanes if lane.future is not None])
