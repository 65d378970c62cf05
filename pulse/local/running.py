"""Who holds a data folder, and where the processes of its stack are: `<data>/stack.json` and `<data>/lock`.

`pulse emit`, `import`, `doctor` and the others find the running stack by it. The lock is the truth about who holds the
folder (the kernel frees it however the holder ends), the file only describes.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from pulse.errors import Held

DEFAULT_DATA: Final = Path("var/pulse")
_OWNER_ONLY: Final = 0o600
_TRIES: Final = 3
_PAUSE_S: Final = 0.05


class RunningStack(BaseModel):
    """A local stack as it describes itself. `settings` are sections for whoever wants to reach it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pid: int
    started_at: AwareDatetime
    data: Path
    kafka: bool
    bootstrap: str
    gateway_url: str
    console_url: str
    warehouse_url: str
    mail_port: int
    key_file: Path
    processes: dict[str, int]
    settings: dict[str, dict[str, Any]]


def find(data: Path) -> RunningStack | None:
    """The stack that runs on this folder, None when none does or it is not up yet."""
    path = data / "stack.json"
    if not path.exists() or _holder(data) is None:
        return None
    try:
        return RunningStack.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def describe(stack: RunningStack) -> None:
    """Write the description, readable by its owner alone; readers see the old one or the new one."""
    path = stack.data / "stack.json"
    write_private(path.with_suffix(".partial"), stack.model_dump_json(indent=2))
    path.with_suffix(".partial").rename(path)


def undescribe(data: Path) -> None:
    """Take the description away."""
    (data / "stack.json").unlink(missing_ok=True)


def left_over(data: Path) -> list[int]:
    """Process ids of an earlier run that was killed and whose processes are still on their way out."""
    try:
        written = json.loads((data / "stack.json").read_bytes())
        pids = [int(pid) for pid in written["processes"].values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return [pid for pid in pids if _is_ours(pid)]


@contextmanager
def holding(data: Path, now: datetime) -> Iterator[None]:
    """Hold the folder for the time of the block.

    Raises:
        Held: another stack has it; says its pid and since when.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("a+", encoding="utf-8") as lock:
        if not any(_taken(lock) for _ in range(_TRIES)):
            lock.seek(0)
            raise Held(f"{data} is held by {_told(lock.read())}. Stop it, or choose another --data.")
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), "since": now.isoformat()}))
        lock.flush()
        yield


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w", encoding="utf-8") as file:
        file.write(text)


def _holder(data: Path) -> str | None:
    """What the lock's holder wrote; None when nobody holds it."""
    try:
        with (data / "lock").open("r", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read()
    except OSError:
        return None
    return None


def _taken(lock: IO[str]) -> bool:
    """Try to take the lock; who only looks whether somebody holds it has it for a moment too, hence the pause."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(_PAUSE_S)
        return False
    return True


def _is_ours(pid: int) -> bool:
    """Whether it is likely still that process: its number may long be another program's."""
    try:
        return b"pulse" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _told(written: str) -> str:
    try:
        holder = json.loads(written)
        return f"the stack with pid {holder['pid']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        return "another stack that is just starting"
