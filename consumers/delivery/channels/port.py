"""What a channel is, and how it says that it could not.

Undelivered
├── Refused        final: the receiver will never take it
│   └── Gone       final for all that would go to this target: the receiver wants nothing any more
├── NotNow         a try that failed: this notification is tried again by its channel's schedule; others may go
├── Paced          no try was made: the target takes so many a second, and this one's turn comes later
└── Away           the whole channel does not answer; nothing else needs trying before a pause
"""

from typing import Protocol, runtime_checkable

from consumers.delivery.decisions import Digest, Notification
from schemas.events.managers import ContactKind


class Undelivered(Exception):
    """Base of what a channel raises; `detail` is for the receipt and carries no secret."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail[:300]


class Refused(Undelivered):
    """The receiver said no for good."""


class Gone(Refused):
    """The receiver wants nothing any more."""


class NotNow(Undelivered):
    """The receiver said not now; `after_s` is how long it asked to be left alone, where it did."""

    def __init__(self, detail: str, after_s: float | None = None) -> None:
        super().__init__(detail)
        self.after_s = after_s


class Paced(Undelivered):
    """Its turn comes in `after_s`; the channel keeps the place."""

    def __init__(self, after_s: float) -> None:
        super().__init__("its turn comes later")
        self.after_s = after_s


class Away(Undelivered):
    """The channel cannot be reached, does not let us in, or stopped answering."""


class Channel(Protocol):
    """One way to tell people. Called by one thread only."""

    @property
    def kind(self) -> ContactKind:
        """Which contacts it serves."""
        ...

    @property
    def repeats(self) -> bool:
        """Whether sending again would be noticed by the recipient."""
        ...

    def fault_of(self, address: str) -> str:
        """Why nothing can be sent to this address, empty when it can; it names no secret."""
        ...

    def send(self, notification: Notification) -> str:
        """Tell the recipient once. Returning means that the receiver has taken it on; the text is what it answered.

        Raises:
            Undelivered: one of its kinds; the notification was not taken on, or at least nobody said that it was.
        """
        ...

    def close(self) -> None:
        """Let go of connections. Sending afterwards opens them anew."""
        ...


@runtime_checkable
class Interrupting(Channel, Protocol):
    """A channel that takes a person's attention, and can tell many things in one message."""

    def send_digest(self, digest: Digest) -> str:
        """Tell the recipient of everything in the digest; as `send`.

        Raises:
            Undelivered: as `send`.
        """
        ...
