"""The secrets of one local stack: made once for each data folder, each in a file only its owner may read."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

from pulse.local.running import write_private
from streams.gateway.keys import ANY_SOURCE, Grant
from streams.gateway.keys_file import create_key, read_keys

_CONSOLE_SOURCE: Final = "console"


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """Where they lie. `local_key` is the gateway's key for the commands of this machine, for every source."""

    gateway_keys: Path
    local_key: Path
    console_key: Path
    console_secret: Path
    link_keys: Path
    warehouse_password: Path


def ensure(data: Path, now: datetime) -> SecretFiles:
    """The secret files of this data folder; what is missing is made."""
    folder = data / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = folder / "gateway-keys.yaml"
    return SecretFiles(
        gateway_keys=keys,
        local_key=_key(keys, folder, "local", (ANY_SOURCE,), now),
        console_key=_key(keys, folder, "console", (_CONSOLE_SOURCE,), now),
        console_secret=_once(folder / "console-secret", lambda: secrets.token_urlsafe(48)),
        link_keys=_once(folder / "link-keys", lambda: secrets.token_urlsafe(48)),
        warehouse_password=_once(folder / "warehouse-password", lambda: secrets.token_urlsafe(32)),
    )


def _key(keys: Path, folder: Path, name: str, sources: tuple[str, ...], now: datetime) -> Path:
    """The file with the token of a key; a key without its token is of no use and another is made."""
    path = folder / f"{name}-key"
    if path.exists() and keys.exists():
        return path
    taken = {key.id for key in read_keys(keys)} if keys.exists() else set()
    key_id = next(tried for number in count(1) if (tried := name if number == 1 else f"{name}-{number}") not in taken)
    grant = Grant(id=key_id, label=f"local stack: {name}", sources=sources)
    write_private(path, create_key(keys, grant, now=now) + "\n")
    return path


def _once(path: Path, make: Callable[[], str]) -> Path:
    if not path.exists():
        write_private(path, make() + "\n")
    return path
