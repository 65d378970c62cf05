"""What can go wrong in a consumer, ordered by what the operator does.

    ConsumerError
    ├── Retry              nothing to do: the records are handled again after a pause
    └── StoppedEarly       nothing to do: a stop was asked for before the work was done

Everything else stops the process: nothing that is not understood is skipped or committed.
"""


class ConsumerError(Exception):
    """Base of everything this package raises."""


class Retry(ConsumerError):
    """The records cannot be made durable now but may be later; `after_s` overrides the loop's own growing pause."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


class StoppedEarly(ConsumerError):
    """The stop event was set while waiting for something."""
