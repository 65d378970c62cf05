"""What Teams shows: an Adaptive Card with links. A workflow posts it; buttons that act would need a bot.

What others named stands in rich text, which knows no markdown: a name cannot become a link.
https://adaptivecards.io/explorer
"""

from collections.abc import Iterator
from typing import Any, Final

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.message import Message, message_of
from consumers.delivery.decisions import Notification

CONTENT_TYPE: Final = "application/vnd.microsoft.card.adaptive"
_LONGEST: Final = 2000
Element = dict[str, Any]


def teams_message(notification: Notification, links: Links) -> dict[str, Any]:
    """The body that the workflow "Post to a channel when a webhook request is received" takes."""
    message = message_of(notification, links)
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": message.reader.language,
        "fallbackText": message.headline,
        "msteams": {"width": "Full"},
        "body": list(_body(message)),
        "actions": list(_actions(message)),
    }
    return {"type": "message", "attachments": [{"contentType": CONTENT_TYPE, "contentUrl": None, "content": card}]}


def _body(message: Message) -> Iterator[Element]:
    yield rich_text(message.headline, size="Large", weight="Bolder")
    if message.note:
        yield rich_text(message.note, color="Attention")
    yield rich_text(message.words.reason)
    if message.suggested:
        yield rich_text(message.suggested, weight="Bolder")
    yield {"type": "FactSet", "facts": [{"title": label, "value": value} for label, value in message.facts()]}
    for line in message.moved():
        yield rich_text(line, spacing="Small")
    yield rich_text(message.why_you, size="Small", isSubtle=True)


def _actions(message: Message) -> Iterator[Element]:
    if message.act_link:
        yield {"type": "Action.OpenUrl", "title": message.act_label, "url": message.act_link}
    yield {"type": "Action.OpenUrl", "title": message.open_label, "url": message.account_link}


def rich_text(text: str, spacing: str = "Default", **look: Any) -> Element:
    """A paragraph in which no markdown is read."""
    return {
        "type": "RichTextBlock",
        "spacing": spacing,
        "inlines": [{"type": "TextRun", "text": text[:_LONGEST], **look}],
    }
