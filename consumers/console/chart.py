"""The history of a score as the numbers of an inline SVG. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from consumers.console.models import Moment

WIDTH: Final = 600
HEIGHT: Final = 120
_LEAST: Final = 2


@dataclass(frozen=True, slots=True)
class Chart:
    """A step line over time; y grows downwards. `lowest` and `highest` are scores, for the text beside it."""

    line: str
    last_x: float
    last_y: float
    first_at: datetime
    last_at: datetime
    lowest: float
    highest: float
    lines: tuple[tuple[int, float], ...]


def chart(moments: Sequence[Moment]) -> Chart | None:
    """The drawing, or None where there is too little to draw."""
    if len(moments) < _LEAST:
        return None
    first, last = moments[0].at, moments[-1].at
    span = max((last - first).total_seconds(), 1.0)
    places = [((one.at - first).total_seconds() / span * WIDTH, _y(one.score)) for one in moments]
    steps = [f"M{places[0][0]:.1f} {places[0][1]:.1f}"]
    steps += [f"H{x:.1f}V{y:.1f}" for x, y in places[1:]]
    scores = [one.score for one in moments]
    return Chart(
        line="".join(steps),
        last_x=round(places[-1][0], 1),
        last_y=round(places[-1][1], 1),
        first_at=first,
        last_at=last,
        lowest=min(scores),
        highest=max(scores),
        lines=tuple((score, _y(score)) for score in (25, 45, 70)),
    )


def _y(score: float) -> float:
    return round(HEIGHT * (1 - score / 100), 1)
