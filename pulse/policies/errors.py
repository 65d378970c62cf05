"""What is wrong with a policy file.

PolicyFaults            mend the file; the command ends as with wrong settings, nothing was begun
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pulse.errors import PulseError
from pulse.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """One fault: its dotted path (empty for the whole document), its line from 1 where known, and what was expected."""

    path: str
    line: int | None
    message: str

    def told(self, name: str) -> str:
        """In one line, in the form editors and terminals make a link of."""
        place = name if self.line is None else f"{name}:{self.line}"
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class PolicyFaults(PulseError):
    """Everything wrong with a policy file, in the order of its lines; `name` is what messages call the file."""

    exit_code = ExitCode.USAGE

    def __init__(self, name: str, faults: Sequence[PolicyFault]) -> None:
        self.name = name
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.line or 0, fault.path)))
        lines = [f"  {fault.told(name)}" for fault in self.faults]
        count = "a fault" if len(lines) == 1 else f"{len(lines)} faults"
        super().__init__("\n".join([f"the policy has {count}:", *lines]))
