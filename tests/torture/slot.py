"""One process of a torture over all its lives: started, killed, stopped, started again, its output kept in a file."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from pulse.local.child import Child, Command

_GONE_S: Final = 10.0
_LEAVE_S: Final = 15.0


class Slot:
    """`on_death` is called, in another thread, when the process ended and nobody had asked it to.

    `failed_starts` counts how often in a row that was before it was ready.
    """

    def __init__(self, command: Command, folder: Path, on_death: Callable[["Slot"], None]) -> None:
        self.name = command.name
        self._command = command
        self._on_death = on_death
        self._log: IO[str] = (folder / f"{command.name}.log").open("a", buffering=1, encoding="utf-8")
        self._child: Child | None = None
        self._wanted = False
        self.failed_starts = 0

    @property
    def is_up(self) -> bool:
        """Whether it runs, or is stopped, as it should."""
        return self._wanted and self._child is not None and self._child.exit_code is None

    @property
    def is_missing(self) -> bool:
        """Whether it should run and does not."""
        return self._wanted and not self.is_up

    def start(self) -> None:
        """Start it; an earlier life that is not over is ended first."""
        self.end(_LEAVE_S)
        self._log.write("---- started\n")
        self._wanted = True
        self._child = Child(self._command, on_line=self._keep, on_change=self._changed)

    def wait_ready(self) -> None:
        """Wait until it says that it is ready.

        Raises:
            StackFailed: it ended, or took too long.
        """
        if self._child is not None:
            self._child.wait_ready()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._wanted = False
        if self._child is not None:
            self._child.kill()
            self._child.wait(_GONE_S)

    def ask_to_stop(self) -> None:
        """SIGTERM, once: a second one would end it in the middle of its stopping. It ends in its own time."""
        if self._wanted and self._child is not None:
            self._child.ask_to_stop()
        self._wanted = False

    def end(self, grace_s: float) -> int | None:
        """SIGTERM unless it was asked to stop, SIGKILL after `grace_s`; its exit code, None when it never ran."""
        self.ask_to_stop()
        if self._child is not None and self._child.wait(grace_s) is None:
            self.kill()
        return self.exit_code

    def send(self, number: signal.Signals) -> None:
        """A signal to the process, if it runs."""
        if self._child is not None and self._child.exit_code is None:
            os.kill(self._child.pid, number)

    @property
    def exit_code(self) -> int | None:
        """That of its last life; None while it runs."""
        return None if self._child is None else self._child.exit_code

    def close(self) -> None:
        """Kill it if it still runs, and close its file."""
        self.send(signal.SIGCONT)
        self.kill()
        self._log.close()

    def _keep(self, line: str) -> None:
        if not self._log.closed:
            self._log.write(line + "\n")

    def _changed(self, child: Child) -> None:
        if child is self._child and child.exit_code is not None and self._wanted:
            self.failed_starts = self.failed_starts + 1 if child.ready_fields is None else 0
            self._on_death(self)
