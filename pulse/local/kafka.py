"""A real Apache Kafka on this machine: one node in KRaft mode, data on disk.

`python -m pulse.local.kafka --data DIR --port N` formats the storage once, runs Kafka as its child, logs `ready` when
it serves, and stops it cleanly on SIGTERM. It stays between supervisor and Java: Java cannot watch the lifeline.
"""

import argparse
import ctypes
import secrets
import signal
import subprocess
import sys
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulse.errors import PulseError, StackFailed
from pulse.local import jars, lifeline
from pulse.local.child import Command, say_ready
from pulse.local.ports import free_port
from schemas.topics import DEFAULT_PARTITIONS

_STARTED: Final = "Kafka Server started"
_PR_SET_PDEATHSIG: Final = 1
_HEAP_MB: Final = 512
_LOGGING: Final = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    "-Dorg.slf4j.simpleLogger.showShortLogName=true",
)


@dataclass(frozen=True, slots=True)
class Node:
    """One broker. `data` holds its log and its properties; `heap_mb` is Java's -Xmx."""

    data: Path
    port: int
    heap_mb: int = _HEAP_MB
    partitions: int = DEFAULT_PARTITIONS
    cache: Path | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients reach it."""
        return f"127.0.0.1:{self.port}"


def command(node: Node, name: str = "broker") -> Command:
    """How to start it as a child; its `ready` line carries `bootstrap`. The first start fetches Kafka."""
    argv = [sys.executable, "-m", "pulse.local.kafka", "--data", str(node.data), "--port", str(node.port)]
    argv += ["--heap-mb", str(node.heap_mb), "--partitions", str(node.partitions)]
    argv += ["--cache", str(node.cache)] if node.cache else []
    return Command(name, tuple(argv), ready_within_s=300)


def properties(node: Node, controller_port: int) -> str:
    """The node's server.properties."""
    lines = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{node.port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{node.port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(node.data / "log"),
        "num.partitions": str(node.partitions),
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # One machine, few members: waiting for more of them only delays the start.
        "group.initial.rebalance.delay.ms": "0",
        # Kafka's own six seconds let nobody ask to be missed sooner.
        "group.min.session.timeout.ms": "1000",
        # The default of 128 MB is a quarter of the heap we give it.
        "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def run(node: Node, on_ready: Callable[[], None]) -> int:
    """Run Kafka until SIGTERM or SIGINT; returns its exit code, 0 when it was asked to stop.

    Raises:
        Missing: Java or Maven is not there.
        StackFailed: the storage could not be formatted.
    """
    java = [jars.java(), f"-Xmx{node.heap_mb}m", *_LOGGING, "-cp", ":".join(map(str, _jars(node)))]
    config = _prepare(node, java)
    process = subprocess.Popen(
        [*java, "kafka.Kafka", str(config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread until here
    )
    asked = threading.Event()

    def stop(*_: object) -> None:
        asked.set()
        process.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    lifeline.watch()
    _relay(process, on_ready)
    code = process.wait()
    return 0 if asked.is_set() else code or 1


def _jars(node: Node) -> Sequence[Path]:
    return jars.jars(node.cache or jars.default_cache())


def _prepare(node: Node, java: Sequence[str]) -> Path:
    """Write the properties and, the first time, format the storage."""
    node.data.mkdir(parents=True, exist_ok=True)
    config = node.data / "server.properties"
    config.write_text(properties(node, free_port()))
    if not (node.data / "log" / "meta.properties").exists():
        _format(java, config)
    return config


def _format(java: Sequence[str], config: Path) -> None:
    """Under an id of its own: 16 bytes as Kafka writes them. Its own tool for that would start Java once more."""
    cluster = urlsafe_b64encode(b"pulse" + secrets.token_bytes(11)).decode().rstrip("=")  # never begins like an option
    argv = [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(config)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise StackFailed(f"Kafka's storage tool could not format {config.parent}:\n{ran.stdout}{ran.stderr}")


def _relay(process: subprocess.Popen[bytes], on_ready: Callable[[], None]) -> None:
    """Pass Java's output on, and tell when it says that it serves."""
    if process.stdout is None:
        raise AssertionError("the output is always piped")
    for raw in process.stdout:
        line = raw.decode(errors="replace").rstrip()
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        if _STARTED in line:
            on_ready()


def _die_with_parent() -> None:
    """The kernel ends Java when this process is killed; runs in the child before exec, while we have one thread."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _arguments() -> Node:
    parser = argparse.ArgumentParser(prog="python -m pulse.local.kafka", description="Run one Apache Kafka node.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--heap-mb", type=int, default=_HEAP_MB)
    parser.add_argument("--partitions", type=int, default=DEFAULT_PARTITIONS)
    parser.add_argument("--cache", type=Path, default=None)
    given = parser.parse_args()
    return Node(given.data.resolve(), given.port, given.heap_mb, given.partitions, given.cache)


def main() -> int:
    """Run the node named by the arguments."""
    node = _arguments()
    try:
        return run(node, lambda: say_ready(bootstrap=node.bootstrap))
    except PulseError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main())
