"""`pulse up` as a child of the tests: started, listened to, asked, stopped."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from consumers.runtime.clickhouse import ClickHouse, connect, rows
from pulse.local.running import RunningStack

UP_WITHIN_S = 120.0
ROOT = Path(__file__).parents[2]


class Up:
    """A running `pulse up --json`; `up` is what it said of itself."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self._said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.lines: list[str] = []
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PULSE_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pulse", "up", "--json", "--auto-ports", "--data", str(data), *options],
            cwd=data.parent,
            env={**clean, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_up(self) -> None:
        """Wait until it says that it is up."""
        self._wait(lambda said: said == "up", "up", UP_WITHIN_S)

    def wait_said(self, part: str, timeout_s: float) -> dict[str, Any]:
        """The next line whose event contains `part`."""
        return self._wait(lambda said: part in said, part, timeout_s)

    def _wait(self, wanted: Callable[[str], bool], what: str, timeout_s: float) -> dict[str, Any]:
        ends = time.monotonic() + timeout_s
        while (left_s := ends - time.monotonic()) > 0:
            try:
                said = self._said.get(timeout=left_s)
            except queue.Empty:
                break
            if said is None:
                break
            if wanted(str(said.get("event"))):
                return said
        raise AssertionError(f"never said {what!r}:\n" + "\n".join(self.lines[-40:]))

    def stop(self, number: int = signal.SIGINT, within_s: float = 30) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(within_s)
        self._reader.join(5)
        return code

    def close(self) -> None:
        """Stop it if it still runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reader.join(5)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def described(self) -> RunningStack:
        """What `stack.json` says now."""
        return RunningStack.model_validate_json((self.data / "stack.json").read_bytes())

    def post(self, *events: dict[str, Any]) -> httpx.Response:
        """Send events through the gateway as the local tools do."""
        stack = self.described()
        headers = {
            "authorization": f"Bearer {stack.key_file.read_text().strip()}",
            "content-type": "application/cloudevents-batch+json",
        }
        return httpx.post(f"{stack.gateway_url}/v1/events", headers=headers, content=json.dumps(events), timeout=20)

    def query(self, sql: str, **parameters: str) -> list[dict[str, Any]]:
        """Rows of the warehouse; `{name:String}` in the text stands for a parameter."""
        section = dict(self.described().settings["clickhouse"])
        section["password"] = Path(section.pop("password_file")).read_text().strip()
        client = connect(ClickHouse.model_validate(section))
        try:
            return rows(client, sql, parameters)
        finally:
            client.close()

    def mails(self) -> list[str]:
        """The caught mails, oldest first."""
        return [path.read_text(errors="replace") for path in sorted((self.data / "mail").glob("*.eml"))]

    def _read(self) -> None:
        if self.process.stdout is None:
            raise AssertionError("the output is always piped")
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            try:
                self._said.put(json.loads(line))
            except ValueError:
                self._said.put({"event": line})
        self._said.put(None)


@contextmanager
def up(data: Path, *options: str) -> Iterator[Up]:
    """A stack that is up for the time of the block."""
    started = Up(data, *options)
    try:
        started.wait_up()
        yield started
    finally:
        started.close()


def event(
    event_type: str, subject: str, data: dict[str, Any], number: int = 1, at: datetime | None = None
) -> dict[str, Any]:
    """A CloudEvent of the test's own source."""
    return {
        "specversion": "1.0",
        "id": f"{event_type}-{subject}-{number}",
        "source": "test/stack",
        "type": event_type,
        "subject": subject,
        "time": (at or datetime.now(UTC)).isoformat(),
        "data": data,
    }


def alive(pid: int) -> bool:
    """Whether this process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
