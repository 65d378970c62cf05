"""What a fact counts for: event type to signals. Complaints have a course of their own (`streams.core.complaints`)."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from schemas.catalogue import AnyEvent
from schemas.events.interactions import InteractionLogged, SurveyAnswered, UsageReported
from schemas.events.purchases import SubscriptionChange, SubscriptionChanged
from streams.core.policy import SIGNAL_INDEX


class Effect(NamedTuple):
    """`amount` added to a signal's sum (index in `COUNTED_SIGNALS`) as of `at` (epoch seconds)."""

    signal: int
    amount: float
    at: float


Amounts = tuple[tuple[int, float], ...]


def _fixed(*names: str) -> Callable[[Any], Amounts]:
    amounts = tuple((SIGNAL_INDEX[name], 1.0) for name in names)
    return lambda _event: amounts


def _logged(event: InteractionLogged) -> Amounts:
    amounts = [(SIGNAL_INDEX["contact"], 1.0), (SIGNAL_INDEX["service_contact"], 1.0)]
    if event.data.sentiment is not None:
        amounts.append((SIGNAL_INDEX["sentiment"], event.data.sentiment))
    return tuple(amounts)


def _survey(event: SurveyAnswered) -> Amounts:
    answer = event.data
    middle, half = (answer.scale_max + answer.scale_min) / 2, (answer.scale_max - answer.scale_min) / 2
    return ((SIGNAL_INDEX["survey"], (answer.answer - middle) / half),)


def _usage(event: UsageReported) -> Amounts:
    return ((SIGNAL_INDEX["usage"], 1.0 if event.data.quantity > 0 else -1.0),)


_SUBSCRIPTION: Final = {
    SubscriptionChange.STARTED: "subscription_up",
    SubscriptionChange.RENEWED: "subscription_up",
    SubscriptionChange.EXPANDED: "subscription_up",
    SubscriptionChange.REDUCED: "subscription_down",
    SubscriptionChange.CANCELLED: "subscription_ended",
}


def _subscription(event: SubscriptionChanged) -> Amounts:
    return ((SIGNAL_INDEX[_SUBSCRIPTION[event.data.change]], 1.0),)


_AMOUNTS: Final[dict[str, Callable[[Any], Amounts]]] = {
    "interaction.logged.v1": _logged,
    "interaction.survey_answered.v1": _survey,
    "interaction.usage_reported.v1": _usage,
    "interaction.handed_off.v1": _fixed("handed_off"),
    "purchase.order_placed.v1": _fixed("orders", "orders_ever"),
    "purchase.order_delivered.v1": _fixed("delivered"),
    "purchase.order_cancelled.v1": _fixed("cancelled"),
    "purchase.order_returned.v1": _fixed("returned"),
    "purchase.invoice_paid.v1": _fixed("paid"),
    "purchase.invoice_disputed.v1": _fixed("disputed"),
    "purchase.subscription_changed.v1": _subscription,
    "complaint.escalated.v1": _fixed("escalated"),
}


def effects_of(event: AnyEvent, sign: float = 1.0) -> list[Effect]:
    """The signals an event counts for as of its own time; `sign` -1 takes them back."""
    amounts = _AMOUNTS.get(event.type)
    if amounts is None:
        return []
    at = event.time.timestamp()
    return [Effect(signal, sign * amount, at) for signal, amount in amounts(event)]
