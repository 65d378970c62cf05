"""Which facts are a purchase, a word from the client, or a contact of ours, and when. Columns of a batch; pure.

A contact is a word when it came in, or went over a channel on which two people talk: an e-mail of ours is none.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from schemas.events.withdrawals import WITHDRAWN
from schemas.plain import Plain
from streams.core.facts import KIND_INDEX, KINDS, Facts, seconds
from streams.core.policy import Floats, Ints

ORDERED: Final = "purchase.order_placed.v1"
LOGGED: Final = "interaction.logged.v1"
_USED: Final = "interaction.usage_reported.v1"
HEARD: Final = frozenset(
    {
        ORDERED,
        "interaction.survey_answered.v1",
        "purchase.order_cancelled.v1",
        "purchase.order_returned.v1",
        "purchase.invoice_paid.v1",
        "purchase.invoice_disputed.v1",
        "purchase.subscription_changed.v1",
        "complaint.opened.v1",
        "complaint.escalated.v1",
        "complaint.reopened.v1",
        "complaint.withdrawn.v1",
    }
)
"""What the client does, whatever it carries. A contact and a report of use are a word by what they carry."""
TALKING: Final = frozenset({"call", "meeting", "visit", "chat"})

_ALWAYS: Final = np.array([name in HEARD for name in KINDS])


class Told(NamedTuple):
    """n facts: their places in the batch, when each happened (epoch seconds), and 1, or -1 for one taken back."""

    place: Ints
    at: Floats
    sign: Ints


def is_word(event: Plain) -> bool:
    """Whether an event is something that the client did."""
    kind, data = event["type"], event["data"]
    if kind == LOGGED:
        return data["direction"] == "inbound" or data["channel"] in TALKING
    return data["quantity"] > 0 if kind == _USED else kind in HEARD


def is_ours(event: Plain) -> bool:
    """Whether an event is a contact that went out from us."""
    return bool(event["type"] == LOGGED and event["data"]["direction"] == "outbound")


def reached_out(facts: Facts) -> Told:
    """Contacts of a batch that went out from us."""
    places = np.flatnonzero(facts.kind == KIND_INDEX[LOGGED])
    ours = np.array(list(map(is_ours, facts.events[places].tolist())), bool)
    return _with_withdrawn(facts, places[ours], is_ours)


def purchases(facts: Facts) -> Told:
    """The orders of a batch."""
    places = np.flatnonzero(facts.kind == KIND_INDEX[ORDERED])
    return _with_withdrawn(facts, places, lambda event: event["type"] == ORDERED)


def words(facts: Facts) -> Told:
    """All that a batch has of the clients themselves."""
    heard = _ALWAYS[facts.kind]
    for name in (LOGGED, _USED):
        places = np.flatnonzero(facts.kind == KIND_INDEX[name])
        heard[places] = [is_word(event) for event in facts.events[places].tolist()]
    return _with_withdrawn(facts, np.flatnonzero(heard), is_word)


def _with_withdrawn(facts: Facts, places: Ints, counts: Callable[[Plain], bool]) -> Told:
    taken = np.flatnonzero(facts.kind == KIND_INDEX[WITHDRAWN])
    if not len(taken):
        return Told(places, facts.at[places], np.ones(len(places), np.int64))
    originals = [event["data"]["original"] for event in facts.events[taken].tolist()]
    back = np.array([counts(original) for original in originals], bool)
    at = np.array([seconds(original["time"]) for original in originals])
    return Told(
        np.concatenate((places, taken[back])),
        np.concatenate((facts.at[places], at[back])),
        np.concatenate((np.ones(len(places), np.int64), np.full(np.count_nonzero(back), -1))),
    )
