"""A policy as rows a person reads: which event type counts for how much of what, and why."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.catalogue import MODELS
from schemas.health import Dimension
from streams.core.counting import COUNTINGS, TAKING_BACK
from streams.core.policy import Policy

COLUMNS: Final = ("event type", "signal", "how much", "dimension", "points", "half-life", "why")


class Line(NamedTuple):
    """One signal that facts of a type count in, with the policy's numbers. `half_life_d` None: it never fades."""

    event_type: str
    signal: str
    amount: str
    dimension: Dimension
    points: float
    half_life_d: float | None
    why: str

    def cells(self) -> tuple[str, ...]:
        """In words, in the order of `COLUMNS`."""
        numbers = (self.dimension.value, f"{self.points:+g}", half_life(self.half_life_d))
        return (self.event_type, self.signal, self.amount, *numbers, self.why)


def half_life(days: float | None) -> str:
    """In words.

    >>> half_life(30.0), half_life(None)
    ('30 days', 'never fades')
    """
    return "never fades" if days is None else f"{days:g} days"


def lines(policy: Policy) -> list[Line]:
    """Every signal with the event types that count in it, in the order of the signals."""
    return [
        Line(*counting, signal.dimension, signal.points, signal.half_life_d, signal.why)
        for counting in COUNTINGS
        for signal in (policy.signals[counting.signal],)
    ]


def uncounted() -> list[str]:
    """The event types that move no score."""
    return sorted(MODELS.keys() - {counting.event_type for counting in COUNTINGS} - set(TAKING_BACK))


def numbers(policy: Policy) -> Iterator[tuple[str, object]]:
    """Path and value of everything in the policy but its name and its signals."""
    for path, value in flat(policy).items():
        if not path.startswith("signals.") and path not in ("policy", "version"):
            yield path, value


def flat(policy: Policy) -> dict[str, object]:
    """Every value by its dotted path, in the order of the document."""
    return dict(_leaves("", policy.model_dump(mode="json")))


def _leaves(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, under in value.items():
            yield from _leaves(f"{path}.{name}" if path else str(name), under)
    else:
        yield path, value
