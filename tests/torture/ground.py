"""The processes of a torture: one Apache Kafka, up to three workers, one sink with its warehouse."""

import queue
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kafka.admin import ConfigResource, ConfigResourceType
from pydantic import SecretStr

from consumers.runtime.clickhouse import ClickHouse
from pulse import topics
from pulse.local import jars, kafka
from pulse.local.child import Child, Command
from pulse.local.ports import free_port
from schemas.broker import Broker
from schemas.topics import EVENT_TOPICS
from tests.policies import talkative_policy
from tests.torture.plan import BROKER, SESSION_S, SINK, WORKERS, Act, Fault
from tests.torture.slot import Slot

WAREHOUSE: Final = "warehouse"
PULSE: Final = ("-m", "pulse")
_STATE_LOST: Final = 78
_MAX_FAILED_STARTS: Final = 20
_AGAIN_S: Final = 1.0
"""After which who ended unasked is started again, as a supervisor does."""

_PASSWORD: Final = "torture"


class Ruined(Exception):
    """It is of no use to go on: a process does not come up any more, or says that its state is lost."""


@dataclass(frozen=True, slots=True)
class Options:
    """`worker_argv` is what Python runs for a worker; `worker` are its settings beyond those of the torture."""

    partitions: int = 4
    worker_argv: tuple[str, ...] = PULSE
    worker: Mapping[str, str] = field(default_factory=dict)
    heap_mb: int = 512


class Ground:
    """Starts and ends the processes. `deaths` are the names of those that ended unasked; they are started again."""

    def __init__(self, folder: Path, options: Options) -> None:
        self.broker = Broker(bootstrap=f"127.0.0.1:{free_port()}", partitions=options.partitions)
        self.clickhouse = ClickHouse(url=f"http://127.0.0.1:{free_port()}", password=SecretStr(_PASSWORD))
        self.deaths: list[str] = []
        self._options = options
        self._folder = folder
        self._ended: queue.SimpleQueue[Slot] = queue.SimpleQueue()
        self._again: list[tuple[float, Slot]] = []
        logs = folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self._slots = {command.name: Slot(command, logs, self._ended.put) for command in self._commands()}

    def up(self, workers: tuple[str, ...]) -> None:
        """Bring everything up, the broker with its topics first."""
        for name in (BROKER, WAREHOUSE):
            self._slots[name].start()
        for name in (BROKER, WAREHOUSE):
            self._slots[name].wait_ready()
        self._prepare()
        _stamp_on_arrival(self.broker)
        names = (SINK, *workers)
        for name in names:
            self._slots[name].start()
        for name in names:
            self._slots[name].wait_ready()

    def carry_out(self, fault: Fault) -> None:
        """Do to a process what the fault says."""
        slot = self._slots[fault.target]
        match fault.act:
            case Act.KILL:
                slot.kill()
            case Act.STOP:
                slot.send(signal.SIGSTOP)
            case Act.CONTINUE:
                slot.send(signal.SIGCONT)
            case Act.TERMINATE | Act.LEAVE:
                slot.ask_to_stop()
            case Act.START | Act.JOIN:
                slot.start()

    def tend(self, timeout_s: float) -> str | None:
        """Wait up to `timeout_s` for a process that ended unasked, to be started again a little later; how it ended.

        Raises:
            Ruined: it cannot go on, or this happens again and again.
        """
        self._start_again()
        try:
            slot = self._ended.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None
        words = f"{slot.name} ended by itself with exit code {slot.exit_code}"
        self.deaths.append(slot.name)
        if slot.exit_code == _STATE_LOST or slot.failed_starts > _MAX_FAILED_STARTS:
            raise Ruined(words)
        self._again.append((time.monotonic() + _AGAIN_S, slot))
        return words

    def _start_again(self) -> None:
        due = [slot for moment, slot in self._again if moment <= time.monotonic()]
        self._again = [(moment, slot) for moment, slot in self._again if slot not in due]
        for slot in due:
            if slot.is_missing:
                slot.start()

    def _prepare(self) -> None:
        """Make the topics and the tables."""
        child = Child(self._pulse("prepare", ("-m", "pulse.local.prepare")))
        try:
            child.wait_ready()
        finally:
            child.stop()

    def rest(self) -> list[str]:
        """Ask the workers to leave and wait for it; those that did not leave with exit code 0."""
        running = [self._slots[name] for name in WORKERS if self._slots[name].is_up]
        for slot in running:
            slot.ask_to_stop()
        ended = {slot.name: slot.end(20) for slot in running}
        return [f"{name} left with exit code {code}" for name, code in ended.items() if code]

    def down(self) -> None:
        """End all of it at once."""
        for slot in self._slots.values():
            slot.close()

    def _commands(self) -> list[Command]:
        node = kafka.Node(
            self._folder / "kafka", int(self.broker.bootstrap.split(":")[1]), self._options.heap_mb,
            self._options.partitions, jars.default_cache(),
        )  # fmt: skip
        return [
            kafka.command(node, BROKER),
            self._pulse(WAREHOUSE, (*PULSE, "warehouse")),
            self._pulse(SINK, (*PULSE, "sink")),
            *(self._worker(name) for name in WORKERS),
        ]

    def _worker(self, name: str) -> Command:
        settings = {
            "instance_id": name,
            "session_timeout_s": str(SESSION_S),
            "policy_file": str(talkative_policy()),
            **self._options.worker,
        }
        env = {f"PULSE_WORKER__{key.upper()}": value for key, value in settings.items()}
        return self._pulse(name, (*self._options.worker_argv, "worker"), env)

    def _pulse(self, name: str, argv: tuple[str, ...], more: Mapping[str, str] | None = None) -> Command:
        env = {
            "PULSE_BROKER__BOOTSTRAP": self.broker.bootstrap,
            "PULSE_BROKER__PARTITIONS": str(self.broker.partitions),
            "PULSE_CLICKHOUSE__URL": self.clickhouse.url,
            "PULSE_CLICKHOUSE__PASSWORD": _PASSWORD,
            "PULSE_WAREHOUSE__DATA_DIR": str(self._folder / "warehouse"),
            "PULSE_WAREHOUSE__PORT": self.clickhouse.url.rsplit(":", 1)[1],
            "PULSE_WAREHOUSE__PASSWORD": _PASSWORD,
            "PULSE_SINK__INSTANCE_ID": "sink-1",
            "PULSE_SINK__SESSION_TIMEOUT_S": str(SESSION_S),
            "PULSE_STACK__DATA": str(self._folder / "stack"),
            "PULSE_LOGS__FORMAT": "json",
        }
        return Command(name, (sys.executable, *argv), {**env, **(more or {})})


def _stamp_on_arrival(broker: Broker) -> None:
    """Records bear the broker's clock: what had arrived by when is part of the reckoning."""
    wanted = {"message.timestamp.type": "LogAppendTime"}
    with topics.admin(broker) as client:
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, wanted) for topic in EVENT_TOPICS])
