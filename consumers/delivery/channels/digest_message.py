"""What a digest says over a channel that posts: a headline, a few lines, and the way to the inbox.

Lists stop where a channel's limits do; what has no line is counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.slack_message import escaped
from consumers.delivery.channels.teams_message import CONTENT_TYPE, Element, rich_text
from consumers.delivery.decisions import Digest
from consumers.runtime.wording import AlertWords, DigestWords, reader_of
from consumers.runtime.wording.marks import N_

_MOST: Final = 15
_LINE: Final = 2000
_TEAMS_LINE: Final = 500
"""Teams takes 28 KB in all."""


@dataclass(frozen=True, slots=True)
class DigestMessage:
    """A digest in its recipient's words, as plain text; a line is a title and what is said of it, or a text alone."""

    headline: str
    extent: str
    lines: tuple[str, ...]
    open_label: str
    inbox: str
    language: str

    def plain(self) -> str:
        """All of it, the headline aside."""
        return "\n\n".join((self.extent, *self.lines, f"{self.open_label}: {self.inbox}"))


def digest_of(digest: Digest, most: int, links: Links) -> DigestMessage:
    """The message; `most` alerts have a line, and never more than fifteen."""
    profile = digest.first.profile
    reader = reader_of(profile.locale, profile.time_zone)
    words = DigestWords(reader, tuple(one.step for one in digest.members), min(most, _MOST), digest.of)
    lines = [f"{_title(alert)}\n{alert.reason}"[:_LINE] for alert in words.listed]
    lines += [words.rest] if words.rest else []
    label = reader.text(N_("Open the inbox"))
    return DigestMessage(words.headline, words.extent, tuple(lines), label, links.inbox, reader.language)


def _title(alert: AlertWords) -> str:
    return f"{alert.headline} ({alert.value_at_risk})" if alert.value_at_risk else alert.headline


def slack_digest(told: DigestMessage) -> dict[str, Any]:
    """The body of `chat.postMessage`, but for the channel."""
    texts = (told.extent, *told.lines)
    sections = [
        {"type": "section", "block_id": f"line-{number}", "text": {"type": "plain_text", "text": text, "emoji": False}}
        for number, text in enumerate(texts)
    ]
    label = {"type": "plain_text", "text": told.open_label[:75], "emoji": False}
    button = {"type": "button", "action_id": "open_inbox", "text": label, "url": told.inbox}
    header = {"type": "plain_text", "text": told.headline[:150], "emoji": False}
    return {
        "text": escaped(told.headline, 1000),
        "blocks": [
            {"type": "header", "block_id": "headline", "text": header},
            *sections,
            {"type": "actions", "block_id": "links", "elements": [button]},
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def teams_digest(told: DigestMessage) -> dict[str, Any]:
    """The body that the workflow takes."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": told.language,
        "fallbackText": told.headline,
        "msteams": {"width": "Full"},
        "body": list(_teams_body(told)),
        "actions": [{"type": "Action.OpenUrl", "title": told.open_label, "url": told.inbox}],
    }
    return {"type": "message", "attachments": [{"contentType": CONTENT_TYPE, "contentUrl": None, "content": card}]}


def _teams_body(told: DigestMessage) -> Iterator[Element]:
    yield rich_text(told.headline, size="Large", weight="Bolder")
    yield rich_text(told.extent)
    for line in told.lines:
        title, _, reason = line.partition("\n")
        yield rich_text(title[:_TEAMS_LINE], weight="Bolder" if reason else "Default")
        if reason:
            yield rich_text(reason[:_TEAMS_LINE], spacing="None")
