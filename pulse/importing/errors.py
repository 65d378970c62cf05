"""What can stop an import, and what spoils a single line.

ImportingError
├── MappingFaults       the mapping document is at fault: mend it, nothing was sent
├── InputFault          the file cannot be read or does not have the mapping's columns
└── ProgressMismatch    the progress file belongs to another file or mapping

RowFault                one line is at fault: it goes to the reject file, the import goes on
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pulse.errors import PulseError
from pulse.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class MappingFault:
    """One fault in the mapping document: where (dotted path, line from 1 where known) and what."""

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}, " if self.line is not None else ""
        return f"{place}{self.path or 'document'}: {self.message}"


class ImportingError(PulseError):
    """Base of everything that stops an import before it has begun."""

    exit_code = ExitCode.USAGE


class MappingFaults(ImportingError):
    """Everything wrong with a mapping document, found in one go."""

    def __init__(self, name: str, faults: Sequence[MappingFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.line or 0, fault.path)))
        super().__init__("\n".join([f"{name} has {len(faults)} fault(s):", *(f"  {fault}" for fault in self.faults)]))


class InputFault(ImportingError):
    """The input file as a whole cannot be used."""


class ProgressMismatch(ImportingError):
    """A progress file is in the way that tells of another import."""


class RowFault(Exception):
    """A line that does not give an event; `column` names where, `detail` what was expected."""

    def __init__(self, column: str, detail: str) -> None:
        super().__init__(f"{column}: {detail}")
        self.column = column
        self.detail = detail
