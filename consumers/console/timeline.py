"""An event as one line of the timeline: what happened, in plain words. Pure.

Texts of people and systems (summaries, notes) are handed on as they came; the template escapes them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from consumers.console.models import Fact
from consumers.console.phrases import SEGMENTS, phrase
from consumers.runtime.wording import Reader
from consumers.runtime.wording.marks import C_, N_, NN_
from consumers.runtime.wording.names import category
from consumers.runtime.wording.names import event as event_name
from schemas.catalogue import EVENT, AnyEvent
from schemas.events.interactions import Channel, Direction
from schemas.events.purchases import SubscriptionChange


@dataclass(frozen=True, slots=True)
class Telling:
    """For whom it is told, and who a manager is."""

    reader: Reader
    name_of: Callable[[str | None], str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline. `key` identifies the fact for ever; `family` is the first word of its type."""

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
            fact.type.partition(".")[0],
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
        family=family,
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
    reader = how.reader
    if event.type == "fact.withdrawn.v1":
        inner, _ = _told(event.data.original, how)
        return reader.text(N_("Taken back: %(event)s")) % {"event": inner}, event.data.reason
    data: Any = event.data
    more = _MORE.get(event.type)
    actor = getattr(data, "actor", None) or getattr(data, "author", None)
    details = [
        next((value for name in _SUBJECTS if (value := getattr(data, name, None))), ""),
        more(data, reader) if more else "",
        reader.text(N_("by %(actor)s")) % {"actor": how.name_of(actor)} if actor else "",
    ]
    named = event_name(reader, event.type)
    told = ", ".join(filter(None, details))
    return f"{named}: {told}" if told else named, _free_text(data)


def _free_text(data: Any) -> str:
    return next((text for name in _TEXTS if (text := getattr(data, name, None))), "")


def _logged(data: Any, reader: Reader) -> str:
    by = reader.text(_CONTACTS[data.direction, data.channel])
    return by if data.sentiment is None else f"{by}, {_tone(data.sentiment, reader)}"


def _tone(sentiment: float, reader: Reader) -> str:
    friendly = 0.25
    if sentiment >= friendly:
        return reader.text(N_("friendly in tone"))
    return reader.text(N_("unfriendly in tone") if sentiment <= -friendly else N_("neutral in tone"))


def _amount(data: Any, reader: Reader) -> str:
    return "" if data.amount is None or not data.currency else reader.money(data.amount, data.currency)


def _survey(data: Any, reader: Reader) -> str:
    text = reader.text(N_("%(instrument)s %(answer)s of %(most)s"))
    return text % {
        "instrument": data.instrument.upper(),
        "answer": reader.short(data.answer),
        "most": reader.short(data.scale_max),
    }


def _usage(data: Any, reader: Reader) -> str:
    times = reader.short(data.quantity)
    return reader.plural(NN_("%(times)s time", "%(times)s times"), 1 if data.quantity == 1 else 2) % {"times": times}


def _subscription(data: Any, reader: Reader) -> str:
    change = reader.text(_CHANGES[data.change])
    worth = reader.text(N_("now %(amount)s a year")) % {"amount": reader.money(data.annual_value, data.currency)}
    return f"{change}, {worth}"


def _complaint(data: Any, reader: Reader) -> str:
    severity = reader.text(N_("severity %(severity)d of 4")) % {"severity": data.severity}
    return f"{category(reader, data.category)}, {severity}"


def _profile(data: Any, reader: Reader) -> str:
    worth = reader.text(N_("%(amount)s a year")) % {"amount": reader.money(data.annual_value, data.currency)}
    return f"{data.name}, {phrase(reader, SEGMENTS, data.segment)}, {worth}"


def _handed_off(data: Any, reader: Reader) -> str:
    return reader.text(N_("to %(team)s")) % {"team": data.to_team}


def _returned(data: Any, reader: Reader) -> str:
    return reader.text(N_("in part")) if data.skus else ""


_SUBJECTS: Final = ("complaint_id", "order_id", "invoice_id", "hand_off_id", "feature")
_TEXTS: Final = ("summary", "note", "comment", "reason")
_CONTACTS: Final = {
    (Direction.INBOUND, Channel.CALL): N_("call from the client"),
    (Direction.INBOUND, Channel.EMAIL): N_("e-mail from the client"),
    (Direction.INBOUND, Channel.MEETING): N_("meeting, asked for by the client"),
    (Direction.INBOUND, Channel.CHAT): N_("chat, begun by the client"),
    (Direction.INBOUND, Channel.VISIT): N_("visit from the client"),
    (Direction.INBOUND, Channel.PORTAL): N_("portal message from the client"),
    (Direction.OUTBOUND, Channel.CALL): N_("call to the client"),
    (Direction.OUTBOUND, Channel.EMAIL): N_("e-mail to the client"),
    (Direction.OUTBOUND, Channel.MEETING): N_("meeting, asked for by us"),
    (Direction.OUTBOUND, Channel.CHAT): N_("chat, begun by us"),
    (Direction.OUTBOUND, Channel.VISIT): N_("visit to the client"),
    (Direction.OUTBOUND, Channel.PORTAL): N_("portal message to the client"),
}
_CHANGES: Final = {
    SubscriptionChange.STARTED: C_("subscription", "started"),
    SubscriptionChange.RENEWED: C_("subscription", "renewed"),
    SubscriptionChange.EXPANDED: C_("subscription", "expanded"),
    SubscriptionChange.REDUCED: C_("subscription", "reduced"),
    SubscriptionChange.CANCELLED: C_("subscription", "cancelled"),
}
_MORE: Final[dict[str, Callable[[Any, Reader], str]]] = {
    "interaction.logged.v1": _logged,
    "interaction.survey_answered.v1": _survey,
    "interaction.usage_reported.v1": _usage,
    "interaction.handed_off.v1": _handed_off,
    "purchase.order_placed.v1": _amount,
    "purchase.order_returned.v1": _returned,
    "purchase.invoice_issued.v1": _amount,
    "purchase.invoice_paid.v1": _amount,
    "purchase.subscription_changed.v1": _subscription,
    "complaint.opened.v1": _complaint,
    "health.override_set.v1": lambda data, reader: reader.number(data.value, 0),
    "account.profile_set.v1": _profile,
}
