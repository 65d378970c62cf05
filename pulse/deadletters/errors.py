"""What can go wrong with dead letters, each with the exit code of the command.

PulseError
├── BadRequest          the arguments do not fit together; nothing was begun
├── NoSuchLetter        the ids name no letter that is still kept; nothing was sent
├── NoTopics            topics of ours are missing on the broker: make them first
└── NotAllSent          the broker did not acknowledge everything: do it again, what arrived counts once
"""

from collections.abc import Collection, Iterable

from pulse.errors import Missing, PulseError
from pulse.exit_codes import ExitCode


class BadRequest(PulseError):
    """Arguments that do not fit together."""

    exit_code = ExitCode.USAGE


class NoSuchLetter(PulseError):
    """Ids that no letter has."""

    def __init__(self, ids: Collection[str]) -> None:
        super().__init__(f"no such dead letter: {', '.join(sorted(ids))}. Nothing was done; see `list`")
        self.ids = frozenset(ids)


class NoTopics(Missing):
    """Topics that must be there are not."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(f"not on the broker: {', '.join(sorted(names))}. Make them with `pulse topics apply`")


class NotAllSent(PulseError):
    """`acknowledged` records are certainly on their topics, others may be."""

    def __init__(self, acknowledged: int, why: str) -> None:
        super().__init__(
            f"the broker did not acknowledge every record ({why}); {acknowledged} were. "
            "Do it again: what arrived counts once."
        )
        self.acknowledged = acknowledged
