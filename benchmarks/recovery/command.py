"""The `recovery` benchmark: a state of many accounts, then what befalls its workers."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import machine
from benchmarks.census import census
from benchmarks.conditions import conditions
from benchmarks.pace import pace
from benchmarks.recovery.scene import Scene, killed, left, restarted, taken_over, two_with_standbys
from benchmarks.workers import Worker, wait_applied
from schemas.topics import CHANGELOG

_ACCOUNTS: Final = 1_000_000
_QUICK_ACCOUNTS: Final = 100_000
_WARM_UP_S: Final = 2.0
_SETTINGS: Final = "workers as shipped; one alone has an instance id, two have none and worker.standby_replicas=1"


@dataclass(frozen=True, slots=True)
class Options:
    """`accounts` None takes the usual count."""

    quick: bool = False
    accounts: int | None = None


def run(options: Options) -> dict[str, float]:
    """Measure and print; flat figures, the unit in the name.

    Raises:
        Missing: something needed is not installed.
        StackFailed: a worker did not come back.
        TooShort: too little was seen.
    """
    machine.require_tools()
    accounts = options.accounts or (_QUICK_ACCOUNTS if options.quick else _ACCOUNTS)
    print(*conditions(datetime.now(UTC)), "", sep="\n", flush=True)
    with machine.running_kafka() as (broker, folder):
        scene = Scene(broker, folder)
        print(f"{accounts:,} accounts with a fact each, one Apache Kafka, {broker.partitions} partitions;", end=" ")
        print(_SETTINGS, flush=True)
        machine.fill(broker, census(range(accounts), datetime.now(UTC)))
        figures: dict[str, float] = {"accounts": accounts}
        worker, found = _built(scene, accounts)
        figures |= _told(found | _changelog(scene, folder))
        worker, found = killed(scene, worker)
        figures |= _told(found | {"restore_accounts_per_second": accounts / found["restore_s"]})
        worker, found = restarted(scene, worker)
        figures |= _told(found)
        worker.stop()
        figures |= _told(_of_two(scene))
    return {name: round(figure, 3) for name, figure in figures.items()}


def _built(scene: Scene, accounts: int) -> tuple[Worker, dict[str, float]]:
    worker = scene.worker("one", "worker-1")
    steps = wait_applied(worker)
    return worker, {"all_new_accounts_events_per_second": pace(steps, accounts, _WARM_UP_S).events_per_second}


def _of_two(scene: Scene) -> dict[str, float]:
    one, two = two_with_standbys(scene)
    figures = taken_over(scene, one, two)
    one.stop()
    one, two = two_with_standbys(scene)
    figures |= left(scene, one, two)
    one.stop()
    return figures


def _changelog(scene: Scene, folder: Path) -> dict[str, float]:
    """How many records hold the state, and how many bytes on the broker's disk."""
    with machine.Watch(scene.broker, "bench", [CHANGELOG.name]) as watch:
        count = watch.written()
    logs = (folder / "kafka" / "log").glob(f"{CHANGELOG.name}-*/*.log")
    return {"changelog_records": count, "changelog_bytes": sum(log.stat().st_size for log in logs)}


def _told(figures: dict[str, float]) -> dict[str, float]:
    for name, figure in figures.items():
        print(f"  {name:<38}{figure:>16,.2f}", flush=True)
    return figures
