"""What the exit codes of the `pulse` command mean. The one place where they are numbered."""

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    """It began and went wrong; the last line of the log says why."""
    USAGE = 2
    """Wrong arguments, or settings that do not hold: nothing was begun."""
    UNAVAILABLE = 3
    """Something it needs is missing or cannot be reached."""
    HELD = 4
    """Another stack holds this data folder, or another program a port."""
    STATE_LOST = 78
    """The worker's changelog has lost its beginning: the state must be built anew from the events."""
    INTERRUPTED = 130


MEANINGS: Final = {
    ExitCode.DONE: "done, or stopped as asked",
    ExitCode.FAILED: "began and went wrong; the last lines say why",
    ExitCode.USAGE: "wrong arguments or settings; nothing was begun",
    ExitCode.UNAVAILABLE: "something it needs is missing or cannot be reached",
    ExitCode.HELD: "another stack holds the data folder, or another program a port",
    ExitCode.STATE_LOST: "worker: the changelog lost its beginning, build the state anew",
    ExitCode.INTERRUPTED: "interrupted",
}
