"""The progress file: how far an import has come, written only after the gateway acknowledged.

Written whole and put in place by a rename, so that a kill leaves either the old one or the new one. A resumed run takes
from it the row to go on with, the shift of the times and the length of the reject file.
"""

import json
import os
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from pulse.importing.errors import ProgressMismatch

_HEAD_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """`rows` rows are settled: accepted, or written to the reject file, which was `rejects_bytes` long then."""

    fingerprint: str
    shift_days: int = 0
    rows: int = 0
    line: int = 0
    accepted: int = 0
    rejected: int = 0
    rejects_bytes: int = 0
    finished: bool = False


class ProgressFile:
    """Keeps one import's progress on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, fingerprint: str) -> Progress | None:
        """What an earlier run left, None when there was none.

        Raises:
            ProgressMismatch: it belongs to another import, or cannot be read.
        """
        try:
            found = Progress(**json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise ProgressMismatch(f"{self.path} is no progress file: {error}. {_ADVICE}") from error
        if found.fingerprint != fingerprint:
            raise ProgressMismatch(f"{self.path} tells of another file or mapping. {_ADVICE}")
        return found

    def save(self, progress: Progress) -> None:
        """Put `progress` in place of what was there."""
        partial = self.path.with_name(self.path.name + ".partial")
        with partial.open("w", encoding="utf-8") as file:
            json.dump(asdict(progress), file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path)


_ADVICE: Final = "Name another with --progress, or begin anew with --restart."


def fingerprint(data: Path, mapping_text: str) -> str:
    """What tells this import from another: the mapping, the file's size and its first megabyte."""
    digest = blake2b(mapping_text.encode(), digest_size=16)
    with data.open("rb") as file:
        digest.update(str(data.stat().st_size).encode())
        digest.update(file.read(_HEAD_BYTES))
    return digest.hexdigest()
