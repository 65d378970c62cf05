"""The `memory` benchmark: one worker, accounts in two portions; what the second one added, divided by its size."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from benchmarks import machine, resident
from benchmarks.census import census
from benchmarks.conditions import conditions
from benchmarks.memory.arrays import held_bytes, row_bytes
from benchmarks.workers import Worker, wait_applied, wait_shared
from schemas.broker import Broker

_ACCOUNTS: Final = 1_000_000
_QUICK_ACCOUNTS: Final = 200_000
_FIRST_PORTION: Final = 10
"""The first portion is a tenth: code, buffers and pools are there by then and cancel out."""


@dataclass(frozen=True, slots=True)
class Options:
    """`accounts` None takes the usual count."""

    quick: bool = False
    accounts: int | None = None


def run(options: Options) -> dict[str, float]:
    """Measure and print; flat figures, the unit in the name.

    Raises:
        Missing: something needed is not installed.
        StackFailed: the worker did not do its part.
    """
    machine.require_tools()
    accounts = options.accounts or (_QUICK_ACCOUNTS if options.quick else _ACCOUNTS)
    few = accounts // _FIRST_PORTION
    print(*conditions(datetime.now(UTC)), "", sep="\n", flush=True)
    with machine.running_kafka() as (broker, folder):
        print(f"{few:,}, then {accounts:,} accounts with a fact each, one Apache Kafka,", end=" ")
        print(f"{broker.partitions} partitions; one worker as shipped, with an instance id", flush=True)
        worker = Worker(broker, folder / "one", "one", "worker-1")
        before = _settled(broker, worker, range(few))
        after = _settled(broker, worker, range(few, accounts))
        most = resident.peak_bytes(worker.pid)
        worker.child.kill()
        worker.child.wait()
        again = Worker(broker, folder / "one", "one", "worker-1")
        wait_shared([again])
        peak = resident.peak_bytes(again.pid)
        recovered = resident.settled_bytes(again.pid)
        again.stop()
    held = held_bytes(accounts // broker.partitions) * broker.partitions
    return _told(
        {
            "accounts": accounts,
            "bytes_per_account": (after - before) / (accounts - few),
            "array_bytes_per_account": row_bytes(),
            "array_bytes_per_account_with_growth": held / accounts,
            "resident_bytes_at_first_portion": before,
            "resident_bytes": after,
            "peak_bytes_while_applying": most,
            "recovery_peak_bytes": peak,
            "resident_bytes_after_recovery": recovered,
        }
    )


def _settled(broker: Broker, worker: Worker, portion: range) -> int:
    """What is resident once these accounts are applied, told, and all has come to rest."""
    machine.fill(broker, census(portion, datetime.now(UTC)))
    wait_applied(worker)
    return resident.settled_bytes(worker.pid)


def _told(figures: dict[str, float]) -> dict[str, float]:
    for name, figure in figures.items():
        print(f"  {name:<38}{figure:>18,.1f}", flush=True)
    return {name: round(figure, 1) for name, figure in figures.items()}
