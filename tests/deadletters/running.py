"""The command, and dead letters for it to find."""

import json
from collections.abc import Iterable
from contextlib import chdir
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pulse.commands.dead_letters import app
from pulse.errors import PulseError
from schemas.broker import Broker
from schemas.codec import STRUCTURED_HEADERS
from schemas.deadletters import DeadLetter
from schemas.errors import Reason
from schemas.topics import DEAD_LETTERS, PURCHASES, Topic
from tests.worker.running import Log

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MARKS: list[tuple[str, bytes | None]] = [*STRUCTURED_HEADERS, ("trace", b"\x00\xff"), ("twice", b"1"), ("twice", b"2")]


@dataclass(frozen=True)
class Ran:
    """How the command ended and what it said."""

    returncode: int
    stdout: bytes
    stderr: bytes


class DeadLetters:
    """`pulse dead-letters` against a broker, run in an empty folder. In this process: a new one costs a second each."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self._env: dict[str, str | None] = {
            "COLUMNS": "200",
            "PULSE_BROKER__BOOTSTRAP": broker.bootstrap,
            "PULSE_BROKER__EMBEDDED": str(broker.embedded).lower(),
            "PULSE_BROKER__PARTITIONS": str(broker.partitions),
        }
        self._folder = folder

    def run(self, *arguments: str) -> Ran:
        """Run it to its end."""
        with chdir(self._folder):
            ended = CliRunner().invoke(app, list(arguments), env=self._env)
        if isinstance(ended.exception, PulseError):  # what the command line makes an exit code of
            return Ran(int(ended.exception.exit_code), ended.stdout_bytes, str(ended.exception).encode())
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Ran(ended.exit_code, ended.stdout_bytes, ended.stderr_bytes)

    def json(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """What it says with --json."""
        ran = self.run(*arguments, "--json")
        assert ran.returncode == code, ran.stderr.decode()
        found: dict[str, Any] = json.loads(ran.stdout)
        return found

    def ids(self, *arguments: str) -> list[str]:
        """The ids it lists, in its order."""
        return [letter["id"] for letter in self.json("list", *arguments)["dead_letters"]]


def letter(
    offset: int, reason: Reason = Reason.INVALID, topic: Topic = PURCHASES, refused_at: datetime = AT
) -> DeadLetter:
    """What is said of a record of partition 0."""
    return DeadLetter(topic.name, 0, offset, reason, "the test says so", "worker 0.1.0", refused_at)


def bury(log: Log, about: DeadLetter, value: bytes | None, key: bytes | None = b"A1") -> str:
    """Write a dead letter as the worker does, its own headers `MARKS`; returns its id."""
    log.send_raw(DEAD_LETTERS, key=key, value=value, headers=about.to_headers(MARKS))
    return f"{about.topic}/{about.partition}/{about.offset}"


def only(records: Iterable[Any]) -> Any:
    """The one record there is."""
    (record,) = records
    return record
