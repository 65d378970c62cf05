"""A health snapshot as the score card shows it: what adds up to the score, drawn as a waterfall. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from consumers.console.formatting import tenths_that_sum
from consumers.runtime.wording import Reader
from consumers.runtime.wording.marks import N_
from consumers.runtime.wording.names import DIMENSIONS, signal
from schemas.health import Contribution, HealthSnapshot

_SMALL: Final = 0.05
"""Summands that would show as 0.0 are drawn as one line."""
_BASE: Final = "base"
_MARGIN: Final = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the waterfall. `points` is what is shown; `start` and `width` are percent of the drawing."""

    label: str
    dimension: str
    points: Decimal
    start: float
    width: float
    sign: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Bars whose points add up to `total`, the score as shown."""

    bars: tuple[Bar, ...]
    total: Decimal


@dataclass(frozen=True, slots=True)
class _Summand:
    label: str
    dimension: str
    points: float
    first: bool = False


def waterfall(snapshot: HealthSnapshot, reader: Reader) -> Waterfall:
    """The contributions of a snapshot: the starting point, then the largest first."""
    summands = sorted(
        _summands(snapshot.contributions, reader), key=lambda one: (not one.first, -abs(one.points), one.label)
    )
    shown = tenths_that_sum([one.points for one in summands])
    low, high = _range(summands)
    bars = []
    level = 0.0
    for summand, points in zip(summands, shown, strict=True):
        after = level + summand.points
        bars.append(_bar(summand, points, (min(level, after) - low) / (high - low), abs(summand.points) / (high - low)))
        level = after
    return Waterfall(tuple(bars), sum(shown, Decimal(0)))


def _summands(contributions: Iterable[Contribution], reader: Reader) -> list[_Summand]:
    listed = list(contributions)
    found = [
        _Summand(signal(reader, one.name), reader.text(DIMENSIONS[one.dimension]) if one.dimension else "", one.points)
        for one in listed
        if one.name != _BASE and abs(one.points) >= _SMALL
    ]
    base = sum(one.points for one in listed if one.name == _BASE)
    small = sum(one.points for one in listed if one.name != _BASE and abs(one.points) < _SMALL)
    if base:
        found.append(_Summand(signal(reader, _BASE), "", base, first=True))
    if small:
        found.append(_Summand(reader.text(N_("Many small ones together")), "", small))
    return found


def _range(summands: Iterable[_Summand]) -> tuple[float, float]:
    low, high, level = 0.0, 1.0, 0.0
    for one in summands:
        level += one.points
        low, high = min(low, level), max(high, level)
    return low, high + (high - low) * _MARGIN / 100


def _bar(summand: _Summand, points: Decimal, start: float, width: float) -> Bar:
    sign = "base" if summand.first else ("up" if summand.points > 0 else "down")
    return Bar(summand.label, summand.dimension, points, round(start * 100, 2), round(max(width * 100, 0.4), 2), sign)
