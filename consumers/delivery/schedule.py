"""How long is waited after what failed, and whether a channel is worth trying now. Pure: time is passed in.

Two different things fail: one notification (a full mailbox) waits on its own; a whole channel (the mail server is away)
holds back everything on it, and a single notification at a time finds out whether it has come back.
"""

from datetime import datetime, timedelta
from hashlib import blake2b

from consumers.delivery.decisions import Notification
from consumers.delivery.settings import RetrySettings
from schemas.events.managers import ContactKind

_DOUBLINGS = 30


def pause(retry: RetrySettings, attempt: int) -> timedelta:
    """How long to wait after attempt number `attempt` failed.

    >>> [pause(RetrySettings(first_s=2, most_s=60), attempt).total_seconds() for attempt in (1, 2, 3, 99)]
    [2.0, 4.0, 8.0, 60.0]
    """
    return timedelta(seconds=min(retry.most_s, retry.first_s * 2 ** min(attempt - 1, _DOUBLINGS)))


def next_wait(retry: RetrySettings, notification: Notification, tries: int) -> timedelta | None:
    """How long to wait after the try number `tries` failed; None when that was the last.

    The jitter is a function of notification and try: the same wherever it is asked.
    """
    waits: tuple[float, ...] = getattr(retry, notification.channel.value, ())
    if tries > len(waits):
        return None
    return timedelta(seconds=waits[tries - 1] * (1 + retry.jitter * _chance(f"{notification.id}:{tries}")))


def _chance(text: str) -> float:
    """A number in [-1, 1) that differs for every text and is always the same for one."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) / 2**31 - 1


class Outages:
    """Which channels are away, and until when nothing is tried over them."""

    def __init__(self, retry: RetrySettings) -> None:
        self._retry = retry
        self._away: dict[ContactKind, tuple[int, datetime]] = {}

    def failed(self, channel: ContactKind, now: datetime) -> datetime:
        """The channel did not answer: it rests until the returned time, longer after each failure."""
        attempt = self._away.get(channel, (0, now))[0] + 1
        until = now + pause(self._retry, attempt)
        self._away[channel] = (attempt, until)
        return until

    def worked(self, channel: ContactKind) -> bool:
        """The channel answered. True when it had been away."""
        return self._away.pop(channel, None) is not None

    def rests_until(self, channel: ContactKind, now: datetime) -> datetime | None:
        """Until when nothing is to be tried, None when it may be tried now."""
        _, until = self._away.get(channel, (0, now))
        return until if until > now else None

    @property
    def away(self) -> frozenset[ContactKind]:
        """The channels that did not answer when last tried."""
        return frozenset(self._away)
