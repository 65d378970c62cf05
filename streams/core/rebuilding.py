"""Scores from the whole history at column speed: what `streams.core.fold` and `streams.core.score` say, in one go.

The fold moves sums on from fact to fact. Here every point is weighed once, as of the moment asked for:
P_k = Σ s·2^(-(T - e)/h_k) over the points s that count as of e. Both are the same sum (`streams.core.decay`).

A fact counts when it happened at or before T. A withdrawal takes back what happened at or before T, when the withdrawal
itself did. Event time throughout: when a fact arrived is of no account.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from schemas.health import Dimension
from streams.core import courses
from streams.core.complaints import COUNTED_FACTS
from streams.core.decay import share_left
from streams.core.effects import CARRIED, FIXED, WEIGHED
from streams.core.facts import KINDS
from streams.core.history import CHANGES, IN_FAMILY, Bools, History
from streams.core.policy import COUNTED_SIGNALS, DIMENSIONS, Floats, Ints, Tables
from streams.core.score import MIDDLE, Assessment, assess

PART_NAMES: Final = (
    *((kind, dimension.value) for kind in ("base", "saturation") for dimension in DIMENSIONS),
    *((signal, "") for signal in COUNTED_SIGNALS),
)
"""The summands of a score in the order of `Rebuilt.parts`; the dimension stands beside what each of the three has."""

_SERVICE: Final = DIMENSIONS.index(Dimension.SERVICE)
_LOGGED, _SURVEY, _USAGE, _SUBSCRIPTION = (
    f"{name}.v1"
    for name in (
        "interaction.logged",
        "interaction.survey_answered",
        "interaction.usage_reported",
        "purchase.subscription_changed",
    )
)
_IN_COURSE: Final = np.array([name in COUNTED_FACTS for name in KINDS])


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """a accounts: `sums: float64[a, S]` as of T, `seen: bool[a, 3]`, `applied: int64[a]` facts that count."""

    sums: Floats
    seen: Bools
    applied: Ints
    now: Assessment

    @property
    def parts(self) -> Floats:
        """The summands of each score, float64[a, len(PART_NAMES)]."""
        return np.hstack([MIDDLE * self.now.share, self.now.saturation, self.now.contribution])


def rebuild(facts: History, as_of: Floats, tables: Tables, until: Floats | None = None) -> Rebuilt:
    """The accounts 0 to len(as_of) - 1 as of `as_of: float64[a]`; facts after `until` (`as_of`) do not count.

    `facts` are distinct.
    """
    until = as_of if until is None else until
    facts = facts.taken(facts.told_at <= until[facts.account])
    applied = np.bincount(facts.account, minlength=len(as_of))
    seen = np.zeros((len(as_of), len(DIMENSIONS)), bool)
    seen[facts.account[IN_FAMILY[facts.kind]], _SERVICE] = True  # whoever deals with us could have complained
    late = facts.at > until[facts.account]
    sums = _sums(facts.taken(~late) if late.any() else facts, as_of, tables, seen)
    return Rebuilt(sums, seen, applied, assess(sums, seen, tables))


class _Points(NamedTuple):
    """Points of some facts in some signals: `amounts[i]` (float64[m] or one for all) in `signals[i]`."""

    account: Ints
    at: Floats
    signals: Sequence[int]
    amounts: Sequence[Floats | float]


def _sums(facts: History, as_of: Floats, tables: Tables, seen: Bools) -> Floats:
    sums = np.zeros((len(as_of), len(COUNTED_SIGNALS)))
    for points in _points(facts):
        elapsed_s = as_of[points.account] - points.at
        left: dict[float, Floats] = {}
        for signal, amount in zip(points.signals, points.amounts, strict=True):
            half_life_s = float(tables.half_life_s[signal])
            if half_life_s not in left:
                left[half_life_s] = share_left(elapsed_s, tables.half_life_s[[signal]])
            sums[:, signal] += np.bincount(points.account, amount * left[half_life_s], len(as_of))
            seen[points.account, tables.dimension[signal]] = True
    return sums


def _points(facts: History) -> Iterator[_Points]:
    order = np.argsort(facts.kind.astype(np.int16), kind="stable")
    ends = np.cumsum(np.bincount(facts.kind, minlength=len(KINDS)))
    for kind, name in enumerate(KINDS):
        places = order[ends[kind - 1] if kind else 0 : ends[kind]]
        if len(places) and (name in FIXED or name in CARRIED):
            yield from _of_kind(name, facts.taken(places))
    yield from _of_courses(facts.taken(_IN_COURSE[facts.kind]))


def _of_kind(name: str, facts: History) -> Iterator[_Points]:
    fixed = FIXED.get(name, ())
    signals, amounts = [signal for signal, _ in fixed], [amount * facts.sign for _, amount in fixed]
    yield _Points(facts.account, facts.at, signals, amounts)
    if name in CARRIED:
        yield from _carried(name, facts)


def _carried(name: str, facts: History) -> Iterator[_Points]:
    """What depends on what the facts carry: the core is asked with columns, or once for each case there is."""
    if name in WEIGHED:
        _, signal = WEIGHED[name]
        given = np.flatnonzero(~np.isnan(facts.value))
        yield _Points(facts.account[given], facts.at[given], [signal], [facts.sign[given] * facts.value[given]])
    elif name == _SURVEY:
        yield _asked(name, facts, {"answer": facts.value, "scale_min": facts.low, "scale_max": facts.high})
    elif name == _USAGE:
        used = facts.value > 0
        yield _asked(name, facts.taken(used), {"quantity": 1.0})
        yield _asked(name, facts.taken(~used), {"quantity": 0.0})
    elif name == _SUBSCRIPTION:
        for code, change in enumerate(CHANGES):
            yield _asked(name, facts.taken(facts.code == code), {"change": change})


def _asked(name: str, facts: History, data: dict[str, Any]) -> _Points:
    counted = CARRIED[name](data)
    return _Points(facts.account, facts.at, [s for s, _ in counted], [facts.sign * amount for _, amount in counted])


def _of_courses(facts: History) -> Iterator[_Points]:
    found = courses.counted(facts)
    for signal in np.unique(found.signal).tolist():
        places = found.signal == signal
        yield _Points(found.account[places], found.at[places], [signal], [1.0])
