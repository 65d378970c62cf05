"""The mails the local stack caught, read from their folder. Only names that the folder lists are ever opened, and a
viewer gets only what was sent to somebody whose accounts the viewer may see.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from typing import Final

_MOST: Final = 200
_MAX_BYTES: Final = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mail:
    """A caught mail. `html` is None where it has none; `text` is then all there is."""

    name: str
    at: datetime
    sender: str
    to: str
    subject: str
    text: str
    html: str | None

    def is_for(self, addresses: Collection[str]) -> bool:
        """Whether one of these (in lower case) is among its receivers."""
        return any(address.lower() in addresses for _, address in getaddresses([self.to]))


def newest(folder: Path, addresses: Collection[str]) -> list[Mail]:
    """The latest mails to these addresses, newest first."""
    found = (_read(path) for path in sorted(_files(folder), key=_arrival, reverse=True)[:_MOST])
    return [mail for mail in found if mail.is_for(addresses)]


def one(folder: Path, name: str, addresses: Collection[str]) -> Mail | None:
    """The mail of that name, if the folder holds it and it went to one of these addresses."""
    mail = next((_read(path) for path in _files(folder) if path.name == name), None)
    return mail if mail is not None and mail.is_for(addresses) else None


def _files(folder: Path) -> list[Path]:
    """The mails in the folder, which may not exist yet."""
    return [path for path in folder.glob("*.eml") if path.is_file() and not path.is_symlink()]


def _arrival(path: Path) -> tuple[float, str]:
    return path.stat().st_mtime, path.name


def _read(path: Path) -> Mail:
    with path.open("rb") as file:
        message = message_from_bytes(file.read(_MAX_BYTES), policy=policy.default)
    html = _part(message, "html")
    return Mail(
        name=path.name,
        at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        sender=str(message.get("from", "")),
        to=str(message.get("to", "")),
        subject=str(message.get("subject", "")),
        text=_part(message, "plain") or "",
        html=html,
    )


def _part(message: EmailMessage, kind: str) -> str | None:
    body = message.get_body(preferencelist=(kind,))
    return None if body is None else str(body.get_content())
