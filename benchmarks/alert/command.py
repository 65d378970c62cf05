"""The `alert` benchmark: event to the mail handed over, at a steady rate, through worker and delivery as shipped."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

from confluent_kafka import Producer

from benchmarks import machine
from benchmarks.alert.mailbox import Mailbox
from benchmarks.census import census
from benchmarks.conditions import conditions
from benchmarks.latency import drops
from benchmarks.latency.arrivals import Arrivals, Timetable
from benchmarks.latency.hops import ACCOUNTS, WARM_UP_S, Run, timed
from benchmarks.latency.spread import spread
from benchmarks.load import Record, to_record
from benchmarks.workers import Worker, wait_applied
from pulse.local.child import Child, Command
from schemas.broker import Broker
from schemas.topics import ALERTS, MANAGERS, PROFILES

ALERTMANAGER_GROUP_WAIT_MS: Final = 30_000
"""Alertmanager's default group_wait: how long it holds the first notification of a group back, by its documentation."""

_RATE: Final = 1_000
_SECONDS: Final = 70
_QUICK_SECONDS: Final = 15
_BROKER_WARM_UP_S: Final = 25.0
"""For so long a broker that was started a moment ago translates its own code under this load, and takes a core."""
_OWNER: Final = "M-1"
_HOUR_S: Final = 3_600.0
_FLUSH_S: Final = 30


@dataclass(frozen=True, slots=True)
class Options:
    """`rate` in events a second."""

    quick: bool = False
    rate: int = _RATE


def run(options: Options) -> dict[str, float]:
    """Measure and print; flat figures, the unit in the name.

    Raises:
        Missing: something needed is not installed.
        StackFailed: a process did not do its part.
        TooShort: nothing was seen.
    """
    machine.require_tools()
    print(*conditions(datetime.now(UTC)), "", sep="\n", flush=True)
    timetable = Run(options.rate, _QUICK_SECONDS) if options.quick else Run(options.rate, _SECONDS, _BROKER_WARM_UP_S)
    with machine.running_kafka() as (broker, folder):
        print(
            f"{timetable.rate:,} events/s for {timetable.seconds} s, one Apache Kafka, {broker.partitions} partitions"
        )
        return _measure(broker, folder, timetable)


def _measure(broker: Broker, folder: Path, wanted: Run) -> dict[str, float]:
    now = time.time()
    causes = drops.causes(wanted.rate * wanted.seconds, wanted.rate)
    known = chain(
        census(range(ACCOUNTS), datetime.fromtimestamp(now, UTC)), drops.preparation(causes, now), _owned(causes, now)
    )
    print(f"  in the state before: {machine.fill(broker, known):,} records", flush=True)
    _appoint(broker, now)
    mailbox = Mailbox()
    mailbox.start()
    worker, delivery = Worker(broker, folder / "ours", "ours"), _delivery(broker, mailbox.port)
    try:
        wait_applied(worker)
        delivery.wait_ready()
        arrivals = Arrivals(broker, {ALERTS.name: drops.told_by_alert})
        timetable = timed(arrivals, wanted, "-")
    finally:
        for child in (delivery, worker.child):
            child.stop()
        mailbox.stop()
    return _report(arrivals, mailbox, timetable)


def _report(arrivals: Arrivals, mailbox: Mailbox, timetable: Timetable) -> dict[str, float]:
    figures: dict[str, float] = {}
    cold = replace(timetable, warm_up_s=WARM_UP_S)
    found = {
        "event_to_alert": spread(arrivals.latencies(ALERTS.name, timetable)),
        "event_to_sent": spread(mailbox.latencies(timetable)),
        "event_to_sent_with_a_cold_broker": spread(mailbox.latencies(cold)),
    }
    print(f"  of the first {timetable.warm_up_s:.0f} s nothing counts, with a cold broker of {WARM_UP_S:.0f} s")
    for name, each in found.items():
        print(f"  {name:<32} p50 {each.p50_ms:>8.1f}  p99 {each.p99_ms:>8.1f}  max {each.max_ms:>8.1f} ms", flush=True)
        figures |= {f"{name}_p50_ms": each.p50_ms, f"{name}_p99_ms": each.p99_ms, f"{name}_count": each.count}
    figures["alertmanager_group_wait_ms"] = ALERTMANAGER_GROUP_WAIT_MS
    ratio = ALERTMANAGER_GROUP_WAIT_MS / found["event_to_sent"].p99_ms
    print(
        f"  Alertmanager holds the first notification of a group back for 30 s by default: {ratio:,.0f} times this p99"
    )
    return figures


def _delivery(broker: Broker, port: int) -> Child:
    """Delivery as shipped, but that nobody's attention is spared: every alert is a mail at once."""
    env = {
        "PULSE_BROKER__BOOTSTRAP": broker.bootstrap,
        "PULSE_BROKER__PARTITIONS": str(broker.partitions),
        "PULSE_DELIVERY__SMTP__PORT": str(port),
        "PULSE_DELIVERY__ATTENTION__SPARED": "false",
    }
    return Child(Command("delivery", (sys.executable, "-m", "pulse", "deliver"), env))


def _appoint(broker: Broker, now: float) -> None:
    """A manager with a mailbox."""
    profile = {
        "name": "Manager 1",
        "role": "account_manager",
        "channels": [{"kind": "console", "address": ""}, {"kind": "email", "address": "manager-1@example.test"}],
    }
    record = to_record(MANAGERS, ("m1", now - _HOUR_S), (_OWNER, "manager.profile_set.v1", profile))
    producer = Producer({"bootstrap.servers": broker.bootstrap, **machine.PRODUCER})
    machine.produce(producer, MANAGERS.name, record)
    producer.flush(_FLUSH_S)


def _owned(causes: range, now: float) -> Iterator[Record]:
    """The causes' accounts are the manager's; each bears its number as its name."""
    for number in causes:
        account = drops.account(number)
        data = {
            "name": account,
            "segment": "mid",
            "annual_value": "1000.00",
            "currency": "EUR",
            "owner": _OWNER,
        }
        yield to_record(PROFILES, (f"p{number}", now - _HOUR_S), (account, "account.profile_set.v1", data))
