"""E-mail over a kept SMTP connection. One mail, one try; what the server said becomes one of the channel's errors.

* No connection, no login, no answer in time, 421, a refused sender: the channel is away (it may be our own fault, and
  then nothing is lost while it is being mended).
* 4xx to this recipient or this mail: not now. 5xx to them: refused.
* A kept connection that turns out to be dead before the mail was handed over is opened anew at once, without counting
  as a try.
"""

import smtplib
import ssl
import time
from collections.abc import Callable
from typing import Final

from consumers.delivery.addresses import is_mail_address
from consumers.delivery.channels.port import Away, NotNow, Refused
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.settings import SmtpSettings, SmtpTls
from schemas.events.managers import ContactKind

_CLOSING: Final = 421
_PERMANENT: Final = 500
_WELL: Final = (250, 251)
_LINE: Final = 200


class Mail:
    """`render` gives the bytes of the mail for a notification or a digest."""

    kind = ContactKind.EMAIL
    repeats = True

    def __init__(self, settings: SmtpSettings, render: Callable[[Notification | Digest], bytes]) -> None:
        self._settings = settings
        self._render = render
        self._server: smtplib.SMTP | None = None
        self._used_at = 0.0

    def fault_of(self, address: str) -> str:
        """One plain address and nothing else."""
        return "" if is_mail_address(address) else "not a mail address"

    def send(self, notification: Notification) -> str:
        """Hand the mail over.

        Raises:
            Away, NotNow, Refused: as the module says.
        """
        return self.hand_over(notification.address, self._render(notification))

    def send_digest(self, digest: Digest) -> str:
        """Hand the digest over in one mail.

        Raises:
            Away, NotNow, Refused: as the module says.
        """
        return self.hand_over(digest.first.address, self._render(digest))

    def hand_over(self, address: str, content: bytes) -> str:
        """Hand over a mail that is written already.

        Raises:
            Away, NotNow, Refused: as the module says.
        """
        try:
            server = self._ready()
            self._expect(server.rcpt(address))
            answer = self._expect(server.data(content))
        except smtplib.SMTPDataError as error:
            raise self._verdict(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise Away(f"{type(error).__name__}: {error}"[:_LINE]) from error
        self._used_at = time.monotonic()
        return answer

    def close(self) -> None:
        """Say good-bye."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()

    def _ready(self) -> smtplib.SMTP:
        """A connection on which the server has accepted our sender."""
        if self._server is not None:
            try:
                return self._begin(self._server)
            except (smtplib.SMTPException, OSError, Away):
                self._drop()
        self._server = self._open()
        return self._begin(self._server)

    def _begin(self, server: smtplib.SMTP) -> smtplib.SMTP:
        if self._used_at and time.monotonic() - self._used_at > self._settings.keep_open_s:
            self._used_at = 0.0
            raise smtplib.SMTPServerDisconnected("idle for too long")
        code, answer = server.mail(self._settings.sender)
        if code not in _WELL:
            raise Away(f"the sender is refused: {_text(code, answer)}")
        return server

    def _open(self) -> smtplib.SMTP:
        wanted = self._settings
        self._used_at = 0.0
        context = ssl.create_default_context()
        if wanted.tls is SmtpTls.IMPLICIT:
            server: smtplib.SMTP = smtplib.SMTP_SSL(wanted.host, wanted.port, timeout=wanted.timeout_s, context=context)
        else:
            server = smtplib.SMTP(wanted.host, wanted.port, timeout=wanted.timeout_s)
        try:
            if wanted.tls is SmtpTls.STARTTLS:
                server.starttls(context=context)
            if wanted.user is not None and wanted.password is not None:
                server.login(wanted.user, wanted.password.get_secret_value())
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server

    def _expect(self, answered: tuple[int, bytes]) -> str:
        code, answer = answered
        if code not in _WELL:
            raise self._verdict(code, answer)
        return _text(code, answer)

    def _verdict(self, code: int, answer: bytes | str) -> Away | NotNow | Refused:
        """The server's refusal as one of our errors; the connection is made ready for the next mail or dropped."""
        text = _text(code, answer)
        if code == _CLOSING:
            self._drop()
            return Away(text)
        self._reset()
        return Refused(text) if code >= _PERMANENT else NotNow(text)

    def _reset(self) -> None:
        try:
            if self._server is not None:
                self._server.rset()
                self._used_at = time.monotonic()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()


def _text(code: int, answer: bytes | str) -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(words.split())}"[:_LINE]
