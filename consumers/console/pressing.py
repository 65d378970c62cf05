"""What a recipient may do through a signed link in a message, as events. Pure.

The recipient acts, and the event says that it was through a link, as messages are forwarded. One opened page is one
chance for each button: its moment is in the event's id, so that pressing twice, or sending the form again, is one fact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

from consumers.console.models import Episode, Sent
from schemas.events.actions import (
    ActionEvent,
    AlertAcknowledged,
    AlertActionData,
    AlertRated,
    AlertRatedData,
    AlertSnoozed,
    AlertSnoozedData,
)
from schemas.ids import AccountId, AlertId, EventId, ManagerId, Source


@dataclass(frozen=True, slots=True)
class Press:
    """A button pressed `at` some moment on a page that was opened at `opened_at`."""

    source: Source
    sent: Sent
    episode: Episode
    opened_at: datetime
    at: datetime


def acknowledged(press: Press) -> ActionEvent:
    """The recipient takes the alert: the same fact as a press in the console."""
    name = blake2b(f"acknowledge\x00{press.episode.alert_id}\x00{press.sent.recipient}".encode(), digest_size=16)
    envelope = _envelope(press, "") | {"id": EventId(name.hexdigest())}
    return AlertAcknowledged(**envelope, data=AlertActionData(**_data(press)))


def snoozed(length: timedelta) -> Callable[[Press], ActionEvent]:
    """The recipient puts the alert off, counted from when the page was opened."""

    def event(press: Press) -> ActionEvent:
        until = press.opened_at + length
        data = AlertSnoozedData(**_data(press), until=until)
        return AlertSnoozed(**_envelope(press, f"snooze\x00{length.days}"), data=data)

    return event


def rated(*, useful: bool) -> Callable[[Press], ActionEvent]:
    """The recipient says whether the alert was worth its interruption."""

    def event(press: Press) -> ActionEvent:
        return AlertRated(**_envelope(press, f"rate\x00{useful}"), data=AlertRatedData(**_data(press), useful=useful))

    return event


ACTIONS: Final[dict[str, Callable[[Press], ActionEvent]]] = {
    "acknowledge": acknowledged,
    "snooze-1": snoozed(timedelta(days=1)),
    "snooze-3": snoozed(timedelta(days=3)),
    "snooze-7": snoozed(timedelta(days=7)),
    "useful": rated(useful=True),
    "not-useful": rated(useful=False),
}
"""The buttons, by what their form sends."""


def _envelope(press: Press, action: str) -> dict[str, Any]:
    text = f"{action}\x00{press.episode.alert_id}\x00{press.sent.recipient}\x00{press.opened_at.timestamp():.0f}"
    return {
        "id": EventId(blake2b(text.encode(), digest_size=16).hexdigest()),
        "source": press.source,
        "subject": AccountId(press.episode.account_id),
        "time": press.at,
    }


def _data(press: Press) -> dict[str, Any]:
    through = f"Through a link sent to {press.sent.recipient} over {press.sent.channel}"
    return {
        "alert_id": AlertId(press.episode.alert_id),
        "actor": ManagerId(press.sent.recipient),
        "comment": through,
    }
