"""What the log says of the accounts that differ, line by line in the order of time: to find out why they do."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.torture.differences import Verdict
from tests.torture.letters import named
from tests.torture.logread import Read
from tests.torture.rows import read

ACCOUNTS: Final = 10


@dataclass(frozen=True, slots=True)
class Log:
    """Everything on the topics at the end."""

    inputs: Sequence[Read]
    changelog: Sequence[Read]
    health: Sequence[Read]
    alerts: Sequence[Read]
    letters: Sequence[Read]


def write_evidence(folder: Path, verdict: Verdict, log: Log) -> None:
    """One file an account for the first that differ, and all differences in one."""
    if verdict.is_exact:
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "differences.txt").write_text("".join(f"{one}\n" for one in verdict.differences))
    keys = {record.key for record in log.inputs}
    subjects = dict.fromkeys(one.subject.encode() for one in verdict.differences)
    for account in [subject for subject in subjects if subject in keys][:ACCOUNTS]:
        (folder / f"{account.decode()}.txt").write_text("".join(f"{line}\n" for line in _lines(account, log)))


def _lines(account: bytes, log: Log) -> Iterable[str]:
    of_account = [record for part in (log.inputs, log.changelog, log.health, log.alerts) for record in part]
    found = [record for record in of_account if record.key == account]
    partition = found[0].partition
    ours = [*found, *(one for one in log.changelog if one.partition == partition and (one.key or b"")[:1] == b"\x00")]
    for record in sorted(ours, key=lambda record: (record.arrived_ms, record.topic, record.offset)):
        moment = datetime.fromtimestamp(record.arrived_ms / 1000, UTC)
        yield f"{moment:%H:%M:%S.%f}"[:12] + f" {named(record.place)} {' '.join(_told(record))}"


def _told(record: Read) -> Iterator[str]:
    if record.key is not None and record.key.startswith(b"\x00"):
        yield (record.value or b"").decode(errors="replace")
    elif record.topic.endswith("-changelog"):
        row = read(record.value or b"")
        yield f"row of generation {row.generation}: {row.applied} facts, fences {row.fence}, at {row.at!r}"
    else:
        yield from _fields(record)


def _fields(record: Read) -> Iterator[str]:
    try:
        told = json.loads(record.value or b"")
    except ValueError:
        yield "poison"
        return
    names = ("type", "source", "id", "time", "version", "events_applied", "score", "produced_at")
    for name in (*names, "kind", "episode", "step_no", "step", "facts", "decided_at"):
        if name in told:
            yield f"{name}={told[name]}"
