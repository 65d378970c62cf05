"""What can go wrong while sending.

SendingError
├── GatewayAway         nothing was acknowledged for too long: start the gateway, run again
└── GatewayRefused      the gateway does not let this sender in: mend the key or the address
"""

from pulse.errors import PulseError
from pulse.exit_codes import ExitCode


class SendingError(PulseError):
    """Base of everything that stops sending; what was acknowledged before stays acknowledged."""


class GatewayAway(SendingError):
    """The gateway did not answer, or had no room, for as long as we have patience."""

    exit_code = ExitCode.UNAVAILABLE


class GatewayRefused(SendingError):
    """The gateway refuses this sender or this kind of request as a whole."""
