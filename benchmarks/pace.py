"""From what was seen of a contender to its figures. Pure: samples in, figures out.

Every contender is judged by the same thing, the offsets its consumer group has committed: what is committed is what it
says it will not have to do again. They move in steps, one a commit. Between two steps a busy contender did exactly what
lies between them, so the rate is taken from step to step, from the first one after warming up to the last one before
everything was read: neither starting up nor waiting for the last commit counts against anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """Committed events and CPU seconds used so far, at a moment of a monotonic clock."""

    at_s: float
    events: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Pace:
    """The figures of one contender, and over which window they hold."""

    events: int
    window_s: float
    cpu_s: float

    @property
    def events_per_second(self) -> float:
        """By the clock on the wall."""
        return self.events / self.window_s

    @property
    def events_per_cpu_second(self) -> float:
        """By the CPU time used."""
        return self.events / self.cpu_s


class TooShort(Exception):
    """Too few commits were seen to tell a rate; measure more events."""


def pace(steps: Sequence[Sample], total: int, warm_up_s: float) -> Pace:
    """The rate over the steady steps; over all of them where too few remain without warming up and the last.

    Raises:
        TooShort: there are not two steps.

    >>> seen = [Sample(1, 50, 1), Sample(2, 100, 3), Sample(4, 300, 4), Sample(6, 500, 5), Sample(9, 550, 9)]
    >>> pace(seen, 550, 1)
    Pace(events=400, window_s=4, cpu_s=2)
    """
    steady = [step for step in steps if step.at_s >= steps[0].at_s + warm_up_s and step.events < total]
    chosen = steady if len(steady) > 1 else steps
    if len(chosen) < 2 or chosen[-1].cpu_s <= chosen[0].cpu_s:
        raise TooShort("too few commits were seen to tell a rate: measure more events")
    first, last = chosen[0], chosen[-1]
    return Pace(last.events - first.events, last.at_s - first.at_s, last.cpu_s - first.cpu_s)
