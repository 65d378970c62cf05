"""A real SMTP server that does what a test says: accepts, refuses, puts off, hangs, goes away and comes back."""

import asyncio
import email
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from consumers.delivery.settings import SmtpSettings

WELL = "250 OK"


@dataclass(frozen=True)
class Mail:
    """One accepted mail: who it was for, and what it said."""

    recipient: str
    message: EmailMessage
    content: bytes

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])


class MailServer:
    """`on_rcpt` and `on_data` answer a recipient's address; "hang" as an answer never answers."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.connections = 0
        self.on_rcpt: Callable[[str], str] = lambda _: WELL
        self.on_data: Callable[[str], str] = lambda _: WELL
        self.on_mail: Callable[[Mail], None] = lambda _: None
        self._grew = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server: asyncio.Server | None = None
        self._transports: list[asyncio.BaseTransport] = []
        self.port = 0
        self.come_back()

    def settings(self, **changes: Any) -> SmtpSettings:
        return SmtpSettings(**{"port": self.port, "timeout_s": 5.0, **changes})

    def go_away(self) -> None:
        """Close the port and every connection."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)

    def come_back(self) -> None:
        """Listen again on the same port."""
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)

    def stop(self) -> None:
        self.go_away()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def until(self, number: int, timeout_s: float = 20.0) -> list[Mail]:
        """The mails, as soon as there are this many."""
        with self._grew:
            assert self._grew.wait_for(lambda: len(self.mails) >= number, timeout_s), f"only {len(self.mails)} mails"
            return list(self.mails)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await _answered(self.on_rcpt(address))
        if answer == WELL:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipient = envelope.rcpt_tos[0]
        answer = await _answered(self.on_data(recipient))
        if answer == WELL:
            content = envelope.original_content or b""
            message = email.message_from_bytes(content, policy=SMTP_POLICY)
            assert isinstance(message, EmailMessage)
            mail = Mail(recipient, message, content)
            self.on_mail(mail)
            with self._grew:
                self.mails.append(mail)
                self._grew.notify_all()
        return answer

    async def _open(self) -> None:
        self._server = await self._loop.create_server(self._connection, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _connection(self) -> SMTP:
        outer = self

        class Connection(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                outer.connections += 1
                outer._transports.append(transport)
                super().connection_made(transport)

        return Connection(self, timeout=60, loop=self._loop)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        transports, self._transports = self._transports, []
        for transport in transports:
            transport.close()
        await asyncio.sleep(0.01)
        hanging = [task for task in asyncio.all_tasks(self._loop) if task is not asyncio.current_task()]
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server that accepts everything until told otherwise."""
    server = MailServer()
    try:
        yield server
    finally:
        server.stop()


async def _answered(answer: str) -> str:
    if answer == "hang":
        await asyncio.Event().wait()
    return answer
