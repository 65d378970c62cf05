"""Follows what a consumer group commits, with the CPU time its processes had used by then: the samples of a pace."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks import cpu
from benchmarks.machine import Watch
from benchmarks.pace import Sample
from pulse.errors import StackFailed
from pulse.local.child import Child

_LOOK_EVERY_S: Final = 0.05
_STALLED_AFTER_S: Final = 120.0


def follow(children: Sequence[Child], watch: Watch, enough: Callable[[Sequence[Sample]], bool]) -> list[Sample]:
    """A sample at every commit until `enough` of the samples so far.

    Raises:
        StackFailed: a process ended, or nothing was committed for minutes.
    """
    before, since = watch.committed(), time.monotonic()
    steps: list[Sample] = []
    while not enough(steps):
        time.sleep(_LOOK_EVERY_S)
        events, now = watch.committed(), time.monotonic()
        if events > before:
            before, since = events, now
            steps.append(Sample(now, events, sum(cpu.seconds_of(child.pid) for child in children)))
        for child in children:
            if child.exit_code is not None or now - since > _STALLED_AFTER_S:
                raise StackFailed(f"{child.command.name} does not get on; its last lines:\n{child.tail()}")
    return steps
