"""Scores from the whole history at column speed: what `streams.core.fold` and `streams.core.score` say, in one go.

The fold moves sums on from fact to fact. Here every point is weighed once, as of the moment asked for:
P_k = Σ s·2^(-(T - e)/h_k) over the points s that count as of e. Both are the same sum (`streams.core.decay`).

A fact counts when it happened at or before T. A withdrawal takes back what happened at or before T, when the withdrawal
itself did. Event time throughout: when a fact arrived is of no account.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, NamedTuple

import numpy as np

from schemas.health import Dimension
from streams.core import courses
from streams.core.complaints import COUNTED_FACTS
from streams.core.decay import share_left
from streams.core.effects import CARRIED, FIXED, WEIGHED, felt, ordered, used
from streams.core.facts import KINDS
from streams.core.fences import Bools
from streams.core.history import CHANGES, IN_FAMILY, ORDER, History
from streams.core.policy import COUNTED_SIGNALS, DIMENSIONS, Floats, Ints
from streams.core.rulebook import Codes, Rulebook
from streams.core.score import MIDDLE, Assessment, assess
from streams.core.tables import Tables

PART_NAMES: Final = (
    *((kind, dimension.value) for kind in ("base", "saturation") for dimension in DIMENSIONS),
    *((signal, "") for signal in COUNTED_SIGNALS),
)
"""The summands of a score in the order of `Rebuilt.parts`; the dimension stands beside what each of the three has."""

_SERVICE: Final = DIMENSIONS.index(Dimension.SERVICE)
_LOGGED: Final = "interaction.logged.v1"
_SURVEY: Final = "interaction.survey_answered.v1"
_USAGE: Final = "interaction.usage_reported.v1"
_SUBSCRIPTION: Final = "purchase.subscription_changed.v1"
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
    happened = facts.told_at <= until[facts.account]
    facts = facts if happened.all() else facts.taken(happened)
    applied = np.bincount(facts.account, minlength=len(as_of))
    seen = np.zeros((len(as_of), len(DIMENSIONS)), bool)
    seen[facts.account[IN_FAMILY[facts.kind]], _SERVICE] = True  # whoever deals with us could have complained
    late = facts.at > until[facts.account]
    sums = _sums(facts.taken(~late) if late.any() else facts, as_of, tables, seen)
    return Rebuilt(sums, seen, applied, assess(sums, seen, tables))


def judged_by(found: Rebuilt, rules: Rulebook, segment: Codes, as_of: Floats) -> Rebuilt:
    """The same with each account's score by the rules that count for its segment (`int8[a]`) as of then."""
    now, order = [], []
    for tables, _, places in rules.groups(segment, as_of):
        now.append(assess(found.sums[places], found.seen[places], tables))
        order.append(places)
    whole = Assessment(*(np.concatenate([getattr(one, name.name) for one in now]) for name in fields(Assessment)))
    return replace(found, now=whole.at(np.argsort(np.concatenate(order)))) if now else found


class _Points(NamedTuple):
    """Points of m facts in some signals: `amounts[i]: float64[m]` in `signals[i]`, nan where a fact gives none."""

    account: Ints
    at: Floats
    signals: Sequence[int]
    amounts: Sequence[Floats]


def _sums(facts: History, as_of: Floats, tables: Tables, seen: Bools) -> Floats:
    sums = np.zeros((len(as_of), len(COUNTED_SIGNALS)))
    for account, at, signals, amounts in _points(facts, tables):
        elapsed_s = as_of[account] - at
        left = {h: share_left(elapsed_s, tables.half_life_s[[s]]) for s, h in _half_lives(signals, tables)}
        for signal, amount in zip(signals, amounts, strict=True):
            points = amount * left[float(tables.half_life_s[signal])]
            given = ~np.isnan(points)
            if given.all():
                sums[:, signal] += np.bincount(account, points, len(as_of))
                seen[account, tables.dimension[signal]] = True
            else:
                sums[:, signal] += np.bincount(account[given], points[given], len(as_of))
                seen[account[given], tables.dimension[signal]] = True
    return sums


def _half_lives(signals: Sequence[int], tables: Tables) -> Iterator[tuple[int, float]]:
    """Each half-life of the signals once, with a signal that has it: signals of one kind of fact often share theirs."""
    return ((signal, half) for half, signal in {float(tables.half_life_s[s]): s for s in signals}.items())


def _points(facts: History, tables: Tables) -> Iterator[_Points]:
    order = np.argsort(facts.kind.astype(np.int16), kind="stable")
    ends = np.cumsum(np.bincount(facts.kind, minlength=len(KINDS)))
    for kind, name in enumerate(KINDS):
        places = order[ends[kind - 1] if kind else 0 : ends[kind]]
        if len(places) and (name in FIXED or name in CARRIED or name in WEIGHED):
            yield _of_kind(name, facts.taken(places), tables)
    yield from _of_courses(facts.taken(_IN_COURSE[facts.kind]))


def _of_kind(name: str, facts: History, tables: Tables) -> _Points:
    points = [*FIXED.get(name, ()), *_carried(name, facts, tables)]
    return _Points(
        facts.account, facts.at, [signal for signal, _ in points], [facts.sign * amount for _, amount in points]
    )


def _carried(name: str, facts: History, tables: Tables) -> Sequence[tuple[int, Any]]:
    """Signals with amounts by what the facts carry: the core is asked with columns, or once for each case there is."""
    if name not in CARRIED and name not in WEIGHED:
        return []
    if name == _LOGGED:
        return felt(facts.value)
    if name == _USAGE:
        return used(facts.value, facts.high)
    if name == ORDER:
        return ordered(facts.value, tables.rate_of[facts.code], facts.high)
    if name == _SURVEY:
        return CARRIED[name]({"answer": facts.value, "scale_min": facts.low, "scale_max": facts.high})
    if name != _SUBSCRIPTION:
        raise ValueError(f"what {name} carries is not known here")
    cases = [(facts.code == code, {"change": change}) for code, change in enumerate(CHANGES)]
    return [(signal, np.where(case, amount, np.nan)) for case, data in cases for signal, amount in CARRIED[name](data)]


def _of_courses(facts: History) -> Iterator[_Points]:
    found = courses.counted(facts)
    for signal in np.unique(found.signal).tolist():
        places = found.signal == signal
        yield _Points(found.account[places], found.at[places], [signal], [np.ones(np.count_nonzero(places))])
