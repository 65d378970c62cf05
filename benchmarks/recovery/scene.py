"""What is done to the workers, one thing after the other, and how long accounts waited for it.

Each figure counts from the signal. Events keep coming to all partitions throughout.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import resident
from benchmarks.recovery.probes import Probes
from benchmarks.recovery.waits import Probe, all_applied_s, first_applied_s, longest_wait_s
from benchmarks.workers import Worker, wait_shared, wait_until
from schemas.broker import Broker
from streams.worker.settings import WorkerSettings

_CALM_S: Final = 3.0
_AFTER_LEAVING_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A broker with a state on it; workers keep their files in `folder`."""

    broker: Broker
    folder: Path

    def worker(self, name: str, instance_id: str | None = None, standby: int = 0) -> Worker:
        """A worker, started."""
        return Worker(self.broker, self.folder / name, name, instance_id, standby)

    @property
    def everywhere(self) -> range:
        """All partitions."""
        return range(self.broker.partitions)


def killed(scene: Scene, worker: Worker) -> tuple[Worker, dict[str, float]]:
    """SIGKILL, and the same worker again at once; the new process and the figures."""
    with Probes(scene.broker) as probes:
        time.sleep(_CALM_S)
        since = time.monotonic()
        worker.child.kill()
        worker.child.wait()
        again = scene.worker(worker.name, worker.instance_id)
        _watch(probes, since, scene.everywhere, [again])
        seen = probes.so_far()
    return again, {
        "recovery_first_event_s": first_applied_s(seen, since, scene.everywhere),
        "recovery_all_partitions_s": all_applied_s(seen, since, scene.everywhere),
        "restore_s": again.metric("pulse_worker_recovery_seconds"),
        "recovery_peak_bytes": float(resident.peak_bytes(again.pid)),
    }


def restarted(scene: Scene, worker: Worker) -> tuple[Worker, dict[str, float]]:
    """SIGTERM, and the same worker again as soon as it has ended."""
    with Probes(scene.broker) as probes:
        time.sleep(_CALM_S)
        since = time.monotonic()
        exit_s = worker.stop()
        again = scene.worker(worker.name, worker.instance_id)
        _watch(probes, since + exit_s, scene.everywhere, [again])
        seen = probes.so_far()
    return again, {
        "restart_exit_s": exit_s,
        "restart_first_event_s": exit_s + first_applied_s(seen, since + exit_s, scene.everywhere),
    }


def taken_over(scene: Scene, stays: Worker, dies: Worker) -> dict[str, float]:
    """SIGKILL to one of two workers that hold each other's state as standbys."""
    partitions = dies.partitions()
    with Probes(scene.broker) as probes:
        time.sleep(_CALM_S)
        since = time.monotonic()
        dies.child.kill()
        _watch(probes, since, partitions, [stays])
        seen = probes.so_far()
    return {
        "takeover_first_event_s": first_applied_s(seen, since, partitions),
        "takeover_all_partitions_s": all_applied_s(seen, since, partitions),
        "takeover_session_timeout_s": WorkerSettings().session_timeout_s,
    }


def left(scene: Scene, stays: Worker, leaves: Worker) -> dict[str, float]:
    """SIGTERM to one of two workers; the gap is the longest that an event to one of its partitions waited."""
    partitions = leaves.partitions()
    with Probes(scene.broker) as probes:
        time.sleep(_CALM_S)
        since = time.monotonic()
        exit_s = leaves.stop()
        _watch(probes, since + exit_s, partitions, [stays])
        wait_shared([stays])
        time.sleep(_AFTER_LEAVING_S)
        seen = probes.so_far()
    return {
        "graceful_leave_gap_s": longest_wait_s(seen, since, partitions),
        "graceful_leave_others_gap_s": longest_wait_s(seen, since, set(scene.everywhere) - partitions),
        "graceful_exit_s": exit_s,
    }


def two_with_standbys(scene: Scene) -> tuple[Worker, Worker]:
    """Two workers that share the partitions and hold each other's as standbys, once both have come to rest."""
    pair = scene.worker("one", standby=1), scene.worker("two", standby=1)
    wait_shared(list(pair))
    for worker in pair:
        resident.settled_bytes(worker.pid)
    return pair


def _watch(probes: Probes, since: float, partitions: Collection[int], workers: list[Worker]) -> None:
    wait_until(_applied(probes.so_far, since, partitions), workers, "no event is applied")


def _applied(so_far: Callable[[], list[Probe]], since: float, partitions: Collection[int]) -> Callable[[], bool]:
    """Whether every partition has applied an event that was sent after `since`."""

    def applied() -> bool:
        done = {p.partition for p in so_far() if p.seen_at is not None and p.sent_at >= since}
        return done >= set(partitions)

    return applied
