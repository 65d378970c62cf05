"""API keys: what a token looks like, whose it is, and for which sources it speaks.

A token is `pulse_<id>_<secret><checksum>`: a prefix that scanners find, 256 random bits, and six digits that tell
a mistyped token from an unknown one. Only the secret's SHA-256 is stored: a slow hash would add nothing to 256 bits.
Pure: no file, no clock, no randomness of its own.
"""

import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final
from zlib import crc32

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.envelope import Name
from schemas.ids import Source
from schemas.limits import MAX_SOURCE_CHARS
from schemas.times import UtcDatetime
from streams.gateway.errors import Why

SECRET_BYTES: Final = 32
ANY_SOURCE: Final = "*"
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_CHARS: Final = 43  # 62**43 > 2**256
_CHECK_CHARS: Final = 6  # 62**6 > 2**32
_ID: Final = r"[a-z0-9][a-z0-9-]{0,31}"
_TOKEN: Final = re.compile(rf"pulse_({_ID})_([0-9A-Za-z]{{{_SECRET_CHARS}}})([0-9A-Za-z]{{{_CHECK_CHARS}}})")
_NOBODY: Final = sha256(b"nobody").hexdigest()

KeyId = Annotated[str, StringConstraints(pattern=f"^{_ID}$")]
SourcePattern = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_SOURCE_CHARS, pattern=r"^[^\x00-\x20\x7f*]*\*?$")
]
"""A source, or the beginning of sources followed by `*`; `*` alone is every source (local, trusted tools only)."""


class Grant(BaseModel):
    """What a key is made for: `sources` is what it may speak for, until `expires_at`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: KeyId
    label: Name
    sources: Annotated[tuple[SourcePattern, ...], Field(min_length=1)]
    expires_at: UtcDatetime | None = None


class ApiKey(Grant):
    """A key as stored."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    created_at: UtcDatetime
    revoked_at: UtcDatetime | None = None

    def speaks_for(self, source: Source) -> bool:
        """Whether an event of `source` may be sent with this key."""
        return any(
            source.startswith(pattern[:-1]) if pattern.endswith(ANY_SOURCE) else source == pattern
            for pattern in self.sources
        )


def mint(grant: Grant, secret_bytes: bytes, now: datetime) -> tuple[ApiKey, str]:
    """A new key and its token, which is never stored; `secret_bytes` are 32 random ones."""
    if len(secret_bytes) != SECRET_BYTES:
        raise ValueError(f"a secret is made of {SECRET_BYTES} random bytes")
    secret = _base62(int.from_bytes(secret_bytes), _SECRET_CHARS)
    key = ApiKey(**grant.model_dump(), sha256=_digest(secret), created_at=now)
    return key, f"pulse_{grant.id}_{secret}{_checksum(grant.id, secret)}"


def authenticate(keys: Mapping[str, ApiKey], token: str | None, now: datetime) -> ApiKey | Why:
    """The key a token proves, or why it proves none. Takes the same time for every wrong secret."""
    if not token:
        return Why.NO_KEY
    if (match := _TOKEN.fullmatch(token)) is None or match[3] != _checksum(match[1], match[2]):
        return Why.BAD_KEY
    key = keys.get(match[1])
    proven = hmac.compare_digest(_digest(match[2]), key.sha256 if key else _NOBODY)
    if key is None or not proven:
        return Why.BAD_KEY
    if key.revoked_at is not None:
        return Why.KEY_REVOKED
    if key.expires_at is not None and key.expires_at <= now:
        return Why.KEY_EXPIRED
    return key


def with_key(keys: Iterable[ApiKey], key: ApiKey) -> tuple[ApiKey, ...]:
    """The keys with one more.

    Raises:
        ValueError: the id is taken; a revoked one is too, so that a log line means one key for ever.
    """
    listed = tuple(keys)
    if any(other.id == key.id for other in listed):
        raise ValueError(f"there is a key {key.id!r} already (revoked ones count)")
    return (*listed, key)


def with_revoked(keys: Iterable[ApiKey], key_id: str, now: datetime) -> tuple[ApiKey, ...]:
    """The keys with one revoked; revoking again changes nothing.

    Raises:
        ValueError: no key has this id.
    """
    listed = tuple(keys)
    if all(key.id != key_id for key in listed):
        raise ValueError(f"there is no key {key_id!r}")
    return tuple(
        key.model_copy(update={"revoked_at": now}) if key.id == key_id and key.revoked_at is None else key
        for key in listed
    )


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _checksum(key_id: str, secret: str) -> str:
    return _base62(crc32(f"{key_id}_{secret}".encode()), _CHECK_CHARS)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
