"""What a mail says: headers, the plain text and the HTML of one notification. The same bytes on every attempt.

A link opens a page and does nothing else: mail scanners follow links.
"""

from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Final

from jinja2 import Environment

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.message import Message, message_of
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.settings import DeliverySettings
from consumers.runtime.wording import DigestWords, one_line, reader_of
from consumers.runtime.wording.templates import templates_of
from schemas.alerts import AlertKind, AlertStep, StepKind
from schemas.health import Band

POLICY: Final = SMTP.clone(cte_type="7bit")
_GOOD, _BAD, _WORST, CALM = "#1f7a4d", "#b3541e", "#a4262c", "#44546a"
_GOOD_NEWS: Final = frozenset({AlertKind.RECOVERED, AlertKind.UPSELL_READY})
_BAND_COLOURS: Final = {Band.HEALTHY: _GOOD, Band.WATCH: _BAD, Band.AT_RISK: _BAD, Band.CRITICAL: _WORST}


def mail_bytes(told: Notification | Digest, settings: DeliverySettings, links: Links) -> bytes:
    """The whole mail, 7-bit clean, with CRLF line ends."""
    made = to_digest(told, settings, links) if isinstance(told, Digest) else to_message(told, settings, links)
    return made.as_bytes(policy=POLICY)


def to_message(notification: Notification, settings: DeliverySettings, links: Links) -> EmailMessage:
    """The mail. Its Message-ID is the notification's id; mails of one episode are one thread."""
    step, told = notification.step, message_of(notification, links)
    envelope = Envelope(notification.id, told.headline, step.decided_at, told.reader.language)
    message = addressed(_to(notification), envelope, settings)
    thread = f"<{step.alert_id}@{_domain(settings)}>"
    _write(message, ("In-Reply-To", thread), ("References", thread))
    return filled(message, "alert", context(told), envelope)


def to_digest(digest: Digest, settings: DeliverySettings, links: Links) -> EmailMessage:
    """The mail of a digest: as many of its alerts as the settings allow, and how many more there are."""
    first = digest.first
    reader = reader_of(first.profile.locale, first.profile.time_zone)
    words = DigestWords(reader, tuple(one.step for one in digest.members), settings.attention.digest_lines, digest.of)
    envelope = Envelope(digest.id, words.headline, digest.due_at, reader.language)
    pages = [links.account(alert.step) for alert in words.listed]
    seen = {
        "reader": reader,
        "words": words,
        "lines": list(zip(words.listed, pages, map(_colour, (alert.step for alert in words.listed)), strict=True)),
        "inbox": links.inbox,
        "colour": CALM,
    }
    return filled(addressed(_to(first), envelope, settings), "digest", seen, envelope)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands on a mail: its id without the domain, subject, time, and the BCP 47 tag of its language."""

    id: str
    subject: str
    at: datetime
    language: str


def _to(notification: Notification) -> Address:
    return address_of(notification.profile.name, notification.address)


def address_of(name: str, address: str) -> Address:
    """A person as a mail names them."""
    return Address(one_line(name, 100), addr_spec=address)


def addressed(to: Address, envelope: Envelope, settings: DeliverySettings) -> EmailMessage:
    """A mail with all its headers, still empty."""
    message, smtp = EmailMessage(policy=POLICY), settings.smtp
    message["From"] = Address(one_line(smtp.sender_name), addr_spec=smtp.sender)
    message["To"] = to
    message["Subject"] = one_line(envelope.subject)
    message["Date"] = envelope.at
    unsubscribe = f"<mailto:{smtp.unsubscribe_address or smtp.sender}?subject=unsubscribe>"
    _write(message, ("Message-ID", f"<{envelope.id}@{_domain(settings)}>"), ("List-Unsubscribe", unsubscribe))
    _write(message, ("Auto-Submitted", "auto-generated"), ("Content-Language", envelope.language))
    return message


def filled(message: EmailMessage, name: str, seen: Mapping[str, object], envelope: Envelope) -> EmailMessage:
    """The mail with what the templates of that name say, as text and as HTML."""
    parts = f'multipart/alternative;\n boundary="=_{envelope.id}"'
    _write(message, ("MIME-Version", "1.0"), ("Content-Type", parts))
    for subtype, template in (("plain", f"{name}.txt.j2"), ("html", f"{name}.html.j2")):
        message.attach(_part(subtype, _templates().get_template(template).render(seen)))
    return message


def _part(subtype: str, text: str) -> EmailMessage:
    part, kind = EmailMessage(policy=POLICY), f'text/{subtype}; charset="utf-8"'
    _write(part, ("Content-Type", kind), ("Content-Transfer-Encoding", "quoted-printable"))
    part.set_payload(b2a_qp(text.encode()).decode("ascii"))
    return part


def _write(message: EmailMessage, *headers: tuple[str, str]) -> None:
    """Headers that hold nothing of anybody's but ours. To have them parsed first, as all others are, takes longer than
    to render the texts.
    """
    for name, value in headers:
        message.set_raw(name, value)


def _domain(settings: DeliverySettings) -> str:
    return settings.smtp.sender.partition("@")[2]


def context(message: Message) -> Mapping[str, object]:
    """What the templates see."""
    return {
        "reader": message.reader,
        "message": message,
        "words": message.words,
        "parts": message.words.parts(),
        "colour": _colour(message.words.step),
    }


def _colour(step: AlertStep) -> str:
    if step.step is StepKind.RETRACTED:
        return CALM
    if step.step is StepKind.RESOLVED or step.kind in _GOOD_NEWS:
        return _GOOD
    band = step.facts.get("band_to")
    return _BAND_COLOURS.get(Band(band), CALM) if band in set(Band) else _BAD


@cache
def _templates() -> Environment:
    return templates_of("consumers.delivery")
