"""What the local stack tells the person in front of it: a line each, plain or as JSON.

The full output of every process goes to files; here only what is worth a look.
"""

import json
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, TextIO

_NOTABLE: Final = frozenset({"warning", "error", "critical"})


class Report(Protocol):
    """Where the stack tells what happens. May be called from any thread."""

    def say(self, text: str, **fields: Any) -> None:
        """Tell that something happened; `fields` are for machines."""


class Lines:
    """Lines on a stream: `12:30:01 text`, or JSON objects with `as_json`."""

    def __init__(self, now: Callable[[], datetime], stream: TextIO | None = None, *, as_json: bool = False) -> None:
        self._now = now
        self._stream = stream or sys.stdout
        self._as_json = as_json
        self._lock = threading.Lock()

    def say(self, text: str, **fields: Any) -> None:
        """Write one line."""
        now = self._now()
        if self._as_json:
            line = json.dumps({"timestamp": now.isoformat(), "event": text, **fields}, default=str)
        else:
            line = f"{now.astimezone():%H:%M:%S} {text}"
        self.show(line)

    def show(self, text: str) -> None:
        """Write the text as it is."""
        with self._lock, suppress(BrokenPipeError):  # nobody reads any more: the stack runs on, its logs have it all
            self._stream.write(text + "\n")
            self._stream.flush()


class Output:
    """What one process writes: all of it into its file, warnings and errors to the report too, repetitions once."""

    def __init__(self, name: str, folder: Path, report: Report) -> None:
        self._name = name
        self._report = report
        self._last: str | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / f"{name}.log").open("a", encoding="utf-8")

    def line(self, line: str) -> None:
        """Take one line."""
        self._file.write(line + "\n")
        self._file.flush()
        told = notable(line)
        if told is not None and told != self._last:
            self._last = told
            self._report.say(f"{self._name}: {told}", process=self._name)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def notable(line: str) -> str | None:
    """A warning, an error, or what is marked `tell` in one short line; None for everything else.

    >>> notable('{"event": "broker_away", "level": "warning", "bootstrap": "127.0.0.1:9092", "process": "sink"}')
    'broker_away bootstrap=127.0.0.1:9092'
    >>> notable('{"event": "ready", "level": "info"}') is None
    True
    """
    if '"level"' not in line:
        return None
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    level, tell = fields.pop("level", None), fields.pop("tell", False)
    if level not in _NOTABLE and not tell:
        return None
    event = fields.pop("event", "")
    for unneeded in ("timestamp", "process", "logger"):
        fields.pop(unneeded, None)
    told = str(fields.pop("exception", "")).strip().splitlines()[-1:]
    return " ".join([str(event), *(f"{name}={value}" for name, value in fields.items()), *told])[:400]
