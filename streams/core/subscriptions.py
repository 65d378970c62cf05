"""What an account's subscription is worth and when it is renewed, as its facts say: an order-free record.

A record is how often each change was told less how often it was taken back; all that is said follows from that, so
changes may come in any order, each once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.plain import Plain
from streams.core.facts import seconds

CHANGED: Final = "purchase.subscription_changed.v1"
KEPT: Final = 16
"""So many of the newest changes are remembered: what comes later about one further back finds it forgotten."""
NOT_NAMED: Final = 0.0
"""`renews_at` of a change that names none."""


class Change(NamedTuple):
    """One change: when, what the subscription was worth a year from then on, and its next renewal (epoch seconds)."""

    at: float
    annual_value: float
    currency: str
    renews_at: float = NOT_NAMED


@dataclass(frozen=True, slots=True)
class Subscription:
    """`changes`: each with how often it was told less how often it was taken back, oldest first; none with 0."""

    changes: tuple[tuple[Change, int], ...] = ()

    def latest(self, until: float) -> Change | None:
        """The one in force at a moment, None while there is none."""
        return max((change for change, times in self.changes if times > 0 and change.at <= until), default=None)

    def renewal(self, now: float) -> float | None:
        """When it is renewed next, as far as that is known."""
        latest = self.latest(now)
        return latest.renews_at if latest and latest.annual_value and latest.renews_at > now else None

    def growth(self, now: float, over_s: float, rates: Mapping[str, float]) -> float | None:
        """By what share its value grew within `over_s`: -1 is all of it. None while there is nothing to compare.

        >>> grown = Subscription(((Change(0, 100, "EUR"), 1), (Change(50, 150, "EUR"), 1)))
        >>> grown.growth(60, 20, {}), grown.growth(60, 5, {}), grown.growth(60, 90, {})
        (0.5, 0.0, None)
        """
        before, latest = self.latest(now - over_s), self.latest(now)
        if before is None or latest is None or not before.annual_value:
            return None
        if before.currency == latest.currency:
            return latest.annual_value / before.annual_value - 1.0
        if not {before.currency, latest.currency} <= rates.keys():
            return None
        return latest.annual_value * rates[latest.currency] / (before.annual_value * rates[before.currency]) - 1.0


NONE: Final = Subscription()


def advanced(record: Subscription, event: Plain, at: float, sign: int) -> Subscription:
    """The record with one more change, of the time `at`, or with `sign` -1 one taken back."""
    data = event["data"]
    worth = 0.0 if data["change"] == "cancelled" else float(data["annual_value"])
    renews = data.get("renews_at")
    change = Change(at, worth, data["currency"], NOT_NAMED if renews is None else seconds(renews))
    counts = dict(record.changes)
    counts[change] = counts.get(change, 0) + sign
    return Subscription(tuple(sorted(item for item in counts.items() if item[1])[-KEPT:]))
