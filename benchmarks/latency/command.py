"""The `latency` benchmark: at each rate, event to health and to alert through the worker, beside the raw two hops."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from benchmarks import machine
from benchmarks.ahead import made_ahead
from benchmarks.conditions import conditions
from benchmarks.engine.contender import Ground
from benchmarks.engine.measure import Load, measure
from benchmarks.engine.ours import OURS
from benchmarks.latency.hops import Run, ours, raw
from benchmarks.latency.spread import Spread
from benchmarks.load import Recipe
from schemas.topics import HEALTH

_SATURATION: Final = Load(events=2_000_000, warm_up_s=5, watch_s=45)
_SECONDS: Final = 40
_QUICK_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class Options:
    """`rates` in events a second. `half_of`: besides, half of this many; None measures it, unless it is `quick`."""

    quick: bool = False
    rates: tuple[int, ...] = (1_000, 10_000)
    half_of: int | None = None


def run(options: Options) -> dict[str, float]:
    """Measure and print; flat figures, the unit in the name.

    Raises:
        Missing: something needed is not installed.
        StackFailed: the worker or the sender did not do its part.
        TooShort: nothing was seen.
    """
    machine.require_tools()
    print(*conditions(datetime.now(UTC)), "", sep="\n", flush=True)
    seconds = _QUICK_SECONDS if options.quick else _SECONDS
    figures: dict[str, float] = {}
    for each in options.rates:
        figures |= _at(f"at_{each}_per_s", Run(each, seconds))
    most = options.half_of or (None if options.quick else _most())
    if most:
        rate = most // 200 * 100
        figures |= {"most_events_per_s": most, "half_of_most_events_per_s": rate}
        figures |= _at("at_half_of_most", Run(rate, seconds))
    return figures


def _most() -> int:
    """How many events a second one worker applies from a backlog."""
    with machine.running_kafka() as (broker, folder):
        print(f"what one worker applies from a backlog of {_SATURATION.events:,} events:", flush=True)
        machine.fill(broker, made_ahead(Recipe(_SATURATION.events, datetime.now(UTC))))
        found = measure(OURS, Ground(broker, folder / "ours", HEALTH.name), _SATURATION).pace.events_per_second
    print(f"  {found:,.0f} events/s", flush=True)
    return round(found)


def _at(where: str, run: Run) -> dict[str, float]:
    with machine.running_kafka() as (broker, folder):
        print(
            f"{run.rate:,} events/s for {run.seconds} s, one Apache Kafka, {broker.partitions} partitions", flush=True
        )
        figures = _report(f"raw_two_hops_{where}", bare := raw(broker, run))
        for name, found in ours(broker, folder, run).items():
            figures |= _report(f"{name}_{where}", found)
            figures[f"{name}_{where}_ratio_p99"] = round(found.p99_ms / bare.p99_ms, 2)
    return figures


def _report(name: str, found: Spread) -> dict[str, float]:
    print(
        f"  {name:<36} p50 {found.p50_ms:>8.1f}  p99 {found.p99_ms:>8.1f}  p99.9 {found.p999_ms:>8.1f}"
        f"  max {found.max_ms:>8.1f} ms  ({found.count:,} events)",
        flush=True,
    )
    return {f"{name}_p50_ms": found.p50_ms, f"{name}_p99_ms": found.p99_ms, f"{name}_p999_ms": found.p999_ms}
