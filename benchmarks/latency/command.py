"""The `latency` benchmark: at each rate, event to health through the worker, beside the raw two hops."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import machine
from benchmarks.conditions import conditions
from benchmarks.engine.contender import Ground
from benchmarks.engine.ours import OURS
from benchmarks.latency.arrivals import Arrivals, Timetable
from benchmarks.latency.spread import Spread, spread, told_by_event, told_by_snapshot
from pulse.errors import StackFailed
from pulse.local.child import Child, Command
from schemas.broker import Broker
from schemas.topics import HEALTH

_MAKE_S_PER_RECORD: Final = 0.00004
_START_S: Final = 4.0
_GRACE_S: Final = 5.0
_WARM_UP_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """`rates` in events a second."""

    quick: bool = False
    rates: tuple[int, ...] = (1_000, 10_000)


def run(options: Options) -> dict[str, float]:
    """Measure and print; flat figures, the unit in the name.

    Raises:
        Missing: something needed is not installed.
        StackFailed: the worker or the sender did not do its part.
        TooShort: nothing was seen.
    """
    machine.require_tools()
    seconds = 15 if options.quick else 40
    print(*conditions(datetime.now(UTC)), "", sep="\n", flush=True)
    figures: dict[str, float] = {}
    for rate in options.rates:
        with machine.running_kafka() as (broker, folder):
            figures |= _report(f"raw_two_hops_at_{rate}_per_s", _raw(broker, rate, seconds))
            figures |= _report(f"event_to_health_at_{rate}_per_s", _ours(broker, folder, rate, seconds))
    return figures


def _ours(broker: Broker, folder: Path, rate: int, seconds: int) -> Spread:
    child = Child(OURS.start(Ground(broker, folder, HEALTH.name)))
    try:
        child.wait_ready()
        return _timed(Arrivals(broker, HEALTH.name, told_by_snapshot), rate, seconds, "-")
    finally:
        child.stop()


def _raw(broker: Broker, rate: int, seconds: int) -> Spread:
    source, target = "bench.raw.in", "bench.raw.out"
    for name in (source, target):
        machine.create_topic(broker, name)
    argv = (sys.executable, "-m", "benchmarks.latency.relay", broker.bootstrap, source, target)
    child = Child(Command("relay", argv))
    try:
        child.wait_ready()
        return _timed(Arrivals(broker, target, told_by_event), rate, seconds, source)
    finally:
        child.kill()
        child.wait(5)


def _timed(arrivals: Arrivals, rate: int, seconds: int, topic: str) -> Spread:
    start = time.time() + _START_S + rate * seconds * _MAKE_S_PER_RECORD
    timetable = Timetable(start, rate, seconds, _WARM_UP_S)
    numbers = (str(start), str(rate), str(seconds))
    argv = [sys.executable, "-m", "benchmarks.latency.sender", arrivals.broker.bootstrap, *numbers, topic]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as sender:
        arrivals.read_until(start + seconds + _GRACE_S)
        said, _ = sender.communicate(timeout=60)
    if sender.returncode != 0:
        raise StackFailed("the sender ended with an error")
    sent = json.loads(said)
    print(f"  sent {sent['sent']:,} at {rate:,}/s, at most {sent['behind_ms']} ms behind its timetable", flush=True)
    return spread(arrivals.latencies(timetable))


def _report(name: str, found: Spread) -> dict[str, float]:
    print(
        f"{name:<36} p50 {found.p50_ms:>8.1f}  p99 {found.p99_ms:>8.1f}  p99.9 {found.p999_ms:>8.1f}"
        f"  max {found.max_ms:>8.1f} ms  ({found.count:,} events)",
        flush=True,
    )
    return {f"{name}_p50_ms": found.p50_ms, f"{name}_p99_ms": found.p99_ms, f"{name}_p999_ms": found.p999_ms}
