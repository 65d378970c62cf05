"""The reject file: one JSON object a line for every row that gave no accepted event, with line number and reason.

It is made when the first row is rejected. A resumed run cuts it to the length its progress file knows, so that no
row stands in it twice.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pydantic_core import to_json

from pulse.importing.events import Rejected


class RejectFile:
    """Appends rejected rows to the file at `path`."""

    def __init__(self, path: Path, length_bytes: int) -> None:
        self.path = path
        self.length_bytes = length_bytes
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        if self.length_bytes == 0:
            self.path.unlink(missing_ok=True)
        else:
            self._opened()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, rejected: Sequence[Rejected]) -> None:
        """Append; on return the operating system has it."""
        if not rejected:
            return
        file = self._opened()
        for item in rejected:
            file.write(to_json(asdict(item)) + b"\n")
        file.flush()
        self.length_bytes = file.tell()

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = self.path.open("r+b" if self.length_bytes else "wb")
            self._file.truncate(self.length_bytes)
            self._file.seek(self.length_bytes)
        return self._file
