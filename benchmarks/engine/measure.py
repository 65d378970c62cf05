"""Run one contender over the load and take its figures."""

import time
from dataclasses import dataclass
from typing import Final

from benchmarks import cpu
from benchmarks.engine.contender import Contender, Ground
from benchmarks.load import TOPICS
from benchmarks.machine import Watch
from benchmarks.pace import Pace, Sample, pace
from pulse.errors import StackFailed
from pulse.local.child import Child

_LOOK_EVERY_S: Final = 0.05
_STALLED_AFTER_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    """What is on the topics, and for how long a contender that need not read it all is watched."""

    events: int
    warm_up_s: float
    watch_s: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A contender's figures. `applied` of the load's events when it was stopped, `outputs` records told by then."""

    contender: Contender
    pace: Pace
    applied: int
    outputs: int


def measure(contender: Contender, ground: Ground, load: Load) -> Measured:
    """Start it, watch it until everything is applied or enough is seen, stop it.

    Raises:
        StackFailed: it ended, or committed nothing for minutes.
        TooShort: it was through before a rate could be told.
    """
    command = contender.start(ground)
    ground.folder.mkdir(parents=True, exist_ok=True)
    child = Child(command)
    try:
        with Watch(ground.broker, contender.group, [topic.name for topic in TOPICS]) as watch:
            samples = _watch(contender, child, watch, load)
    finally:
        child.stop()
    with Watch(ground.broker, contender.group, [ground.output]) as watch:
        outputs = watch.written()
    return Measured(contender, pace(samples, load.events, load.warm_up_s), samples[-1].events, outputs)


def _watch(contender: Contender, child: Child, watch: Watch, load: Load) -> list[Sample]:
    """A sample at every commit."""
    moved = [Sample(time.monotonic(), 0, 0.0)]
    while moved[-1].events < load.events and not _seen_enough(contender, moved, load):
        time.sleep(_LOOK_EVERY_S)
        events, now = watch.committed(), time.monotonic()
        if events > moved[-1].events:
            moved.append(Sample(now, events, cpu.seconds_of(child.pid)))
        if child.exit_code is not None or now - moved[-1].at_s > _STALLED_AFTER_S:
            raise StackFailed(f"{contender.name} does not get on; its last lines:\n{child.tail()}")
    return moved[1:]


def _seen_enough(contender: Contender, moved: list[Sample], load: Load) -> bool:
    return not contender.to_the_end and len(moved) > 1 and moved[-1].at_s - moved[1].at_s > load.watch_s
