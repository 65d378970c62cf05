"""The courses of many complaints at once: what each counts for, as `streams.core.complaints` says.

Facts that were never taken back all stand, so a course follows from a few sorts. A complaint of which something was
taken back goes through `Complaint` itself.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from streams.core.complaints import (
    ABOUT_PRODUCT,
    BY_POLICY,
    COUNTED_FACTS,
    OPENED,
    PRODUCT_CATEGORIES,
    RECOVERED,
    Complaint,
    CourseFact,
)
from streams.core.facts import KIND_INDEX
from streams.core.fences import Bools
from streams.core.history import CATEGORIES, NO_DUE, History
from streams.core.policy import Floats, Ints

_OPENED, _RESOLVED, _REOPENED, _WITHDRAWN = (
    KIND_INDEX[f"complaint.{name}.v1"] for name in ("opened", "resolved", "reopened", "withdrawn")
)
_NAMES: Final = {KIND_INDEX[kind]: name for kind, name in COUNTED_FACTS.items()}
_SIGNAL_OPENED: Final = np.array((0, *OPENED))
_SIGNAL_RECOVERED: Final = np.array((0, *RECOVERED))
_IS_PRODUCT: Final = np.array([category in PRODUCT_CATEGORIES for category in CATEGORIES])


class Counted(NamedTuple):
    """Signals that complaints count 1 in, each once: `signal`, `account: int64[m]`, as of when `at: float64[m]`."""

    signal: Ints
    account: Ints
    at: Floats


def counted(facts: History) -> Counted:
    """What the complaints of `facts` (of courses alone) count for."""
    mended = np.isin(facts.complaint, np.unique(facts.complaint[facts.sign < 0])) if (facts.sign < 0).any() else None
    if mended is None:
        return _plain(facts)
    parts = (_plain(facts.taken(~mended)), _mended(facts.taken(mended)))
    return Counted(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _plain(facts: History) -> Counted:
    """Of complaints of which nothing was taken back."""
    names, complaint = np.unique(facts.complaint, return_inverse=True)
    void = np.zeros(len(names), bool)
    void[complaint[facts.kind == _WITHDRAWN]] = True
    opening = _earliest_openings(facts, complaint)
    opening = opening[~void[complaint[opening]]]
    recovered = _resolved(facts, complaint, len(names))[complaint[opening]]
    unfit = _IS_PRODUCT[facts.low[opening].astype(np.int64)] & ~recovered
    severity, account, at = facts.code[opening], facts.account[opening], facts.at[opening]
    signals = (_SIGNAL_OPENED[severity], _SIGNAL_RECOVERED[severity[recovered]], np.full(unfit.sum(), ABOUT_PRODUCT))
    return Counted(
        np.concatenate(signals),
        np.concatenate((account, account[recovered], account[unfit])),
        np.concatenate((at, at[recovered], at[unfit])),
    )


def _earliest_openings(facts: History, complaint: Ints) -> Ints:
    """Of each complaint that was opened, the place of the opening that counts."""
    places = np.flatnonzero(facts.kind == _OPENED)
    order = places[np.lexsort((facts.low[places], facts.code[places], facts.at[places], complaint[places]))]
    return order[np.unique(complaint[order], return_index=True)[1]]


def _resolved(facts: History, complaint: Ints, many: int) -> Bools:
    """By complaint, whether the last of its ends is a settlement; of two at one time the settlement counts."""
    places = np.flatnonzero((facts.kind == _RESOLVED) | (facts.kind == _REOPENED))
    settles = facts.kind[places] == _RESOLVED
    order = np.lexsort((settles, facts.at[places], complaint[places]))
    resolved = np.zeros(many, bool)
    resolved[complaint[places[order]]] = settles[order]  # ascending, so that the last of each counts
    return resolved


def _mended(facts: History) -> Counted:
    courses: dict[int, Counter[CourseFact]] = {}
    accounts = dict(zip(facts.complaint.tolist(), facts.account.tolist(), strict=True))
    for complaint, fact, sign in _course_facts(facts):
        courses.setdefault(complaint, Counter())[fact] += sign
    found = [
        (signal, accounts[complaint], at)
        for complaint, course in courses.items()
        for signal, at in Complaint(tuple(sorted(item for item in course.items() if item[1]))).counts
    ]
    signal, account, at = zip(*found, strict=True) if found else ((), (), ())
    return Counted(np.array(signal, np.int64), np.array(account, np.int64), np.array(at, np.float64))


def _course_facts(facts: History) -> Iterator[tuple[int, CourseFact, int]]:
    columns = (facts.complaint, facts.kind, facts.at, facts.code, facts.low, facts.due_ms, facts.sign)
    for complaint, kind, at, code, low, due_ms, sign in zip(*(column.tolist() for column in columns), strict=True):
        if kind == _OPENED:
            due_at = BY_POLICY if due_ms == NO_DUE else due_ms / 1000
            fact = CourseFact(_NAMES[kind], at, code, CATEGORIES[int(low)], due_at)
        else:
            fact = CourseFact(_NAMES[kind], at)
        yield complaint, fact, int(sign)
