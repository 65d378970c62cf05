"""Facts of many accounts as columns, in any order: what `streams.core.rebuilding` sums up at once.

What the columns cannot tell (the original inside a withdrawal) is laid into them by `withdrawals`, fact by fact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from schemas.catalogue import TOPIC_OF_TYPE
from schemas.events.complaints import Category
from schemas.events.purchases import SubscriptionChange
from schemas.events.withdrawals import WITHDRAWN
from schemas.plain import Plain
from schemas.topics import EVENT_TOPICS
from streams.core.facts import KIND_INDEX, KINDS, Digests, seconds
from streams.core.fences import Bools
from streams.core.fold import FAMILY_TOPICS
from streams.core.policy import CURRENCIES, Floats, Ints

CHANGES: Final = tuple(change.value for change in SubscriptionChange)
"""What may become of a subscription; `History.code` is an index in it."""
NO_DUE: Final = np.iinfo(np.int64).max
"""`History.due_ms` where the opening of a complaint names no time."""

CATEGORIES: Final = tuple(sorted(category.value for category in Category))
"""What a complaint is about, in the order in which one of two openings of one time counts."""

OPENING: Final = "complaint.opened.v1"
ORDER: Final = "purchase.order_placed.v1"
_FAMILIES: Final = frozenset(EVENT_TOPICS[:FAMILY_TOPICS])
IN_FAMILY: Final = np.array([name == WITHDRAWN or TOPIC_OF_TYPE[name] in _FAMILIES for name in KINDS])
"""bool[KINDS]: whether a fact is of the three families that a score is made of."""
_CARRIERS: Final = {
    "interaction.logged.v1": "sentiment",
    "interaction.survey_answered.v1": "answer",
    "interaction.usage_reported.v1": "quantity",
    ORDER: "amount",
}
"""By type, the field that is `History.value`."""


@dataclass(frozen=True, slots=True)
class History:
    """n facts.

    `account: int64[n]` a number of the caller's; `kind: int64[n]` index in `KINDS`, of a withdrawal its original's;
    `sign: float64[n]` 1, of a withdrawal -1; `told_at: float64[n]` when it happened, `at: float64[n]` as of when it
    counts (epoch seconds; of a withdrawal the original's); `value: float64[n]` sentiment, answer, quantity or amount,
    nan for none; `low`, `high: float64[n]` the scale of an answer, `high` of a usage report the seconds it covers, of
    an order how many lines it has, `low` of an opening index in `CATEGORIES`;
    `code: int64[n]` severity of an opening, index in `CHANGES`, or of an order index in `CURRENCIES`;
    `complaint: uint64[n]` stands for (account, complaint); `due_ms: int64[n]` of an opening, `NO_DUE` for none.
    """

    account: Ints
    kind: Ints
    sign: Floats
    told_at: Floats
    at: Floats
    value: Floats
    low: Floats
    high: Floats
    code: Ints
    complaint: Digests
    due_ms: Ints

    def __len__(self) -> int:
        return len(self.account)

    def taken(self, places: Ints | Bools) -> "History":
        """Those at some places."""
        return History(*(getattr(self, column.name)[places] for column in fields(self)))


def first_tellings(fact: Digests, precedence: Digests) -> Bools:
    """Which tellings count, bool[n]: of all with the same `fact: uint64[n]` the one of the highest precedence.

    >>> first_tellings(np.array([7, 9, 7], np.uint64), np.array([1, 1, 2], np.uint64)).tolist()
    [False, True, True]
    """
    counts = np.ones(len(fact), bool)
    ordered = np.sort(fact)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(repeated):
        return counts
    # Few facts are told twice: a look at some bits rules out most of the others without a search.
    suspect = np.zeros(1 << _BITS, bool)
    suspect[repeated & _MASK] = True
    places = np.flatnonzero(suspect[fact & _MASK])
    order = places[np.lexsort((~precedence[places], fact[places]))]
    counts[order[1:][fact[order[1:]] == fact[order[:-1]]]] = False
    return counts


_BITS: Final = 20
_MASK: Final = np.uint64((1 << _BITS) - 1)


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """What m withdrawals take back, column by column as `History` has it; `complaint` names it: object[m]."""

    kind: Ints
    at: Floats
    value: Floats
    low: Floats
    high: Floats
    code: Ints
    complaint: Sequence[str]
    due_ms: Ints


def withdrawals(originals: Sequence[Plain]) -> Withdrawals:
    """The facts taken back, as columns."""
    data = [original["data"] for original in originals]
    kinds = [original["type"] for original in originals]
    values = [given.get(_CARRIERS.get(kind, "")) for kind, given in zip(kinds, data, strict=True)]
    return Withdrawals(
        np.array([KIND_INDEX[kind] for kind in kinds], np.int64),
        np.array([seconds(original["time"]) for original in originals], np.float64),
        np.array([np.nan if value is None else float(value) for value in values], np.float64),
        np.array([_low(kind, given) for kind, given in zip(kinds, data, strict=True)], np.float64),
        np.array([_high(given) for given in data], np.float64),
        np.array([_code(kind, given) for kind, given in zip(kinds, data, strict=True)], np.int64),
        [given.get("complaint_id", "") for given in data],
        np.array([_due_ms(given.get("answer_due_at")) for given in data], np.int64),
    )


def _low(kind: str, data: Plain) -> float:
    low: float = CATEGORIES.index(data["category"]) if kind == OPENING else data.get("scale_min", 0)
    return low


def _high(data: Plain) -> float:
    given: float | None = data.get("scale_max", data.get("period_s"))
    return len(data.get("lines", ())) if given is None else given


def _code(kind: str, data: Plain) -> int:
    if kind == ORDER:
        return CURRENCIES.index(data["currency"])
    change = data.get("change")
    return data.get("severity", 0) if change is None else CHANGES.index(change)


def _due_ms(due_at: str | None) -> int:
    return NO_DUE if due_at is None else int(seconds(due_at) * 1000 // 1)
