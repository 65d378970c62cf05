"""What `engine` prints: a table for people, an object for programs."""

from collections.abc import Sequence
from typing import Final

from benchmarks.engine.measure import Measured

_COLUMNS: Final = (("events/s", 10), ("per CPU s", 11), ("ours ×", 8), ("CPU ×", 8), ("window", 9), ("applied", 11))
_HEAD: Final = f"{'contender':<32}" + "".join(f"{title:>{width}}" for title, width in _COLUMNS) + f"{'told':>10}"

Figures = dict[str, dict[str, float]]


def table(measured: Sequence[Measured]) -> list[str]:
    """A line a contender, in the order measured; the ratios say how many times faster ours is."""
    ours = next((one for one in measured if one.contender.name == "ours"), None)
    return [_HEAD, *(_line(one, ours) for one in measured)]


def figures(measured: Sequence[Measured]) -> Figures:
    """A key a contender, each with its two figures."""
    return {one.contender.name: _figures(one) for one in measured}


def _figures(one: Measured) -> dict[str, float]:
    return {
        "events_per_second": round(one.pace.events_per_second, 1),
        "events_per_cpu_second": round(one.pace.events_per_cpu_second, 1),
    }


def _line(one: Measured, ours: Measured | None) -> str:
    pace = one.pace
    by_clock = ours.pace.events_per_second / pace.events_per_second if ours else float("nan")
    by_cpu = ours.pace.events_per_cpu_second / pace.events_per_cpu_second if ours else float("nan")
    return (
        f"{one.contender.name:<32}{pace.events_per_second:>10,.0f}{pace.events_per_cpu_second:>11,.0f}"
        f"{by_clock:>8.2f}{by_cpu:>8.2f}{pace.window_s:>7.1f} s{one.applied:>11,}{one.outputs:>10,}"
    )
