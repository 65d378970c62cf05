"""By which days the next purchase and word are expected, reckoned from an account's facts in plain Python.

Nothing of the `streams` package and no NumPy may come in here.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Any, Final

from tests.torture.oracle import Account

DATES: Final = ("last_purchase_on", "purchase_expected_by", "last_word_on", "word_expected_by")
KEPT_PURCHASES: Final = 24
KEPT_WORDS: Final = 16
PSEUDO_GAPS: Final = 20
SHARE: Final = 0.95
_CLIENTS: Final = (
    *("purchase.order_placed", "purchase.order_cancelled", "purchase.order_returned", "purchase.invoice_paid"),
    *("purchase.invoice_disputed", "purchase.subscription_changed", "interaction.survey_answered"),
    *("complaint.opened", "complaint.escalated", "complaint.reopened", "complaint.withdrawn"),
)


_Counts = Callable[[str, Mapping[str, Any]], bool]


def told_days(account: Account) -> dict[str, str]:
    """The dates that a snapshot says."""
    rules = account.policy.silence
    segment = account.segment()
    bought = _standing(account, KEPT_PURCHASES, _is_purchase)
    heard = _standing(account, KEPT_WORDS, _is_word)
    purchases, contacts = rules["purchases"], rules["contacts"]
    gaps, lines = purchases["segments"], contacts["line_d"]
    order_by = _expected(bought, purchases["min_purchases"], gaps.get(segment, gaps["all"])["quantile_d"])
    word_by = _expected(heard, contacts["min_days"], lines.get(segment, lines["all"]))
    found = {
        "last_purchase_on": bought[-1] if bought else None,
        "purchase_expected_by": order_by,
        "last_word_on": heard[-1] if heard else None,
        "word_expected_by": word_by,
    }
    return {name: day.isoformat() for name, day in found.items() if day}


def _standing(account: Account, kept: int, counts: _Counts) -> list[date]:
    """The days with a fact that stands, of the latest that were ever told of, oldest first."""
    days: Counter[date] = Counter()
    for fact in account.facts:
        taken_back = fact.type == "fact.withdrawn.v1"
        kind, data, at = fact.type, fact.data, fact.at
        if taken_back:
            original = fact.data["original"]
            kind, data, at = original["type"], original["data"], datetime.fromisoformat(original["time"]).timestamp()
        if counts(kind, data):
            days[datetime.fromtimestamp(at, UTC).date()] += -1 if taken_back else 1
    return [day for day in sorted(days)[-kept:] if days[day] > 0]


def _is_purchase(kind: str, _: Mapping[str, Any]) -> bool:
    return kind == "purchase.order_placed.v1"


def _is_word(kind: str, data: Mapping[str, Any]) -> bool:
    if kind == "interaction.logged.v1":
        return data["direction"] == "inbound" or data["channel"] in ("call", "meeting", "visit", "chat")
    if kind == "interaction.usage_reported.v1":
        return bool(data["quantity"] > 0)
    return kind.removesuffix(".v1") in _CLIENTS


def _expected(days: list[date], least: int, usual_d: float) -> date | None:
    if len(days) < least:
        return None
    gaps = sorted((after - before).days for before, after in pairwise(days))
    place = (len(gaps) - 1) * SHARE
    low = int(place)
    own = gaps[low] + (place - low) * (gaps[min(low + 1, len(gaps) - 1)] - gaps[low])
    weight = len(gaps) / (len(gaps) + PSEUDO_GAPS)
    return days[-1] + timedelta(days=ceil(weight * own + (1 - weight) * usual_d))
