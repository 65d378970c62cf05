"""A mail server that notes when the mail about each cause's account was handed over."""

import re
import time
from typing import Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.latency.arrivals import Timetable
from benchmarks.pace import TooShort
from pulse.local.ports import free_port

_ACCOUNT: Final = re.compile(rb"^Subject:[^\r\n]*\bD(\d{7})\b", re.MULTILINE)


class Mailbox:
    """Listens from `start` to `stop`; `seen` is when (epoch seconds) the mail of each event number came."""

    def __init__(self) -> None:
        self.port = free_port()
        self.seen: dict[int, float] = {}
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        """Take mails."""
        self._server.start()

    def stop(self) -> None:
        """Take none any more."""
        self._server.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  its name there
        """Note it; the answer is given after the clock was read."""
        found = _ACCOUNT.search(envelope.original_content or b"")
        if found:
            self.seen.setdefault(int(found[1]), time.time())
        return "250 OK"

    def latencies(self, timetable: Timetable) -> list[float]:
        """Seconds from timetable to mail, of the causes after warming up.

        Raises:
            TooShort: none came.
        """
        counted = {number: at for number, at in self.seen.items() if number >= timetable.first_counted}
        if not counted:
            raise TooShort("no mail about a cause of the timetable came")
        return [at - timetable.due_at(number) for number, at in counted.items()]
