"""One torture of delivery from beginning to end: bring up, kill and fail under load, let it settle, compare."""

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from pulse import topics
from pulse.local import jars, kafka
from pulse.local.child import Command
from pulse.local.ports import free_port
from schemas.alerts import AlertStep
from schemas.broker import Broker
from schemas.deliveries import DeliveryReceipt
from tests.delivery.running import receipts_on, writing
from tests.torture.ground import PULSE
from tests.torture.slot import Slot
from tests.torture_delivery.load import expected, managers, steps
from tests.torture_delivery.receivers import Receivers
from tests.torture_delivery.verdict import Verdict, judge

NAMES: Final = ("delivery-1", "delivery-2")
STUCK_S: Final = 60.0
"""Nothing settled for so long: the rest will not be."""
_SESSION_S: Final = 6.0
_MARGIN_S: Final = 2 * _SESSION_S + 2.0
"""How long after a kill or an outage its consequences last: a partition may be with nobody for a session."""

_OUTAGE_EVERY_S: Final = 25.0
_OUTAGE_S: Final = 2.5
_HOOK_WAITS_S: Final = (0.5, 1.0) + (2.0,) * 10
"""A web server that is away costs every message a try."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: `kills` in all, `rate` steps a second, two processes unless `processes` says otherwise."""

    seed: int
    kills: int
    rate: float = 25.0
    processes: int = 2


@dataclass(slots=True)
class Outcome:
    """What came of it. `answers` counts by channel and mood what the receivers answered."""

    verdict: Verdict
    answers: dict[str, int]
    steps: int
    duration_s: float
    settled_after_s: float


@dataclass(slots=True)
class _Notes:
    """What was done, by the clock of this process."""

    written: list[AlertStep] = field(default_factory=list)
    breaks_s: list[tuple[float, float]] = field(default_factory=list)


class Course:
    """One run. `folder` keeps the broker's data and the logs of all processes."""

    def __init__(self, trial: Trial, folder: Path, say: Say) -> None:
        self._trial = trial
        self._say = say
        self._notes = _Notes()
        self._rng = Random(f"{trial.seed}/faults")
        self._receivers = Receivers(trial.seed)
        self._broker = Broker(bootstrap=f"127.0.0.1:{free_port()}", partitions=4)
        logs = folder / "logs"
        logs.mkdir(parents=True)
        port = int(self._broker.bootstrap.split(":")[1])
        node = kafka.Node(folder / "kafka", port, 512, 4, jars.default_cache())
        self._kafka = Slot(kafka.command(node, "broker"), logs, lambda _: None)
        names = NAMES[: trial.processes]
        self._deliveries = [Slot(self._command(name), logs, lambda _: None) for name in names]

    def run(self) -> Outcome:
        """Everything, in order; no process is left behind."""
        began = time.monotonic()
        try:
            self._up()
            self._feed_and_kill()
            settled_after_s = self._settled()
            wanted, receipts = expected(self._notes.written), receipts_on(self._broker)
            verdict = judge(wanted, receipts, self._receivers.arrivals, self._notes.breaks_s)
            answers = dict(sorted(self._receivers.answers.items()))
            return Outcome(verdict, answers, len(self._notes.written), time.monotonic() - began, settled_after_s)
        finally:
            for slot in (*self._deliveries, self._kafka):
                slot.close()
            self._receivers.close()

    def _up(self) -> None:
        self._kafka.start()
        self._kafka.wait_ready()
        topics.apply(self._broker)
        with writing(self._broker) as put:
            put([], list(managers()))
        for slot in self._deliveries:
            slot.start()
        for slot in self._deliveries:
            slot.wait_ready()

    def _feed_and_kill(self) -> None:
        over = threading.Event()
        feeder = threading.Thread(target=self._feed, args=(over,))
        feeder.start()
        try:
            self._do_harm()
        finally:
            over.set()
            feeder.join()

    def _feed(self, over: threading.Event) -> None:
        load = steps(self._trial.seed, datetime.now(UTC))
        with writing(self._broker) as put:
            while not over.wait(1 / self._trial.rate):
                step = next(load)
                put([step], [])
                self._notes.written.append(step)

    def _do_harm(self) -> None:
        kills, away_at = 0, time.monotonic() + _OUTAGE_EVERY_S
        while kills < self._trial.kills:
            time.sleep(self._rng.uniform(0.3, 3.0))
            victims = self._rng.choice([[slot] for slot in self._deliveries] * 2 + [self._deliveries])
            for slot in victims:
                slot.kill()
                self._note_break(time.monotonic())
            kills += len(victims)
            time.sleep(self._rng.uniform(0.0, 1.0))
            for slot in victims:
                slot.start()
            if time.monotonic() >= away_at:
                self._go_away()
                away_at = time.monotonic() + _OUTAGE_EVERY_S
            self._say(f"{kills} kills, {len(self._notes.written)} steps, {len(self._receivers.arrivals)} messages")

    def _go_away(self) -> None:
        server = self._rng.choice(self._receivers.servers)
        server.go_away()
        self._note_break(time.monotonic())
        time.sleep(_OUTAGE_S)
        server.come_back()

    def _note_break(self, at_s: float) -> None:
        self._notes.breaks_s.append((at_s - 0.5, at_s + _MARGIN_S))

    def _settled(self) -> float:
        """Wait until every notification that must be made has a receipt that settles it, or none is settled any more;
        how long that took.
        """
        for slot in self._deliveries:
            slot.wait_ready()
        began = moved_at = time.monotonic()
        wanted, left = expected(self._notes.written).keys(), -1
        while time.monotonic() - moved_at < STUCK_S:
            unsettled = len(wanted - _settled_ones(receipts_on(self._broker)))
            if not unsettled:
                break
            if unsettled != left:
                left, moved_at = unsettled, time.monotonic()
                self._say(f"{unsettled} notifications to be settled")
            time.sleep(2.0)
        return time.monotonic() - began

    def _command(self, name: str) -> Command:
        settings = {
            "instance_id": name,
            "session_timeout_s": _SESSION_S,
            "retry": {"first_s": 0.5, "most_s": 2, "webhook": _HOOK_WAITS_S},
            "attention": {"spared": False},
            **self._receivers.settings(),
        }
        env = {f"PULSE_DELIVERY__{key.upper()}": _as_text(value) for key, value in settings.items()}
        env |= {"PULSE_BROKER__BOOTSTRAP": self._broker.bootstrap, "PULSE_LOGS__FORMAT": "json"}
        return Command(name, (sys.executable, *PULSE, "deliver"), env)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _settled_ones(receipts: list[DeliveryReceipt]) -> set[str]:
    return {it.notification_id for it in receipts if it.outcome.value != "deferred"}
