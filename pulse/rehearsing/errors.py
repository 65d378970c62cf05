"""What keeps a policy from being rehearsed.

PulseError
└── NoRehearsal         name accounts or times of which there is a history, or import one
"""

from pulse.errors import PulseError
from pulse.exit_codes import ExitCode


class NoRehearsal(PulseError):
    """There is nothing to run a policy over."""

    exit_code = ExitCode.USAGE
