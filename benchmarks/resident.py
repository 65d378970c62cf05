"""How much memory a process holds, from /proc: what is resident, and the most that ever was."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

_SETTLED_WITHIN: Final = 0.005
_SETTLED_FOR: Final = 10
_LOOK_EVERY_S: Final = 1.0
_GIVE_UP_S: Final = 120.0


def resident_bytes(pid: int) -> int:
    """What is resident now."""
    return bytes_in((Path("/proc") / str(pid) / "status").read_text(), "VmRSS")


def peak_bytes(pid: int) -> int:
    """The most that was resident since the process began."""
    return bytes_in((Path("/proc") / str(pid) / "status").read_text(), "VmHWM")


def bytes_in(status: str, name: str) -> int:
    r"""A size in the text of /proc/PID/status.

    >>> bytes_in("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n", "VmRSS")
    1048576
    """
    line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def is_settled(seen: Sequence[int]) -> bool:
    """Whether the last looks lie so close together that nothing goes on any more.

    >>> is_settled([10] + [1000, 1001] * 5), is_settled([1000] * 9 + [1100])
    (True, False)
    """
    last = seen[-_SETTLED_FOR:]
    return len(last) == _SETTLED_FOR and max(last) - min(last) <= _SETTLED_WITHIN * max(last)


def settled_bytes(pid: int, sleep: Callable[[float], None] = time.sleep) -> int:
    """What is resident once that has stopped moving, or after two minutes."""
    seen: list[int] = []
    while not is_settled(seen) and len(seen) * _LOOK_EVERY_S < _GIVE_UP_S:
        sleep(_LOOK_EVERY_S)
        seen.append(resident_bytes(pid))
    return seen[-1]
