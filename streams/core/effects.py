"""What a fact counts for: event type to signals. Complaints have a course of their own (`streams.core.complaints`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from schemas.plain import Plain
from streams.core import levels
from streams.core.facts import KIND_INDEX, KINDS
from streams.core.levels import Carried
from streams.core.policy import SIGNAL_INDEX, Floats


class Effect(NamedTuple):
    """`amount` added to a signal's sum (index in `COUNTED_SIGNALS`) as of `at` (epoch seconds)."""

    signal: int
    amount: float
    at: float


Amounts = tuple[tuple[int, float], ...]
Data = Mapping[str, Any]


def _each(*names: str) -> Amounts:
    return tuple((SIGNAL_INDEX[name], 1.0) for name in names)


FIXED: Final[dict[str, Amounts]] = {
    "interaction.logged.v1": _each("contact", "service_contact"),
    "interaction.handed_off.v1": _each("handed_off"),
    "purchase.order_placed.v1": _each("orders", "orders_ever"),
    "purchase.order_delivered.v1": _each("delivered"),
    "purchase.order_cancelled.v1": _each("cancelled"),
    "purchase.order_returned.v1": _each("returned"),
    "purchase.invoice_paid.v1": _each("paid"),
    "purchase.invoice_disputed.v1": _each("disputed"),
    "complaint.escalated.v1": _each("escalated"),
}
"""What a fact of a type counts for whatever it carries."""


def _survey(data: Data) -> Amounts:
    return ((SIGNAL_INDEX["survey"], on_scale(data["answer"], data.get("scale_min", 0), data["scale_max"])),)


def on_scale(answer: float, bottom: float, top: float) -> float:
    """An answer as -1 (bottom) to 1 (top).

    Written so that it stays within on the narrowest scale there is: half of that would be 0.

    >>> on_scale(7, 0, 10), on_scale(5e-324, 0, 5e-324)
    (0.4, 1.0)
    """
    return ((answer - bottom) - (top - answer)) / (top - bottom)


_SUBSCRIPTION: Final = {
    "started": _each("subscription_up"),
    "renewed": _each("subscription_up"),
    "expanded": _each("subscription_up"),
    "reduced": _each("subscription_down"),
    "cancelled": _each("subscription_ended"),
}

CARRIED: Final[dict[str, Callable[[Data], Amounts]]] = {
    "interaction.survey_answered.v1": _survey,
    "purchase.subscription_changed.v1": lambda data: _SUBSCRIPTION[data["change"]],
}
"""What a fact counts for by what it carries, beside that; each by itself."""


def felt(sentiment: Floats) -> Carried:
    """What contacts count for by their sentiment, nan for none."""
    return [(SIGNAL_INDEX["sentiment"], sentiment)]


def used(quantity: Floats, period_s: Floats) -> Carried:
    """What usage reports count for."""
    return [
        (SIGNAL_INDEX["usage"], np.where(quantity > 0, 1.0, -1.0)),
        *levels.carried("usage", levels.usage_size(quantity, period_s)),
    ]


def ordered(amount: Floats, rate: Floats, lines: Floats) -> Carried:
    """What orders count for by what was bought; `rate` nan for a currency that has none, `lines` 0 without any."""
    products = (SIGNAL_INDEX["products"], np.maximum(lines, 1.0))
    return [products, *levels.carried("order_value", levels.order_size(amount, rate))]


Rates = Mapping[str, float]


def _felt(data: Sequence[Data], _: Rates) -> Carried:
    return felt(np.array([one.get("sentiment") for one in data], np.float64))


def _used(data: Sequence[Data], _: Rates) -> Carried:
    return used(*(np.array([one[name] for one in data], np.float64) for name in ("quantity", "period_s")))


def _ordered(data: Sequence[Data], rates: Rates) -> Carried:
    rate = np.array([rates.get(one["currency"]) for one in data], np.float64)
    lines = np.array([len(one.get("lines", ())) for one in data], np.float64)
    return ordered(np.array([float(one["amount"]) for one in data]), rate, lines)


WEIGHED: Final[dict[str, Callable[[Sequence[Data], Rates], Carried]]] = {
    "interaction.logged.v1": _felt,
    "interaction.usage_reported.v1": _used,
    "purchase.order_placed.v1": _ordered,
}
"""The same of the commonest carriers: of many at once."""

_MOST: Final = max(map(len, FIXED.values()))
FIXED_COUNT: Final = np.array([len(FIXED.get(name, ())) for name in KINDS])
FIXED_SIGNAL: Final = np.zeros((len(KINDS), _MOST), np.int64)
FIXED_AMOUNT: Final = np.zeros((len(KINDS), _MOST))
"""`FIXED` as arrays over `KINDS`: how many, which signals, how much."""
for _name, _amounts in FIXED.items():
    for _place, (_signal, _amount) in enumerate(_amounts):
        FIXED_SIGNAL[KIND_INDEX[_name], _place], FIXED_AMOUNT[KIND_INDEX[_name], _place] = _signal, _amount


def effects_of(event: Plain, at: float, rates: Rates, sign: float = 1.0) -> list[Effect]:
    """The signals an event of the time `at` counts for, as of then; `sign` -1 takes them back."""
    kind, data = event["type"], event["data"]
    amounts = FIXED.get(kind, ()) + (CARRIED[kind](data) if kind in CARRIED else ())
    if kind in WEIGHED:
        weighed = ((signal, float(amount[0])) for signal, amount in WEIGHED[kind]([data], rates))
        amounts += tuple(one for one in weighed if one[1] == one[1])
    return [Effect(signal, sign * amount, at) for signal, amount in amounts]
