"""What Slack shows: blocks with text, fields and link buttons, within Slack's published limits.

What others named stands in plain text or escaped, so that nothing of it becomes a mention, a link or a format.
https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterator
from typing import Any, Final

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.message import Message, message_of
from consumers.delivery.decisions import Notification

_HEADER, _TEXT, _FIELD = 150, 3000, 2000
_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_FALLBACK: Final = 1000
Block = dict[str, Any]


def slack_message(notification: Notification, links: Links) -> dict[str, Any]:
    """The body of `chat.postMessage`, but for the channel."""
    message = message_of(notification, links)
    return {
        "text": escaped(f"{message.headline}. {message.words.reason}", _FALLBACK),
        "blocks": list(_blocks(message)),
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "account_pulse_alert", "event_payload": {"notification_id": notification.id}},
    }


def escaped(text: str, longest: int) -> str:
    """Text in which Slack finds no mention, link or entity, cut so that no entity is cut through.

    >>> escaped("<!channel> & co", 12)
    '&lt;!channel'
    """
    taken, length = [], 0
    for sign in text:
        written = sign.translate(_ESCAPED)
        length += len(written)
        if length > longest:
            break
        taken.append(written)
    return "".join(taken)


def _blocks(message: Message) -> Iterator[Block]:
    yield {"type": "header", "block_id": "headline", "text": _plain(message.headline, _HEADER)}
    if message.note:
        yield {"type": "section", "block_id": "note", "text": _plain(message.note, _TEXT)}
    yield {"type": "section", "block_id": "reason", "text": _plain(message.words.reason, _TEXT)}
    if message.suggested:
        yield {"type": "section", "block_id": "suggestion", "text": _plain(message.suggested, _TEXT)}
    yield {"type": "section", "block_id": "facts", "fields": [_field(*fact) for fact in message.facts()]}
    if moved := message.moved():
        yield {"type": "section", "block_id": "moved", "text": _plain("\n".join(moved), _TEXT)}
    yield {"type": "actions", "block_id": "links", "elements": list(_buttons(message))}
    yield {"type": "context", "block_id": "why_you", "elements": [_plain(message.why_you, _TEXT)]}


def _buttons(message: Message) -> Iterator[Block]:
    if message.act_link:
        yield _button("act", message.act_label, message.act_link) | {"style": "primary"}
    yield _button("open_account", message.open_label, message.account_link)


def _button(name: str, label: str, url: str) -> Block:
    return {"type": "button", "action_id": name, "text": _plain(label, 75), "url": url}


def _field(label: str, value: str) -> Block:
    text = f"*{escaped(label, 200)}*\n{escaped(value, _FIELD - 300)}"
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str, longest: int) -> Block:
    return {"type": "plain_text", "text": text[:longest], "emoji": False}
