"""What a mail says: headers, the plain text and the HTML of one notification. The same bytes on every attempt.

A link opens a page and does nothing else: mail scanners follow links.
"""

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from consumers.delivery.channels.links import account_link
from consumers.delivery.decisions import Notification
from consumers.delivery.settings import DeliverySettings
from consumers.runtime.wording import AlertWords, one_line, reader_of
from consumers.runtime.wording.templates import install_texts
from schemas.alerts import AlertStep, StepKind
from schemas.health import Band

_POLICY: Final = SMTP.clone(cte_type="7bit")
_GOOD, _BAD, _WORST, _CALM = "#1f7a4d", "#b3541e", "#a4262c", "#44546a"
_BAND_COLOURS: Final = {Band.HEALTHY: _GOOD, Band.WATCH: _BAD, Band.AT_RISK: _BAD, Band.CRITICAL: _WORST}


def mail_bytes(notification: Notification, settings: DeliverySettings) -> bytes:
    """The whole mail, 7-bit clean, with CRLF line ends."""
    return to_message(notification, settings).as_bytes(policy=_POLICY)


def to_message(notification: Notification, settings: DeliverySettings) -> EmailMessage:
    """The mail. Its Message-ID is the notification's id; mails of one episode are one thread."""
    step, domain = notification.step, settings.smtp.sender.partition("@")[2]
    words = AlertWords(reader_of(notification.profile.locale, notification.profile.time_zone), step)
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(one_line(settings.smtp.sender_name), addr_spec=settings.smtp.sender)
    message["To"] = Address(one_line(notification.profile.name, 100), addr_spec=notification.address)
    message["Subject"] = one_line(words.headline)
    message["Date"] = step.decided_at
    message["Message-ID"] = f"<{notification.id}@{domain}>"
    message["In-Reply-To"] = message["References"] = f"<{step.alert_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    seen = context(words, notification, settings.console_url)
    message.set_content(_environment().get_template("alert.txt.j2").render(seen))
    message.add_alternative(_environment().get_template("alert.html.j2").render(seen), subtype="html")
    message["Content-Language"] = words.reader.language
    message.set_boundary(f"=_{notification.id}")
    return message


def context(words: AlertWords, notification: Notification, console_url: str) -> Mapping[str, object]:
    """What the templates see."""
    return {
        "reader": words.reader,
        "words": words,
        "recipient": notification.profile.name,
        "is_owner": notification.recipient == notification.step.owner,
        "link": account_link(console_url, notification.step),
        "parts": words.parts(),
        "colour": _colour(words.step),
    }


def _colour(step: AlertStep) -> str:
    if step.step is StepKind.RESOLVED:
        return _GOOD
    band = step.facts.get("band_to")
    return _BAND_COLOURS.get(Band(band), _CALM) if band in set(Band) else _BAD


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("consumers.delivery", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    install_texts(environment)
    return environment
