"""What a digest says over a channel that posts: a headline, a few lines, and the way to the inbox.

Lists stop where a channel's limits do; what has no line is counted.
"""

from dataclasses import dataclass
from typing import Any, Final

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.slack_message import escaped
from consumers.delivery.channels.teams_message import CONTENT_TYPE
from consumers.delivery.decisions import Digest
from consumers.runtime.wording import DigestWords, reader_of
from consumers.runtime.wording.marks import N_

_MOST: Final = 15
_LINE: Final = 2000


@dataclass(frozen=True, slots=True)
class DigestMessage:
    """A digest in its recipient's words, as plain text."""

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
    lines = [f"{alert.headline}\n{alert.reason}"[:_LINE] for alert in words.listed]
    lines += [words.rest] if words.rest else []
    label = reader.text(N_("Open the inbox"))
    return DigestMessage(words.headline, words.extent, tuple(lines), label, links.inbox, reader.language)


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
    runs = [{"type": "TextRun", "text": told.headline, "size": "Large", "weight": "Bolder"}]
    runs += [{"type": "TextRun", "text": text[:1000]} for text in (told.extent, *told.lines)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": told.language,
        "fallbackText": told.headline,
        "msteams": {"width": "Full"},
        "body": [{"type": "RichTextBlock", "spacing": "Default", "inlines": [run]} for run in runs],
        "actions": [{"type": "Action.OpenUrl", "title": told.open_label, "url": told.inbox}],
    }
    return {"type": "message", "attachments": [{"contentType": CONTENT_TYPE, "contentUrl": None, "content": card}]}
