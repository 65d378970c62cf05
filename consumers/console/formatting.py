"""Scores, points and ages as a page shows them. Pure: the clock and the reader are arguments."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import blake2b
from typing import Final

from consumers.runtime.wording import Reader

MINUS: Final = "−"
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_FAR: Final = timedelta(days=60)


def dom_id(prefix: str, name: str) -> str:
    """An element id for any text, safe in selectors.

    >>> dom_id("ep", "x y'<")
    'ep-d6ea174919b6'
    """
    return f"{prefix}-{blake2b(name.encode(), digest_size=6).hexdigest()}"


def points(value: float) -> str:
    """Points with their sign, to a tenth.

    >>> points(3.04), points(-12.35), points(-0.01)
    ('+3.0', '−12.3', '0.0')
    """
    text = f"{abs(value):.1f}"
    if text == "0.0":
        return text
    return f"+{text}" if value > 0 else f"{MINUS}{text}"


def score(value: float | None) -> str:
    """A score to a tenth; a dash where there is none."""
    return "–" if value is None else f"{value:.1f}"


def percent(share: float) -> str:
    r"""A share of one.

    >>> percent(0.654)
    '65\xa0%'
    """
    return f"{share * 100:.0f}\N{NO-BREAK SPACE}%"


def ago(at: datetime, now: datetime, reader: Reader) -> str:
    """How long ago; the date itself beyond two months; `in …` for what lies ahead."""
    away = now - at
    if abs(away) > _FAR:
        return reader.day(at)
    seconds = abs(int(away.total_seconds()))
    for size, unit in _UNITS:
        if seconds >= size:
            span = f"{seconds // size} {unit}"
            return f"in {span}" if away < timedelta(0) else f"{span} ago"
    return "now"


def tenths_that_sum(values: Sequence[float]) -> list[Decimal]:
    """The values to a tenth so that what is shown adds up to their sum as it is shown (largest remainder first).

    >>> [str(value) for value in tenths_that_sum([0.04, 0.04, 0.04])]
    ['0.1', '0.0', '0.0']
    """
    tenth = Decimal("0.1")
    exact = [Decimal(repr(value)) for value in values]
    rounded = [value.quantize(tenth, ROUND_HALF_EVEN) for value in exact]
    target = Decimal(f"{sum(values):.1f}")
    missing = int((target - sum(rounded, Decimal(0))) / tenth)
    step = tenth.copy_sign(missing)
    by_need = sorted(range(len(exact)), key=lambda place: (rounded[place] - exact[place]) * step)
    for place in by_need[: abs(missing)]:
        rounded[place] += step
    return rounded
