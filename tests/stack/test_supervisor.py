"""The supervisor: what dies comes back and says why, what is asked to stop stops, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulse.errors import StackFailed
from pulse.local.child import Command
from pulse.local.supervisor import Backoff, Hopeless, StopAsked, Supervisor
from tests.waiting import until

READY = """print('{"event": "ready"}', flush=True)\n"""
SLEEP = "import time; time.sleep(60)\n"


class Told:
    """A report that keeps what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str, **fields: Any) -> None:
        self.lines.append(text)

    def has(self, part: str) -> bool:
        return any(part in line for line in self.lines)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def supervisor(told: Told, tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(told, tmp_path / "logs", time.monotonic, Backoff(first_s=0.1))
    yield made
    made.stop(grace_s=1)


def program(name: str, text: str, ready_within_s: float = 10) -> Command:
    return Command(name, (sys.executable, "-c", text), ready_within_s=ready_within_s)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{pid}/stat").exists() or Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def watch_until(supervisor: Supervisor, told: Told, part: str) -> None:
    """Watch until a line with `part` was told; the death of `tick` wakes the watch up again and again."""
    supervisor.hopeless = lambda name, _: "enough" if name == "tick" and told.has(part) else None
    supervisor.start([program("tick", READY + "import time; time.sleep(0.1)")])
    with pytest.raises(Hopeless, match="enough"):
        supervisor.watch()


def test_a_killed_child_is_restarted_and_its_last_lines_are_shown(supervisor: Supervisor, told: Told) -> None:
    supervisor.start([program("victim", "print('I was here', flush=True)\n" + READY + SLEEP)])
    first = supervisor.pids()["victim"]
    os.kill(first, signal.SIGKILL)
    watch_until(supervisor, told, "victim restarted")
    assert told.has("victim ended (killed by SIGKILL), restarting in 0.1 s")
    assert told.has("I was here")
    assert supervisor.pids()["victim"] != first
    assert supervisor.is_alive("victim")


def test_a_death_that_a_restart_cannot_mend_is_handed_to_the_stack(supervisor: Supervisor) -> None:
    supervisor.start([program("worker", READY + "raise SystemExit(78)")])
    supervisor.hopeless = lambda name, code: f"{name} {code}" if code == 78 else None
    with pytest.raises(Hopeless, match="worker 78"):
        supervisor.watch()


def test_what_dies_while_a_task_runs_is_restarted_so_that_the_task_can_end(
    supervisor: Supervisor, told: Told, tmp_path: Path
) -> None:
    mark = tmp_path / "second start"
    reader = f"from pathlib import Path\nmark = Path({str(mark)!r})\nfirst = not mark.with_suffix('.first').exists()\n"
    reader += f"mark.with_suffix('.first').touch()\n{READY}\nif first: raise SystemExit(1)\nmark.touch()\n{SLEEP}"
    supervisor.start([program("reader", reader)])
    task = f"import time\nfrom pathlib import Path\nwhile not Path({str(mark)!r}).exists(): time.sleep(0.05)"
    supervisor.run_to_end(program("task", task))
    assert told.has("reader ended (exit code 1)")


def test_a_task_that_fails_fails_with_its_last_lines(supervisor: Supervisor) -> None:
    with pytest.raises(StackFailed, match=r"(?s)task ended with exit code 1.*it was the disk"):
        supervisor.run_to_end(program("task", "print('it was the disk')\nraise SystemExit(1)"))


def test_a_child_that_ends_before_it_is_ready_fails_the_start_with_its_last_lines(supervisor: Supervisor) -> None:
    with pytest.raises(StackFailed, match=r"(?s)broken ended with exit code 3.*no such table"):
        supervisor.start([program("broken", "print('no such table')\nraise SystemExit(3)")])


def test_a_child_that_is_never_ready_fails_the_start(supervisor: Supervisor) -> None:
    with pytest.raises(StackFailed, match="idle was not ready within 0 s"):
        supervisor.start([program("idle", SLEEP, ready_within_s=0.3)])


def test_a_child_that_ignores_sigterm_is_killed(supervisor: Supervisor, told: Told) -> None:
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    supervisor.start([program("deaf", deaf + READY + SLEEP)])
    pid = supervisor.pids()["deaf"]
    supervisor.stop(grace_s=0.3)
    assert not alive(pid)
    assert told.has("deaf did not stop within 0 s and is killed")


def test_an_interrupt_ends_every_wait(supervisor: Supervisor) -> None:
    supervisor.start([program("steady", READY + SLEEP)])
    with supervisor.signals():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StopAsked):
            supervisor.watch()


def test_the_backoff_grows_and_a_calm_run_forgives() -> None:
    backoff = Backoff(first_s=1, most_s=8)
    assert [backoff.pause_s(deaths) for deaths in range(1, 6)] == [1, 2, 4, 8, 8]


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    child = textwrap.dedent(
        """
        from pulse.local import lifeline
        lifeline.watch(1.0)
        import os, time
        print('{"event": "ready", "pid": %d}' % os.getpid(), flush=True)
        time.sleep(60)
        """
    )
    parent = textwrap.dedent(
        f"""
        import sys, time
        from pulse.local.child import Child, Command
        started = Child(Command("child", (sys.executable, "-c", {child!r})))
        print(started.wait_ready()["pid"], flush=True)
        time.sleep(60)
        """
    )
    running = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    with running:
        assert running.stdout is not None
        pid = int(running.stdout.readline())
        assert alive(pid)
        running.kill()
    until(lambda: not alive(pid), 5)
