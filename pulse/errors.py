"""Errors of the composition root. Each says what to do, and with which code the command ends.

PulseError
├── SettingsFault       correct the settings, start again
├── Missing             install or start what is named, start again
├── Held                stop the holder, or choose another folder or port
└── StackFailed         a process of the local stack did not come up
"""

from collections.abc import Sequence

from pulse.exit_codes import ExitCode


class PulseError(Exception):
    """Base of everything this package raises on purpose: shown as one message, without a traceback."""

    exit_code = ExitCode.FAILED


class SettingsFault(PulseError):
    """Settings that do not hold; `faults` are lines `path: what was expected`, all of them."""

    exit_code = ExitCode.USAGE

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("settings do not hold:\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = tuple(faults)


class Missing(PulseError):
    """Something needed is not installed or not reachable."""

    exit_code = ExitCode.UNAVAILABLE


class Held(PulseError):
    """A folder or a port is in somebody else's hands."""

    exit_code = ExitCode.HELD


class StackFailed(PulseError):
    """A process of the local stack did not come up or did not stay up."""
