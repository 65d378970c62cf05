"""Run one contender over the load and take its figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.engine.contender import Contender, Ground
from benchmarks.following import follow
from benchmarks.load import TOPICS
from benchmarks.machine import Watch
from benchmarks.pace import Pace, Sample, pace
from pulse.local.child import Child


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
            samples = follow([child], watch, _enough(contender, load))
    finally:
        child.stop()
    with Watch(ground.broker, contender.group, [ground.output]) as watch:
        outputs = watch.written()
    return Measured(contender, pace(samples, load.events, load.warm_up_s), samples[-1].events, outputs)


def _enough(contender: Contender, load: Load) -> Callable[[Sequence[Sample]], bool]:
    """All is read, or of one that need not read it all enough was seen."""

    def enough(steps: Sequence[Sample]) -> bool:
        if not steps or steps[-1].events >= load.events:
            return bool(steps)
        return not contender.to_the_end and steps[-1].at_s - steps[0].at_s > load.watch_s

    return enough
