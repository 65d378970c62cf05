"""Slack's published rules for blocks (docs.slack.dev, Block Kit reference), as far as our messages use them.

`faults` finds everything in a message that Slack would refuse; it knows no more kinds of block than are written here.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

Part = dict[str, Any]
TEXTS = {"header": (150, {"plain_text"}), "section": (3000, {"plain_text", "mrkdwn"})}
ALLOWED = {
    "header": {"type", "block_id", "text"},
    "section": {"type", "block_id", "text", "fields"},
    "actions": {"type", "block_id", "elements"},
    "context": {"type", "block_id", "elements"},
    "button": {"type", "action_id", "text", "url", "value", "style"},
    "plain_text": {"type", "text", "emoji"},
    "mrkdwn": {"type", "text", "verbatim"},
}


def faults(message: Part) -> list[str]:
    """Everything that breaks a rule."""
    return list(_faults(message))


def _faults(message: Part) -> Iterator[str]:
    blocks = message["blocks"]
    if not 1 <= len(blocks) <= 50:
        yield f"{len(blocks)} blocks"
    if not 1 <= len(message["text"]) <= 40_000:
        yield "text of the notification"
    ids = [block["block_id"] for block in blocks]
    if len(ids) != len(set(ids)) or any(not 1 <= len(name) <= 255 for name in ids):
        yield "block ids"
    for block in blocks:
        yield from (f"{block['block_id']}: {fault}" for fault in _block(block))


def _block(block: Part) -> Iterator[str]:
    kind = block["type"]
    yield from _keys(block, kind)
    if kind in TEXTS and ("text" in block or kind == "header"):
        longest, kinds = TEXTS[kind]
        yield from _text(block["text"], longest, kinds)
    if kind == "section" and not ("text" in block or "fields" in block):
        yield "a section needs text or fields"
    fields = block.get("fields")
    if fields is not None and not 1 <= len(fields) <= 10:
        yield f"{len(fields)} fields"
    for field in fields or ():
        yield from _text(field, 2000, {"plain_text", "mrkdwn"})
    yield from _elements(block)


def _elements(block: Part) -> Iterator[str]:
    most = {"actions": 25, "context": 10}.get(block["type"], 0)
    elements = block.get("elements", [])
    if most and not 1 <= len(elements) <= most:
        yield f"{len(elements)} elements"
    names = [element["action_id"] for element in elements if element["type"] == "button"]
    if len(names) != len(set(names)):
        yield "action ids"
    for element in elements:
        if element["type"] == "button":
            yield from _button(element)
        else:
            yield from _text(element, 3000, {"plain_text", "mrkdwn"})


def _button(button: Part) -> Iterator[str]:
    yield from _keys(button, "button")
    yield from _text(button["text"], 75, {"plain_text"})
    url = urlsplit(button["url"])
    if len(button["url"]) > 3000 or url.scheme not in ("http", "https") or not url.netloc:
        yield "url of a button"
    if not 1 <= len(button["action_id"]) <= 255:
        yield "action id"
    if button.get("style", "primary") not in ("primary", "danger"):
        yield "style of a button"


def _text(text: Part, longest: int, kinds: set[str]) -> Iterator[str]:
    if text["type"] not in kinds:
        yield f"{text['type']} where {sorted(kinds)} is wanted"
        return
    yield from _keys(text, text["type"])
    if not 1 <= len(text["text"]) <= longest:
        yield f"text of {len(text['text'])} signs, at most {longest}"


def _keys(part: Part, kind: str) -> Iterator[str]:
    if kind not in ALLOWED:
        yield f"unknown kind {kind}"
    elif extra := set(part) - ALLOWED[kind]:
        yield f"unknown keys {sorted(extra)}"
