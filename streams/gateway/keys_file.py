"""The keys file: read, written whole and at once, and read again when it changed.

What a key is and whom it lets in is decided in `keys`.
"""

import fcntl
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import structlog
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from streams.gateway.errors import KeysFileError
from streams.gateway.keys import SECRET_BYTES, ApiKey, Grant, mint, with_key, with_revoked

LOOK_EVERY_S: Final = 1.0
_HEAD: Final = "# API keys of the gateway, written by `pulse keys`. Secrets are not here: only their SHA-256.\n"

_log = structlog.get_logger()


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    keys: tuple[ApiKey, ...] = ()


def read_keys(path: Path) -> tuple[ApiKey, ...]:
    """The keys in a file.

    Raises:
        KeysFileError: it is not there, not readable, or not a keys file; says where.
    """
    try:
        document = _Document.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except FileNotFoundError:
        raise KeysFileError(f"{path} is not there; `pulse keys create` makes it") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KeysFileError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        faults = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in found[:5])
        raise KeysFileError(f"{path} is not a keys file: {faults}") from None
    if len({key.id for key in document.keys}) != len(document.keys):
        raise KeysFileError(f"{path} names a key twice")
    return document.keys


def create_key(path: Path, grant: Grant, *, now: datetime) -> str:
    """Add a key, making the file where there is none; returns the token, which cannot be had again.

    Raises:
        KeysFileError: the file is not readable.
        ValueError: the id is taken.
    """
    key, token = mint(grant, secrets.token_bytes(SECRET_BYTES), now)
    with _locked(path):
        _write(path, with_key(read_keys(path) if path.exists() else (), key))
    return token


def revoke_key(path: Path, key_id: str, *, now: datetime) -> None:
    """Revoke a key: a running gateway refuses it within `LOOK_EVERY_S`.

    Raises:
        KeysFileError: the file is not readable.
        ValueError: no key has this id.
    """
    with _locked(path):
        _write(path, with_revoked(read_keys(path), key_id, now))


class KeyRing:
    """The keys as they are now. A file that turned bad leaves the last good keys in force, and says so."""

    def __init__(self, path: Path, elapsed_s: Callable[[], float], on_error: Callable[[], None]) -> None:
        """Raises `KeysFileError`: a gateway does not start without its keys. `elapsed_s` is a monotonic clock."""
        self._path = path
        self._elapsed_s = elapsed_s
        self._on_error = on_error
        self._looked_at_s = elapsed_s()
        self._stamp = _stamp(path)
        self._keys = {key.id: key for key in read_keys(path)}

    def current(self) -> Mapping[str, ApiKey]:
        """The keys by id; looks at the file at most every `LOOK_EVERY_S`."""
        now_s = self._elapsed_s()
        if now_s - self._looked_at_s >= LOOK_EVERY_S:
            self._looked_at_s = now_s
            if (stamp := _stamp(self._path)) != self._stamp:
                self._stamp = stamp
                self._read_again()
        return self._keys

    def _read_again(self) -> None:
        try:
            self._keys = {key.id: key for key in read_keys(self._path)}
        except KeysFileError as error:
            self._on_error()
            _log.error("keys_file_bad", error=str(error), keys_in_force=len(self._keys))
        else:
            _log.info("keys_read", file=str(self._path), keys=len(self._keys))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _write(path: Path, keys: Iterable[ApiKey]) -> None:
    """Replace the file at once, readable by its owner alone."""
    document = _Document(keys=tuple(keys)).model_dump(mode="json", exclude_none=True)
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(_HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
        file.flush()
        os.fsync(file.fileno())
    Path(written).replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time: two commands at once must not lose a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
