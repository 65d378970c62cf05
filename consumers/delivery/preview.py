"""How a notification looks over a channel, without sending it: as text for a terminal, and as files."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.mail_message import mail_bytes, to_message
from consumers.delivery.channels.message import message_of
from consumers.delivery.channels.roll_up_message import RollUp, roll_up_bytes, to_roll_up
from consumers.delivery.channels.slack_message import slack_message
from consumers.delivery.channels.teams_message import teams_message
from consumers.delivery.channels.webhook_message import webhook_body
from consumers.delivery.decisions import Notification
from consumers.delivery.settings import DeliverySettings
from schemas.events.managers import ContactKind


@dataclass(frozen=True, slots=True)
class Preview:
    """`text` for a terminal; `files` are the bytes by the suffix of the file they belong into."""

    headline: str
    text: str
    files: Mapping[str, bytes]


def preview(notification: Notification, settings: DeliverySettings) -> Preview:
    """What would be sent."""
    links = Links(settings.console_url, settings.link_keys, settings.link_life)
    return _MADE[notification.channel](notification, settings, links)


def preview_roll_up(told: RollUp, settings: DeliverySettings) -> Preview:
    """The mail that would be sent at the moment it was due."""
    links = Links(settings.console_url)
    message = to_roll_up(told, settings, links, told.due_at)
    return _of_mail(message, roll_up_bytes(told, settings, links, told.due_at))


def _mail(notification: Notification, settings: DeliverySettings, links: Links) -> Preview:
    return _of_mail(to_message(notification, settings, links), mail_bytes(notification, settings, links))


def _of_mail(message: EmailMessage, content: bytes) -> Preview:
    headers = "\n".join(f"{name}: {message[name]}" for name in ("From", "To", "Subject"))
    files = {".eml": content, ".html": _part(message, "html").encode(), ".txt": _part(message, "plain").encode()}
    return Preview(str(message["Subject"]), f"{headers}\n\n{_part(message, 'plain')}", files)


def _plain(notification: Notification, settings: DeliverySettings, links: Links) -> Preview:
    message = message_of(notification, links)
    text = message.plain()
    return Preview(message.headline, f"{message.headline}\n\n{text}", {".txt": text.encode()})


def _slack(notification: Notification, settings: DeliverySettings, links: Links) -> Preview:
    return _with_json(notification, settings, links, _pretty(slack_message(notification, links)))


def _teams(notification: Notification, settings: DeliverySettings, links: Links) -> Preview:
    return _with_json(notification, settings, links, _pretty(teams_message(notification, links)))


def _webhook(notification: Notification, settings: DeliverySettings, links: Links) -> Preview:
    body = webhook_body(notification, links)
    return Preview(message_of(notification, links).headline, _pretty(json.loads(body)), {".json": body})


def _with_json(notification: Notification, settings: DeliverySettings, links: Links, body: str) -> Preview:
    """What people read, for the terminal; what is posted, for a file."""
    shown = _plain(notification, settings, links)
    return Preview(shown.headline, shown.text, {".json": body.encode(), **shown.files})


def _pretty(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2)


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return "" if body is None else str(body.get_content()).replace("\r\n", "\n")


_MADE: Final[Mapping[ContactKind, Callable[[Notification, DeliverySettings, Links], Preview]]] = {
    ContactKind.CONSOLE: _plain,
    ContactKind.EMAIL: _mail,
    ContactKind.SLACK: _slack,
    ContactKind.TEAMS: _teams,
    ContactKind.WEBHOOK: _webhook,
    ContactKind.APPRISE: _plain,
}
