"""One case: so many accounts in the state, a skewed load about them, so many workers; what an event costs.

Account facts lie before the load on every partition. The window begins when the workers share the partitions and all of
those are committed, so that the state holds every account; it ends at 70 % of the load, before the first worker runs
out of work: with a few busy accounts partitions are not of one size.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks import machine
from benchmarks.ahead import made_ahead
from benchmarks.census import census
from benchmarks.following import follow
from benchmarks.load import TOPICS, Recipe
from benchmarks.pace import Pace, Sample, pace
from benchmarks.workers import Worker, wait_shared, wait_until
from pulse.errors import StackFailed
from schemas.broker import Broker
from schemas.topics import DEAD_LETTERS, WORKER_APP

SKEW: Final = 1.1
_UNTIL: Final = 0.7
_LOAD_SPAN_S: Final = 12 * 3_600.0


@dataclass(frozen=True, slots=True)
class Case:
    """`events` of load about `accounts`, applied by `workers`; the window leaves out the first `warm_up_s`."""

    accounts: int
    workers: int
    events: int
    warm_up_s: float
    watch_s: float


def measure(case: Case) -> Pace:
    """On a Kafka of its own.

    Raises:
        StackFailed: a worker ended or did not get on, or events were refused.
        TooShort: too few commits were seen.
    """
    with machine.running_kafka() as (broker, folder):
        with machine.Watch(broker, WORKER_APP, [topic.name for topic in TOPICS]) as watch:
            known = _written(case, broker, watch)
            workers = _started(case, broker, folder)
            try:
                wait_shared(workers)
                wait_until(lambda: watch.has_passed(known), workers, "the accounts are not applied")
                steps = follow([worker.child for worker in workers], watch, _enough(case))
            finally:
                for worker in workers:
                    worker.child.stop()
        _refuse_dead_letters(broker)
    return pace(steps, case.accounts + case.events, case.warm_up_s)


def _started(case: Case, broker: Broker, folder: Path) -> list[Worker]:
    names = [f"worker-{number}" for number in range(case.workers)]
    return [Worker(broker, folder / name, name, name) for name in names]


def _written(case: Case, broker: Broker, watch: machine.Watch) -> dict[tuple[str, int], int]:
    """Write accounts and load; where the accounts' facts end."""
    now = datetime.now(UTC)
    machine.fill(broker, census(range(case.accounts), now - timedelta(seconds=_LOAD_SPAN_S)))
    known = watch.written_by_place()
    recipe = Recipe(case.events, now, accounts=case.accounts, skew=SKEW, span_s=_LOAD_SPAN_S)
    machine.fill(broker, made_ahead(recipe))
    return known


def _enough(case: Case) -> Callable[[Sequence[Sample]], bool]:
    until = case.accounts + case.events * _UNTIL

    def enough(steps: Sequence[Sample]) -> bool:
        return bool(steps) and (steps[-1].events >= until or steps[-1].at_s - steps[0].at_s >= case.watch_s)

    return enough


def _refuse_dead_letters(broker: Broker) -> None:
    with machine.Watch(broker, "bench", [DEAD_LETTERS.name]) as watch:
        if refused := watch.written():
            raise StackFailed(f"{refused} events of the load were refused: the figures say nothing")
