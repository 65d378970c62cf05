"""One process a directory: the lock that says who holds it. The system frees it when the holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consumers.clickhouse.errors import DirectoryHeld, DirectoryUnusable

_NAME = "warehouse.lock"


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Hold the directory, made when it is missing, for as long as the block runs.

    Raises:
        DirectoryHeld: another process has it; the message names its pid.
        DirectoryUnusable: the directory or the lock cannot be written.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data_dir / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise DirectoryUnusable(data_dir, error.strerror or str(error)) from error
    try:
        _take(descriptor, data_dir)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, data_dir: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 64, 0).decode("ascii", "replace").strip()
        raise DirectoryHeld(data_dir, f"process {holder}" if holder else "another process") from None
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        # The lock holds without the name of its holder, and a full disk must not keep the warehouse from opening.
        if not os.fstat(descriptor).st_size == 0:
            raise DirectoryUnusable(data_dir, error.strerror or str(error)) from error
