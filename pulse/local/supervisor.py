"""Keeps processes running: starts them, waits until they are ready, restarts what dies, stops all.

Which processes there are, in which order, and what a death means beyond a restart is the stack's business
(`pulse/local/stack.py`). One thread owns a supervisor; children and signals reach it through a queue.
"""

import queue
import signal
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from pulse.errors import StackFailed
from pulse.local.child import Child, Command
from pulse.local.report import Output, Report

_STOP: Final = "stop"


class StopAsked(Exception):
    """Somebody asked the stack to stop (SIGINT, SIGTERM)."""


class Hopeless(Exception):
    """A child died in a way that a restart cannot mend; the message says what happened."""


def mendable(name: str, code: int) -> str | None:
    """The policy of a supervisor that knows of no hopeless death."""
    return None


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before restart number `deaths`; a process that ran for `calm_s` begins anew."""

    first_s: float = 0.5
    most_s: float = 20.0
    calm_s: float = 60.0

    def pause_s(self, deaths: int) -> float:
        """Doubling from `first_s` to `most_s`.

        >>> [Backoff().pause_s(deaths) for deaths in (1, 2, 3, 10)]
        [0.5, 1.0, 2.0, 20.0]
        """
        return min(self.most_s, self.first_s * 2.0 ** (min(deaths, 30) - 1))


@dataclass(slots=True)
class _Kept:
    child: Child
    output: Output
    deaths: int = 0
    since: float = 0.0
    restart_at: float | None = None


class Supervisor:
    """`clock` is monotonic seconds. Use `signals()` around everything, so that Ctrl-C stops in order.

    `hopeless(name, exit_code)` says why a death cannot be mended by a restart, None when it can; `on_restart` is called
    after every restart.
    """

    def __init__(self, report: Report, logs: Path, clock: Callable[[], float], backoff: Backoff | None = None) -> None:
        self.on_restart: Callable[[], None] = lambda: None
        self.hopeless: Callable[[str, int], str | None] = mendable
        self._report = report
        self._logs = logs
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._kept: dict[str, _Kept] = {}
        self._happened: queue.SimpleQueue[Child | str] = queue.SimpleQueue()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM ask to stop, for the time of the block; a second one kills all at once."""
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in before:
            signal.signal(number, self._on_signal)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def ask_to_stop(self) -> None:
        """The same as SIGINT once, from any thread."""
        self._happened.put(_STOP)

    def pids(self) -> dict[str, int]:
        """The process id of each child that is kept."""
        return {name: kept.child.pid for name, kept in self._kept.items()}

    def is_alive(self, name: str) -> bool:
        """Whether this child is kept and runs."""
        kept = self._kept.get(name)
        return kept is not None and kept.child.exit_code is None

    def start(self, commands: Iterable[Command]) -> dict[str, Child]:
        """Start all of `commands` at once and return when all are ready.

        Raises:
            StackFailed: one ended before, or took too long; the message carries its last lines.
            StopAsked: somebody asked to stop meanwhile.
        """
        wanted = {command.name: self._keep(command).child for command in commands}
        ends = {name: self._clock() + child.command.ready_within_s for name, child in wanted.items()}
        while waiting := [child for child in wanted.values() if child.ready_fields is None]:
            self._refuse_dead(waiting)
            left_s = min(ends[child.command.name] for child in waiting) - self._clock()
            if left_s <= 0:
                self._too_late(waiting, ends)
            self._next(left_s)
        return wanted

    def run_to_end(self, command: Command) -> Child:
        """Start `command` and return it when it has ended well; it is not restarted, all others are.

        Raises:
            StackFailed: it ended badly; the message carries its last lines.
            Hopeless: another one died beyond mending meanwhile.
            StopAsked: somebody asked to stop meanwhile.
        """
        kept = self._keep(command)
        try:
            while kept.child.exit_code is None:
                self._mend(but=command.name)
                self._next(self._until_restart())
            code = kept.child.wait(5)
        finally:
            self.stop([command.name], 2.0)
        if code != 0:
            raise StackFailed(f"{command.name} ended with exit code {code}; its last lines:\n{kept.child.tail()}")
        return kept.child

    def watch(self) -> NoReturn:
        """Restart what dies, as often as it dies.

        Raises:
            Hopeless: one died beyond mending.
            StopAsked: somebody asked to stop.
        """
        while True:
            self._mend()
            self._next(self._until_restart())

    def stop(self, names: Collection[str] | None = None, grace_s: float = 8.0) -> None:
        """Stop the named children (all without names) together and forget them: SIGTERM, after `grace_s` SIGKILL."""
        leaving = [self._kept.pop(name) for name in list(self._kept) if names is None or name in names]
        for kept in leaving:
            kept.child.ask_to_stop()
        ends = self._clock() + grace_s
        for kept in leaving:
            if kept.child.wait(max(0.0, ends - self._clock())) is None:
                self._report.say(f"{kept.child.command.name} did not stop within {grace_s:.0f} s and is killed")
                kept.child.kill()
                kept.child.wait(5)
            kept.output.close()

    def pause(self, seconds: float) -> None:
        """Watch for so long.

        Raises:
            Hopeless: one died beyond mending.
            StopAsked: somebody asked to stop.
        """
        ends = self._clock() + seconds
        while (left_s := ends - self._clock()) > 0:
            self._mend()
            until_restart_s = self._until_restart()
            self._next(left_s if until_restart_s is None else min(left_s, until_restart_s))

    def _keep(self, command: Command) -> _Kept:
        output = Output(command.name, self._logs, self._report)
        kept = _Kept(Child(command, output.line, self._happened.put), output, since=self._clock())
        self._kept[command.name] = kept
        return kept

    def _mend(self, but: str | None = None) -> None:
        for name, kept in list(self._kept.items()):
            code = kept.child.exit_code
            if code is None or name == but:
                continue
            if kept.restart_at is None:
                if (reason := self.hopeless(name, code)) is not None:
                    raise Hopeless(reason)
                self._plan_restart(name, kept, code)
            elif self._clock() >= kept.restart_at:
                self._restart(name, kept)

    def _plan_restart(self, name: str, kept: _Kept, code: int) -> None:
        kept.child.wait(2)
        calm = self._clock() - kept.since > self._backoff.calm_s
        kept.deaths = 1 if calm else kept.deaths + 1
        pause_s = self._backoff.pause_s(kept.deaths)
        kept.restart_at = self._clock() + pause_s
        self._report.say(
            f"{name} ended ({ending(code)}), restarting in {pause_s:.1f} s; its last lines:\n{kept.child.tail()}",
            process=name,
            exit_code=code,
        )

    def _restart(self, name: str, kept: _Kept) -> None:
        kept.restart_at = None
        kept.since = self._clock()
        kept.child = Child(kept.child.command, kept.output.line, self._happened.put)
        self._report.say(f"{name} restarted (pid {kept.child.pid})", process=name, pid=kept.child.pid)
        self.on_restart()

    def _until_restart(self) -> float | None:
        due = [kept.restart_at for kept in self._kept.values() if kept.restart_at is not None]
        return max(0.0, min(due) - self._clock()) if due else None

    def _refuse_dead(self, waiting: Sequence[Child]) -> None:
        for child in waiting:
            if child.exit_code is not None:
                child.wait_ready(2)

    def _too_late(self, waiting: Sequence[Child], ends: dict[str, float]) -> None:
        for child in waiting:
            if self._clock() >= ends[child.command.name]:
                limit_s, tail = child.command.ready_within_s, child.tail()
                raise StackFailed(f"{child.command.name} was not ready within {limit_s:.0f} s; its last lines:\n{tail}")

    def _next(self, timeout_s: float | None) -> None:
        """Wait until something happened, at most `timeout_s`."""
        try:
            happened = self._happened.get(timeout=timeout_s)
        except queue.Empty:
            return
        if happened == _STOP:
            raise StopAsked

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        signal.signal(number, self._on_second_signal)
        self._happened.put(_STOP)

    def _on_second_signal(self, *_: object) -> None:
        for kept in list(self._kept.values()):
            kept.child.kill()


def ending(code: int) -> str:
    """How a process ended, in words.

    >>> ending(-9), ending(1)
    ('killed by SIGKILL', 'exit code 1')
    """
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
