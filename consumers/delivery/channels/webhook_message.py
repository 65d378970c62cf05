"""What a webhook says: the body of one notification by Standard Webhooks 1.0. The same bytes on every try.

`type` says what happened to the alert, `timestamp` when that was decided, `data` the structured step, with its
sentences in the recipient's language. A body is to be small, below 20 kB: what is large is left out, and said to be.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.message import message_of
from consumers.delivery.decisions import Notification
from consumers.runtime.wording import one_line
from schemas.alerts import AlertStep
from schemas.health import Part

MAX_BYTES: Final = 20_000
_PARTS: Final = 20
_FACTS, _FACT_CHARS = 30, 100
_OF_STEP: Final = (
    "alert_id step_id account_id kind episode step_no reason at role suggestion owner actor value_at_risk currency"
).split()


def webhook_body(notification: Notification, links: Links) -> bytes:
    """The body, under 20 kB."""
    data = _data(notification, links)
    small = {**data, "parts": [], "truncated": True}
    smallest = {**small, "facts": _few(notification.step.facts)}
    bodies = (_encoded(notification.step, one) for one in (data, small, smallest))
    return next(body for body in bodies if len(body) < MAX_BYTES)


def _encoded(step: AlertStep, data: Mapping[str, Any]) -> bytes:
    at = step.decided_at.isoformat().replace("+00:00", "Z")
    body = {"type": f"alert.{step.step.value}", "timestamp": at, "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _data(notification: Notification, links: Links) -> dict[str, Any]:
    step, message = notification.step, message_of(notification, links)
    words = message.words
    plain = step.model_dump(mode="json", include=set(_OF_STEP))
    return {
        "notification_id": notification.id,
        "recipient": notification.recipient,
        **{name: plain[name] for name in _OF_STEP},
        "account_name": words.account,
        "facts": step.facts,
        "parts": list(_weightiest(step.parts)),
        "parts_left_out": max(0, len(step.parts) - _PARTS),
        "language": words.reader.language,
        "headline": one_line(message.headline, 300),
        "sentence": one_line(words.reason, 1000),
        "suggested_step": words.suggestion,
        "link": message.account_link,
        "test": notification.test,
        "truncated": False,
    }


def _weightiest(parts: tuple[Part, ...]) -> Iterator[Mapping[str, Any]]:
    for part in sorted(parts, key=lambda it: -abs(it.points))[:_PARTS]:
        yield part.model_dump(mode="json", exclude_none=True)


def _few(facts: Mapping[str, str]) -> dict[str, str]:
    return {name[:_FACT_CHARS]: value[:_FACT_CHARS] for name, value in list(facts.items())[:_FACTS]}
