"""An event as one line of the timeline: what happened, in plain words. Pure.

Texts of people and systems (summaries, notes) are handed on as they came; the template escapes them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from consumers.console.models import Fact
from consumers.console.phrases import FAMILIES, SEGMENTS, phrase
from consumers.runtime.wording import Reader
from consumers.runtime.wording.names import event as event_name
from schemas.catalogue import EVENT, AnyEvent


@dataclass(frozen=True, slots=True)
class Telling:
    """For whom it is told, and who a manager is."""

    reader: Reader
    name_of: Callable[[str | None], str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline. `key` identifies the fact for ever."""

    key: str
    event_id: str
    at: datetime
    family: str
    title: str
    detail: str
    source: str
    type: str
    points: float | None = None


def from_fact(fact: Fact, how: Telling) -> Entry:
    """A stored event; one that cannot be read any more is still shown, by its type."""
    try:
        return from_event(EVENT.validate_json(fact.payload), how, fact.points)
    except ValidationError:
        return Entry(
            fact_key(fact.source, fact.event_id),
            fact.event_id,
            fact.at,
            "",
            fact.type,
            "",
            fact.source,
            fact.type,
            fact.points,
        )


def from_event(event: AnyEvent, how: Telling, points: float | None = None) -> Entry:
    """An event as the line that tells it; `how` says for whom."""
    family = event.type.partition(".")[0]
    title, detail = _told(event, how)
    return Entry(
        key=fact_key(event.source, event.id),
        event_id=event.id,
        at=event.time,
        family=FAMILIES.get(family, family.capitalize()),
        title=title,
        detail=detail,
        source=event.source,
        type=event.type,
        points=points,
    )


def fact_key(source: str, event_id: str) -> str:
    """The identity of a fact as one text."""
    return f"{source}\x00{event_id}"


def _told(event: AnyEvent, how: Telling) -> tuple[str, str]:
    if event.type == "fact.withdrawn.v1":
        inner, _ = _told(event.data.original, how)
        return f"Taken back: {inner}", event.data.reason
    data: Any = event.data
    more = _MORE.get(event.type)
    actor = getattr(data, "actor", None) or getattr(data, "author", None)
    details = [
        next((value for name in _SUBJECTS if (value := getattr(data, name, None))), ""),
        more(data, how.reader) if more else "",
        f"by {how.name_of(actor)}" if actor else "",
    ]
    named = event_name(how.reader, event.type)
    told = ", ".join(filter(None, details))
    return f"{named}: {told}" if told else named, _free_text(data)


def _free_text(data: Any) -> str:
    return next((text for name in _TEXTS if (text := getattr(data, name, None))), "")


def _logged(data: Any, reader: Reader) -> str:
    by = "from the client" if data.direction == "inbound" else "to the client"
    return f"{data.channel} {by}{_tone(data.sentiment)}"


def _tone(sentiment: float | None) -> str:
    if sentiment is None:
        return ""
    friendly = 0.25
    word = "friendly" if sentiment >= friendly else "unfriendly" if sentiment <= -friendly else "neutral"
    return f", {word} in tone"


def _amount(data: Any, reader: Reader) -> str:
    return "" if data.amount is None or not data.currency else reader.money(data.amount, data.currency)


def _survey(data: Any, reader: Reader) -> str:
    return f"{data.instrument.upper()} {data.answer:g} of {data.scale_max:g}"


def _subscription(data: Any, reader: Reader) -> str:
    return f"{data.change}, now {reader.money(data.annual_value, data.currency)} a year"


def _complaint(data: Any, reader: Reader) -> str:
    return f"{data.category}, severity {data.severity} of 4"


def _profile(data: Any, reader: Reader) -> str:
    worth = reader.money(data.annual_value, data.currency)
    return f"{data.name}, {phrase(SEGMENTS, data.segment).lower()}, {worth} a year"


_SUBJECTS: Final = ("complaint_id", "order_id", "invoice_id", "hand_off_id", "feature")
_TEXTS: Final = ("summary", "note", "comment", "reason")
_MORE: Final[dict[str, Callable[[Any, Reader], str]]] = {
    "interaction.logged.v1": _logged,
    "interaction.survey_answered.v1": _survey,
    "interaction.usage_reported.v1": lambda data, _: f"{data.quantity:g} times",
    "interaction.handed_off.v1": lambda data, _: f"to {data.to_team}",
    "purchase.order_placed.v1": _amount,
    "purchase.order_returned.v1": lambda data, _: "in part" if data.skus else "",
    "purchase.invoice_issued.v1": _amount,
    "purchase.invoice_paid.v1": _amount,
    "purchase.subscription_changed.v1": _subscription,
    "complaint.opened.v1": _complaint,
    "account.profile_set.v1": _profile,
}
