"""Signed links in messages: who sends signs, who serves the page reads. Pure: the clock is an argument.

A link names the notification it was sent with (an id that is a hash) and when it ends: no person, no account, nothing
to be read off. Keys are a list, newest first: the first signs, all are accepted, so one can be replaced.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import SecretStr

MIN_KEY_CHARS: Final = 32
_PURPOSE: Final = "message-link-v1"


class BadLink(Exception):
    """Not one of ours: forged, changed, or signed with a key that is no longer in use."""


class ExpiredLink(Exception):
    """One of ours, too old to be used."""


class MessageLinks:
    """Signs and reads. `purpose` keeps what is signed for one thing from being taken for another."""

    def __init__(self, keys: SecretStr, purpose: str = _PURPOSE) -> None:
        newest_last = keys.get_secret_value().split()[::-1]
        self._signer = URLSafeSerializer(
            newest_last, salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": sha256}
        )

    def sign(self, name: str, at: datetime) -> str:
        """The token of a notification with a time to the second."""
        return str(self._signer.dumps([name, int(at.timestamp())]))

    def read(self, token: str, now: datetime) -> str:
        """The notification that a token names.

        Raises:
            BadLink: it is none of ours.
            ExpiredLink: its time is over.
        """
        name, ends_at = self.parts(token)
        if ends_at < now:
            raise ExpiredLink
        return name

    def parts(self, token: str) -> tuple[str, datetime]:
        """What was signed, whatever the time.

        Raises:
            BadLink: it is none of ours.
        """
        try:
            name, stamp = self._signer.loads(token)
            return str(name), datetime.fromtimestamp(int(stamp), UTC)
        except (BadSignature, ValueError, TypeError, OverflowError, OSError) as error:
            raise BadLink from error


def checked_keys(keys: SecretStr | None) -> SecretStr | None:
    """The keys, for a settings model.

    Raises:
        ValueError: there is none, or one is too short.
    """
    if keys is not None:
        words = keys.get_secret_value().split()
        if not words or min(map(len, words)) < MIN_KEY_CHARS:
            raise ValueError(f"one or more keys of at least {MIN_KEY_CHARS} characters are needed")
    return keys
