"""The mail catcher of the local stack: an SMTP server that accepts everything and sends nothing on.

Each mail becomes one `.eml` file whose name sorts by arrival; the page shows them. Only the newest are kept.
"""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiosmtpd.smtp import SMTP, Envelope, Session

KEEP: Final = 1000
_LARGEST_BYTES: Final = 5 * 1024 * 1024


class MailFolder:
    """A directory of mails, oldest first by name, never more than `keep` of them."""

    def __init__(self, directory: Path, keep: int = KEEP) -> None:
        self._directory = directory
        self._keep = keep
        self._written = 0
        directory.mkdir(parents=True, exist_ok=True)

    def add(self, content: bytes, arrived_ms: int) -> Path:
        """Write one mail; it appears under its name only when it is whole."""
        self._written += 1
        path = self._directory / f"{arrived_ms:013d}-{self._written:06d}.eml"
        partial = path.with_suffix(".part")
        partial.write_bytes(content)
        partial.rename(path)
        self._prune()
        return path

    def _prune(self) -> None:
        for path in sorted(self._directory.glob("*.eml"))[: -self._keep]:
            path.unlink(missing_ok=True)


class _Catch:
    """What aiosmtpd calls for every mail."""

    def __init__(self, folder: MailFolder) -> None:
        self._folder = folder

    async def handle_DATA(self, server: "SMTP", session: "Session", envelope: "Envelope") -> str:  # noqa: N802
        """Keep the mail as it came, under the addresses of its envelope."""
        addressed = f"Return-Path: <{envelope.mail_from}>\r\n"
        addressed += "".join(f"Delivered-To: {address}\r\n" for address in envelope.rcpt_tos)
        content = envelope.original_content or b""
        self._folder.add(addressed.encode("utf-8", "replace") + content, time.time_ns() // 1_000_000)
        return "250 kept"


@asynccontextmanager
async def catching(host: str, port: int, folder: MailFolder) -> "AsyncIterator[int]":
    """Accept mails while the context is open; gives the port, which is a free one if `port` was 0."""
    from aiosmtpd.smtp import SMTP

    def connection() -> SMTP:
        # A mail program keeps its connection open; five minutes of silence are no reason to close it here.
        return SMTP(
            _Catch(folder), data_size_limit=_LARGEST_BYTES, enable_SMTPUTF8=True, ident="mail catcher", timeout=3600
        )

    server = await asyncio.get_running_loop().create_server(connection, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def serve(host: str, port: int, directory: Path, on_ready: Callable[[], None]) -> None:
    """Catch mails into `directory` until SIGTERM or SIGINT. Must run in the main thread."""
    asyncio.run(_serve(host, port, directory, on_ready))


async def _serve(host: str, port: int, directory: Path, on_ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with catching(host, port, MailFolder(directory)):
        on_ready()
        await stop.wait()
