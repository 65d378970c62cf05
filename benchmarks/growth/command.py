"""The `growth` benchmark: more accounts with one worker, then more workers with one count of accounts."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from benchmarks import cpu, machine
from benchmarks.conditions import conditions
from benchmarks.growth.case import SKEW, Case, measure
from benchmarks.pace import Pace

_FULL: Final = Case(accounts=100_000, workers=1, events=4_000_000, warm_up_s=4, watch_s=60)
_QUICK: Final = Case(accounts=100_000, workers=1, events=1_500_000, warm_up_s=2, watch_s=20)
_FEWER, _MORE = 10_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """`events` None takes the usual count."""

    quick: bool = False
    events: int | None = None


def cases(options: Options) -> list[Case]:
    """What is measured, in that order; quick leaves out the million and the four workers."""
    usual = _QUICK if options.quick else _FULL
    usual = replace(usual, events=options.events or usual.events)
    counts = (_FEWER, usual.accounts) if options.quick else (_FEWER, usual.accounts, _MORE)
    more = (2,) if options.quick else (2, 4)
    return [*(replace(usual, accounts=count) for count in counts), *(replace(usual, workers=count) for count in more)]


def run(options: Options) -> dict[str, float]:
    """Measure and print; flat figures, the unit in the name.

    Raises:
        Missing: something needed is not installed.
        StackFailed: a worker did not do its part, or refused events.
        TooShort: too few events to tell a rate.
    """
    cpu.require()
    machine.require_tools()
    print(*conditions(datetime.now(UTC)), "", sep="\n", flush=True)
    chosen = cases(options)
    print(f"{chosen[0].events:,} events, Zipf {SKEW} over the accounts, all of them in the state before;", end=" ")
    print("one Apache Kafka, made anew for each case; workers as shipped, with instance ids", flush=True)
    return figures([(case, _told(case)) for case in chosen])


def figures(measured: list[tuple[Case, Pace]]) -> dict[str, float]:
    """Flat figures, and how much of the fewest accounts' events per CPU second is left with more of them."""
    found: dict[str, float] = {}
    first = measured[0][1].events_per_cpu_second
    for case, pace in measured:
        name = f"{case.accounts}_accounts_{case.workers}_workers"
        found[f"{name}_events_per_second"] = round(pace.events_per_second, 1)
        found[f"{name}_events_per_cpu_second"] = round(pace.events_per_cpu_second, 1)
        if case.workers == 1:
            found[f"{name}_cpu_ratio_to_fewest"] = round(pace.events_per_cpu_second / first, 3)
    return found


def _told(case: Case) -> Pace:
    pace = measure(case)
    print(
        f"  {case.accounts:>9,} accounts  {case.workers} workers  {pace.events_per_second:>10,.0f} events/s"
        f"  {pace.events_per_cpu_second:>10,.0f} per CPU second  over {pace.window_s:.1f} s",
        flush=True,
    )
    return pace
