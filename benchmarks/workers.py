"""Our worker processes, as shipped, with their status page: started, asked how they stand, waited for."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks import machine
from benchmarks.following import follow
from benchmarks.load import TOPICS
from benchmarks.pace import Sample
from pulse.errors import StackFailed
from pulse.local.child import Child, Command
from pulse.local.ports import free_port
from schemas.broker import Broker
from schemas.topics import WORKER_APP

_LOOK_EVERY_S: Final = 0.1
_STALLED_AFTER_S: Final = 300.0
_STOP_S: Final = 60.0


@dataclass(slots=True)
class Worker:
    """One `python -m pulse worker`; everything not named here has its default. It is started at once."""

    broker: Broker
    data: Path
    name: str
    instance_id: str | None = None
    standby_replicas: int = 0
    _port: int = field(init=False)
    child: Child = field(init=False)

    def __post_init__(self) -> None:
        self._port = free_port()
        settings = {
            "BROKER__BOOTSTRAP": self.broker.bootstrap,
            "BROKER__PARTITIONS": self.broker.partitions,
            "STACK__DATA": self.data,
            "WORKER__METRICS_PORT": self._port,
            "WORKER__INSTANCE_ID": self.instance_id,
            "WORKER__STANDBY_REPLICAS": self.standby_replicas,
        }
        env = {f"PULSE_{name}": str(value) for name, value in settings.items() if value is not None}
        self.child = Child(Command(self.name, (sys.executable, "-m", "pulse", "worker"), env))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.child.pid

    def standing(self) -> dict[str, Any]:
        """What /readyz says, empty when it does not answer."""
        try:
            found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self._port}/readyz", timeout=5).json()
        except httpx.TransportError:
            return {}
        return found

    def partitions(self) -> set[int]:
        """The partitions it serves; empty while it is not ready."""
        standing = self.standing()
        return {part["partition"] for part in standing["partitions"]} if standing.get("ready") else set()

    def metric(self, name: str) -> float:
        """A metric without labels.

        Raises:
            StackFailed: it does not tell it.
        """
        for line in httpx.get(f"http://127.0.0.1:{self._port}/metrics", timeout=5).text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
        raise StackFailed(f"the worker tells no metric {name}")

    def stop(self) -> float:
        """SIGTERM; the seconds until it has ended.

        Raises:
            StackFailed: it had not ended after a minute, and was killed.
        """
        began = time.monotonic()
        self.child.ask_to_stop()
        if self.child.wait(_STOP_S) is None:
            self.child.kill()
            raise StackFailed(f"{self.name} did not end within {_STOP_S:.0f} s of SIGTERM")
        return time.monotonic() - began


def wait_until(happened: Callable[[], bool], workers: list[Worker], what: str) -> None:
    """Wait for it.

    Raises:
        StackFailed: a worker ended, or it took too long.
    """
    deadline = time.monotonic() + _STALLED_AFTER_S
    while not happened():
        for worker in workers:
            if worker.child.exit_code is not None:
                raise StackFailed(f"{worker.name} ended; its last lines:\n{worker.child.tail()}")
        if time.monotonic() > deadline:
            raise StackFailed(f"waited {_STALLED_AFTER_S:.0f} s in vain: {what}")
        time.sleep(_LOOK_EVERY_S)


def wait_shared(workers: list[Worker]) -> None:
    """Wait until the workers serve all partitions, each as many as the others."""

    def shared() -> bool:
        owned = [worker.partitions() for worker in workers]
        count = workers[0].broker.partitions
        return set[int]().union(*owned) == set(range(count)) and all(len(o) == count // len(workers) for o in owned)

    wait_until(shared, workers, "the workers do not share the partitions")


def wait_applied(worker: Worker) -> list[Sample]:
    """Wait until everything written is applied and committed; the commits seen meanwhile."""
    with machine.Watch(worker.broker, WORKER_APP, [topic.name for topic in TOPICS]) as watch:
        written = watch.written()
        if watch.committed() >= written:
            return []
        return follow([worker.child], watch, lambda steps: bool(steps) and steps[-1].events >= written)
