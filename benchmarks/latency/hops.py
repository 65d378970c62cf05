"""One run at one rate: through our worker, or through the raw relay; the same sender, the same reader."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

from benchmarks import machine
from benchmarks.census import census
from benchmarks.latency import drops
from benchmarks.latency.arrivals import Arrivals, Timetable
from benchmarks.latency.spread import Spread, spread, told_by_event, told_by_snapshot
from benchmarks.workers import Worker, wait_applied
from pulse.errors import StackFailed
from pulse.local.child import Child, Command
from schemas.broker import Broker
from schemas.topics import ALERTS, HEALTH

ACCOUNTS: Final = 10_000
_MAKE_S_PER_RECORD: Final = 0.00003
_START_S: Final = 4.0
_GRACE_S: Final = 5.0
WARM_UP_S: Final = 5.0
_LATE_MS: Final = 100.0
"""A sender that is later than this with one record in a hundred has no capacity to spare: it would measure itself."""


@dataclass(frozen=True, slots=True)
class Run:
    """`rate` events a second for `seconds`, of which the first `warm_up_s` are not counted."""

    rate: int
    seconds: int
    warm_up_s: float = WARM_UP_S


def ours(broker: Broker, folder: Path, run: Run) -> dict[str, Spread]:
    """The spread of `event_to_health` and `event_to_alert`, with all accounts in the state before the first event."""
    now = time.time()
    causes = drops.causes(run.rate * run.seconds, run.rate)
    known = chain(census(range(ACCOUNTS), datetime.fromtimestamp(now, UTC)), drops.preparation(causes, now))
    print(f"  worker as shipped; in the state before: {machine.fill(broker, known):,} accounts", flush=True)
    worker = Worker(broker, folder / "ours", "ours")
    try:
        wait_applied(worker)
        arrivals = Arrivals(broker, {HEALTH.name: told_by_snapshot, ALERTS.name: drops.told_by_alert})
        timetable = timed(arrivals, run, "-")
    finally:
        worker.child.stop()
    return {
        "event_to_health": spread(arrivals.latencies(HEALTH.name, timetable)),
        "event_to_alert": spread(arrivals.latencies(ALERTS.name, timetable)),
    }


def raw(broker: Broker, run: Run) -> Spread:
    """The spread of the two hops alone."""
    source, target = "bench.raw.in", "bench.raw.out"
    for name in (source, target):
        machine.create_topic(broker, name)
    argv = (sys.executable, "-m", "benchmarks.latency.relay", broker.bootstrap, source, target)
    child = Child(Command("relay", argv))
    try:
        child.wait_ready()
        arrivals = Arrivals(broker, {target: told_by_event})
        return spread(arrivals.latencies(target, timed(arrivals, run, source)))
    finally:
        child.kill()
        child.wait(5)


def timed(arrivals: Arrivals, run: Run, topic: str) -> Timetable:
    """Let the sender write by a timetable that begins soon, and read meanwhile; `topic` as the sender has it."""
    start = time.time() + _START_S + run.rate * run.seconds * _MAKE_S_PER_RECORD
    numbers = (str(start), str(run.rate), str(run.seconds))
    argv = [sys.executable, "-m", "benchmarks.latency.sender", arrivals.broker.bootstrap, *numbers, topic]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as sender:
        arrivals.read_until(start + run.seconds + _GRACE_S)
        said, _ = sender.communicate(timeout=60)
    if sender.returncode != 0:
        raise StackFailed("the sender ended with an error")
    _check(json.loads(said), run)
    return Timetable(start, run.rate, run.seconds, run.warm_up_s)


def _check(sent: dict[str, float], run: Run) -> None:
    """Latency counts from the timetable, so a sender that cannot keep it measures itself."""
    told = f"p99 {sent['behind_p99_ms']} ms, at most {sent['behind_ms']} ms behind its timetable"
    print(f"  sent {sent['sent']:,} at {run.rate:,}/s, {told}", flush=True)
    if sent["prepared_s"] < 0:
        raise StackFailed(f"the sender was still making its records {-sent['prepared_s']:.1f} s after it was to start")
    if sent["sent"] < run.rate * run.seconds:
        raise StackFailed(f"Kafka took only {sent['sent']} of {run.rate * run.seconds} records in time")
    if sent["behind_p99_ms"] > _LATE_MS:
        raise StackFailed(
            f"the sender could not keep {run.rate:,} events a second: {told}; the figures would be its own"
        )
