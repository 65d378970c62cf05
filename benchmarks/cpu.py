"""CPU time of a process with all its threads, from /proc: what the kernel booked, not what a program says of itself."""

import os
from pathlib import Path
from typing import Final

from pulse.errors import Missing

_PROC: Final = Path("/proc")


def require() -> None:
    """Refuse to measure where the kernel does not tell.

    Raises:
        Missing: there is no /proc.
    """
    if not (_PROC / "self" / "stat").exists():
        raise Missing("The benchmarks read CPU time from /proc, which this machine does not have: run them on Linux.")


def seconds_of(pid: int) -> float:
    """User and system seconds of a process, and of its children that ended; 0 when it is gone."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return ticks_in(stat) / os.sysconf("SC_CLK_TCK")


def ticks_in(stat: str) -> int:
    """The ticks in a line of /proc/PID/stat; the name in brackets may hold spaces and brackets.

    >>> ticks_in("7 (a) b) S 1 7 7 0 -1 0 0 0 0 0 250 50 10 5 20 0")
    315
    """
    return sum(int(field) for field in stat.rpartition(")")[2].split()[11:15])
