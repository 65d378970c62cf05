"""The mail catcher keeps what it is sent, in order, and no more than it is told to."""

import asyncio
import smtplib
import sys
from email import message_from_bytes
from pathlib import Path

from consumers.delivery.channels.mail_message import mail_bytes
from consumers.delivery.channels.smtp import Mail
from consumers.delivery.settings import SmtpSettings
from pulse.local.child import Child, Command
from pulse.local.mail import MailFolder, catching
from pulse.local.ports import free_port
from tests.delivery.samples import band_dropped
from tests.delivery.test_mail import LINKS, SETTINGS, notification


def send(port: int, number: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as server:
        for mail in range(number):
            server.sendmail("a@example.test", ["b@example.test"], f"Subject: mail {mail}\r\n\r\nHello.\r\n")


def subjects(folder: Path) -> list[str]:
    return [str(message_from_bytes(path.read_bytes())["Subject"]) for path in sorted(folder.glob("*.eml"))]


def test_mails_are_kept_in_the_order_they_came_and_only_the_newest(tmp_path: Path) -> None:
    async def catch() -> None:
        async with catching("127.0.0.1", 0, MailFolder(tmp_path, keep=3)) as port:
            await asyncio.to_thread(send, port, 5)

    asyncio.run(catch())
    assert subjects(tmp_path) == ["mail 2", "mail 3", "mail 4"]
    assert not list(tmp_path.glob("*.part"))


def test_a_kept_mail_says_to_whom_it_was_delivered(tmp_path: Path) -> None:
    async def catch() -> None:
        async with catching("127.0.0.1", 0, MailFolder(tmp_path)) as port:
            await asyncio.to_thread(send, port, 1)

    asyncio.run(catch())
    (path,) = tmp_path.glob("*.eml")
    assert message_from_bytes(path.read_bytes())["Delivered-To"] == "b@example.test"


def test_it_serves_until_told_to_stop(tmp_path: Path) -> None:
    port = free_port()
    code = (
        "import sys; from pathlib import Path; from pulse.local import mail; from pulse.local.child import say_ready;"
        f"mail.serve('127.0.0.1', {port}, Path({str(tmp_path)!r}), say_ready)"
    )
    child = Child(Command("mail", (sys.executable, "-c", code)))
    child.wait_ready()
    send(port, 2)
    assert child.stop() == 0
    assert subjects(tmp_path) == ["mail 0", "mail 1"]


def test_what_we_send_arrives_byte_for_byte(tmp_path: Path) -> None:
    told = notification(band_dropped())
    content = mail_bytes(told, SETTINGS, LINKS)

    async def catch() -> None:
        async with catching("127.0.0.1", 0, MailFolder(tmp_path)) as port:
            channel = Mail(SmtpSettings(port=port), lambda _: content)
            assert (await asyncio.to_thread(channel.send, told)).startswith("250")
            await asyncio.to_thread(channel.close)

    asyncio.run(catch())
    (path,) = tmp_path.glob("*.eml")
    assert path.read_bytes().endswith(content)
