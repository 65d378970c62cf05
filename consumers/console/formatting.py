"""Scores and ages as a page shows them. Pure: the clock and the reader are arguments."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import blake2b
from typing import Final

from consumers.runtime.wording import Reader

_FAR: Final = timedelta(days=7)
_NOISE: Final = 6
"""Digits kept before a score is rounded as shown, so that the sum of its parts and the score round alike."""


def dom_id(prefix: str, name: str) -> str:
    """An element id for any text, safe in selectors.

    >>> dom_id("ep", "x y'<")
    'ep-d6ea174919b6'
    """
    return f"{prefix}-{blake2b(name.encode(), digest_size=6).hexdigest()}"


def score(value: float | None, reader: Reader) -> str:
    """A score to a tenth; a dash where there is none."""
    return "–" if value is None else reader.number(round(value, _NOISE), 1)


def ago(at: datetime, now: datetime, reader: Reader) -> str:
    """How long ago; the date itself beyond a week."""
    return reader.day(at) if abs(now - at) > _FAR else reader.ago(now - at)


def tenths_that_sum(values: Sequence[float]) -> list[Decimal]:
    """The values to a tenth so that what is shown adds up to their sum as it is shown (largest remainder first).

    >>> [str(value) for value in tenths_that_sum([0.04, 0.04, 0.04])]
    ['0.1', '0.0', '0.0']
    """
    tenth = Decimal("0.1")
    exact = [Decimal(repr(value)) for value in values]
    rounded = [value.quantize(tenth, ROUND_HALF_EVEN) for value in exact]
    target = Decimal(repr(round(sum(values), _NOISE))).quantize(tenth, ROUND_HALF_EVEN)
    missing = int((target - sum(rounded, Decimal(0))) / tenth)
    step = tenth.copy_sign(missing)
    by_need = sorted(range(len(exact)), key=lambda place: (rounded[place] - exact[place]) * step)
    for place in by_need[: abs(missing)]:
        rounded[place] += step
    return rounded
