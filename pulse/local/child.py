"""One child process: started by exec in its own process group, its output read line by line, its end awaited.

A child is ready when it logs the structured event `ready` (one JSON line). What to do when a child dies is the
supervisor's business, not decided here.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pulse.errors import StackFailed
from pulse.local import lifeline

LAST_LINES: Final = 20
STOP_GRACE_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class Command:
    """What to run. `env` is laid over the parent's environment."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready_within_s: float = 120.0


class Child:
    """A running process. In a thread of its own `on_line` gets every line of its output, and `on_change` is called when
    it has become ready and when it has ended.
    """

    def __init__(
        self,
        command: Command,
        on_line: Callable[[str], None] | None = None,
        on_change: Callable[["Child"], None] | None = None,
    ) -> None:
        self.command = command
        self._on_change = on_change
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self.ready_fields: dict[str, Any] | None = None
        self._on_line = on_line
        self._settled = threading.Event()
        self._process, self._lifeline = _spawn(command)
        self._reader = threading.Thread(target=self._read, name=f"{command.name}-output", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id, which is its process group's too."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.poll()

    def wait_ready(self, timeout_s: float | None = None) -> dict[str, Any]:
        """The fields of its `ready` line.

        Raises:
            StackFailed: it ended, or was not ready in time; the message carries its last lines.
        """
        limit_s = self.command.ready_within_s if timeout_s is None else timeout_s
        settled = self._settled.wait(limit_s)
        if self.ready_fields is not None:
            return self.ready_fields
        what = f"ended with exit code {self.wait(5)}" if settled else f"was not ready within {limit_s:.0f} s"
        raise StackFailed(f"{self.command.name} {what}; its last lines:\n{self.tail()}")

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Its exit code once it has ended and its output is read; None if it still runs after `timeout_s`."""
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(2)
        return code

    def tail(self) -> str:
        """Its last lines, indented."""
        return "\n".join(f"    {line}" for line in self.last_lines) or "    (it wrote nothing)"

    def ask_to_stop(self) -> None:
        """SIGTERM to the process (its own children are its own business)."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self, grace_s: float = STOP_GRACE_S) -> int | None:
        """SIGTERM, and after `grace_s` SIGKILL to its group; returns its exit code."""
        self.ask_to_stop()
        if self.wait(grace_s) is None:
            self.kill()
        return self.wait(5)

    def kill(self) -> None:
        """SIGKILL to its process group."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def _read(self) -> None:
        stream = self._process.stdout
        if stream is None:
            raise AssertionError("the output is always piped")
        with stream:
            for raw in stream:
                self._take(raw.decode(errors="replace").rstrip("\n"))
        self._process.wait()
        os.close(self._lifeline)
        self._settle()

    def _take(self, line: str) -> None:
        self.last_lines.append(line)
        if self.ready_fields is None and (fields := ready_fields(line)) is not None:
            self.ready_fields = fields
            self._settle()
        if self._on_line is not None:
            self._on_line(line)

    def _settle(self) -> None:
        self._settled.set()
        if self._on_change is not None:
            self._on_change(self)


def ready_fields(line: str) -> dict[str, Any] | None:
    """The fields of a `ready` event, None for any other line.

    >>> ready_fields('{"event": "ready", "port": 8080}')
    {'event': 'ready', 'port': 8080}
    >>> ready_fields('{"event": "already"}') is None
    True
    """
    if '"ready"' not in line:
        return None
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) and fields.get("event") == "ready" else None


def say_ready(**fields: str | int) -> None:
    """Write the `ready` line by hand: for children that configure no logging."""
    sys.stdout.write(json.dumps({"event": "ready", **fields}) + "\n")
    sys.stdout.flush()


def _spawn(command: Command) -> tuple[subprocess.Popen[bytes], int]:
    read_fd, write_fd = os.pipe()
    try:
        process = subprocess.Popen(
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(read_fd,),
            env={**os.environ, "PYTHONUNBUFFERED": "1", **command.env, lifeline.VARIABLE: str(read_fd)},
        )
    except OSError:
        os.close(write_fd)
        raise
    finally:
        os.close(read_fd)
    return process, write_fd
