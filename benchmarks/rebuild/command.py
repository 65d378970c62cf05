"""The `rebuild` benchmark: a history in the embedded ClickHouse, every score computed anew from it."""

import os
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import cpu, resident
from benchmarks.conditions import conditions
from benchmarks.load import Recipe
from benchmarks.rebuild.history import Warehouse, connected, fill, running_warehouse
from consumers.runtime.clickhouse import Client
from pulse.rebuilding.run import Request, finish, opened, steps
from streams.core.policies import default_policy

_EVENTS: Final = 3_000_000
_QUICK_EVENTS: Final = 500_000
_ACCOUNTS: Final = 10_000
_SPAN_S: Final = 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class Options:
    """`events` None takes the usual count."""

    quick: bool = False
    events: int | None = None


def run(options: Options) -> dict[str, float]:
    """Measure and print; flat figures, the unit in the name.

    Raises:
        Missing: this machine does not tell CPU time.
        StackFailed: the warehouse did not come up or to rest.
    """
    cpu.require()
    count = options.events or (_QUICK_EVENTS if options.quick else _EVENTS)
    print(*conditions(datetime.now(UTC)), "", sep="\n", flush=True)
    recipe = Recipe(count, datetime.now(UTC), accounts=_ACCOUNTS, span_s=_SPAN_S)
    with TemporaryDirectory(prefix="pulse-bench-") as folder, running_warehouse(Path(folder)) as warehouse:
        print(f"{count:,} events about {_ACCOUNTS:,} accounts over a year, in the embedded ClickHouse", flush=True)
        with closing(connected(warehouse)) as client:
            facts = fill(client, recipe)
            return _told(_measured(client, warehouse, facts))


def _measured(client: Client, warehouse: Warehouse, facts: int) -> dict[str, float]:
    """The whole of a rebuild: plan, read, fold, score, write. A first one warms up both processes."""
    _rebuild(client)
    before, began_s = _cpu_s(warehouse), time.perf_counter()
    accounts = _rebuild(client)
    wall_s = time.perf_counter() - began_s
    ours, theirs = (after - earlier for after, earlier in zip(_cpu_s(warehouse), before, strict=True))
    return {
        "facts": facts,
        "accounts": accounts,
        "wall_s": wall_s,
        "cpu_s": ours + theirs,
        "cpu_s_of_the_rebuild": ours,
        "cpu_s_of_clickhouse": theirs,
        "events_per_second": facts / wall_s,
        "events_per_cpu_second": facts / (ours + theirs),
        "peak_bytes_of_the_rebuild": resident.peak_bytes(os.getpid()),
    }


def _rebuild(client: Client) -> int:
    """Returns how many accounts were scored."""
    known = opened(client, Request(default_policy(), afresh=True), datetime.now(UTC))
    accounts = sum(step.accounts for step in steps(client, known))
    finish(client, known, datetime.now(UTC))
    return accounts


def _cpu_s(warehouse: Warehouse) -> tuple[float, float]:
    return cpu.seconds_of(os.getpid()), cpu.seconds_of(warehouse.pid)


def _told(figures: dict[str, float]) -> dict[str, float]:
    for name, figure in figures.items():
        print(f"  {name:<38}{figure:>18,.1f}", flush=True)
    return {name: round(figure, 3) for name, figure in figures.items()}
