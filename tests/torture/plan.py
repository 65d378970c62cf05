"""What is done to the processes, and when: a list of faults that follows from a seed alone.

Pure: the same seed and number of kills give the same plan. Times are seconds after the first fault could come; who
carries the plan out may be late, never early. A kill is a SIGKILL to a worker, the sink or the broker; what was killed
is started again by the plan, at once or after its session is over.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

WORKERS: Final = ("worker-1", "worker-2", "worker-3")
SINK: Final = "sink"
BROKER: Final = "broker"
AT_FIRST: Final = WORKERS[:2]
SESSION_S: Final = 6.0
"""After which a silent worker's partitions are given away: Kafka's least."""

_BROKER_REST_S: Final = 15.0
_SINK_REST_S: Final = 8.0


class Act(StrEnum):
    """What is done to a process."""

    KILL = "kill -9"
    STOP = "stop"
    CONTINUE = "continue"
    TERMINATE = "terminate"
    START = "start"
    LEAVE = "leave"
    JOIN = "join"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One act upon one process, `at_s` seconds after the beginning."""

    at_s: float
    act: Act
    target: str


def kills_of(plan: list[Fault]) -> int:
    """How many kill -9 a plan has."""
    return sum(fault.act is Act.KILL for fault in plan)


def random_plan(seed: int, kills: int) -> list[Fault]:
    """A plan with so many kills, in the order of time; at its end every process is up again."""
    planner = _Planner(random.Random(seed), kills)
    while planner.left > 0:
        planner.step()
    return sorted(planner.faults)


@dataclass(slots=True)
class _Planner:
    """`busy` says until when a process is in the middle of something else; `out` names the workers that left."""

    rng: random.Random
    left: int
    now: float = 3.0
    faults: list[Fault] = field(default_factory=list)
    busy: dict[str, float] = field(default_factory=dict)
    out: set[str] = field(default_factory=lambda: set(WORKERS) - set(AT_FIRST))

    def step(self) -> None:
        """Wait a little, then do one thing."""
        self.now += self._pause_s()
        choices = tuple(self._choices())
        (chosen,) = self.rng.choices([act for _, act in choices], [weight for weight, _ in choices])
        chosen()

    def _choices(self) -> list[tuple[float, Callable[[], None]]]:
        return [
            (50, self._kill_worker),
            (8, self._kill_several),
            (8, self._stop_worker),
            (5, self._stop_beyond_the_session),
            (9, self._join_or_leave),
            (7, self._kill_sink),
            (2, self._restart_sink),
            (6, self._kill_broker),
            (3, self._restart_broker),
        ]

    def _pause_s(self) -> float:
        roll = self.rng.random()
        if roll < 0.15:
            return self.rng.uniform(0.05, 0.8)
        return self.rng.uniform(1.0, 5.0) if roll < 0.75 else self.rng.uniform(5.0, 9.0)

    def _add(self, after_s: float, act: Act, target: str) -> None:
        self.faults.append(Fault(round(self.now + after_s, 3), act, target))
        self.left -= act is Act.KILL

    def _free_workers(self) -> list[str]:
        return [name for name in WORKERS if name not in self.out and self._is_free(name)]

    def _is_free(self, name: str) -> bool:
        return self.busy.get(name, 0.0) <= self.now

    def _kill(self, name: str, down_s: float) -> None:
        self._add(0.0, Act.KILL, name)
        self._add(down_s, Act.START, name)
        self.busy[name] = self.now + down_s

    def _kill_worker(self) -> None:
        if free := self._free_workers():
            self._kill(self.rng.choice(free), self._down_s())

    def _down_s(self) -> float:
        roll = self.rng.random()
        if roll < 0.7:
            return 0.05
        return self.rng.uniform(0.3, 2.0) if roll < 0.9 else SESSION_S + self.rng.uniform(0.5, 2.0)

    def _kill_several(self) -> None:
        """One after the other within half a second, up to all of them."""
        for name in self._free_workers()[: max(0, self.left)]:
            self._kill(name, self._down_s())
            self.now += self.rng.uniform(0.0, 0.25)

    def _stop_worker(self) -> None:
        self._stop(self.rng.uniform(0.5, 4.0))

    def _stop_beyond_the_session(self) -> None:
        self._stop(SESSION_S + self.rng.uniform(1.0, 4.0))

    def _stop(self, for_s: float) -> None:
        """A stall; one in five ends with a kill instead of going on."""
        free = self._free_workers()
        if not free:
            return
        name = self.rng.choice(free)
        self._add(0.0, Act.STOP, name)
        if self.rng.random() < 0.2 and self.left > 0:
            self._add(for_s, Act.KILL, name)
            self._add(for_s + 0.05, Act.START, name)
        else:
            self._add(for_s, Act.CONTINUE, name)
        self.busy[name] = self.now + for_s + 0.05

    def _join_or_leave(self) -> None:
        outside = sorted(name for name in self.out if self._is_free(name))
        leaving = self._free_workers()
        if outside and (self.rng.random() < 0.5 or len(leaving) < 2):
            self._add(0.0, Act.JOIN, outside[0])
            self.out.remove(outside[0])
        elif len(leaving) >= 2 and len(self.out) < 2:
            name = self.rng.choice(leaving)
            self._add(0.0, Act.LEAVE, name)
            self.out.add(name)
            self.busy[name] = self.now + self.rng.uniform(4.0, 10.0)

    def _kill_sink(self) -> None:
        self._down(SINK, Act.KILL, self.rng.uniform(0.05, 2.0), _SINK_REST_S)

    def _restart_sink(self) -> None:
        self._down(SINK, Act.TERMINATE, self.rng.uniform(0.05, 2.0), _SINK_REST_S)

    def _kill_broker(self) -> None:
        self._down(BROKER, Act.KILL, self.rng.uniform(0.05, 2.0), _BROKER_REST_S)

    def _restart_broker(self) -> None:
        self._down(BROKER, Act.TERMINATE, self.rng.uniform(0.5, 2.0), _BROKER_REST_S)

    def _down(self, name: str, act: Act, for_s: float, rest_s: float) -> None:
        if self._is_free(name):
            self._add(0.0, act, name)
            self._add(for_s, Act.START, name)
            self.busy[name] = self.now + for_s + rest_s
