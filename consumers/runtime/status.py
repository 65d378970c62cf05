"""How a consumer stands, as /healthz and /readyz tell it.

Healthy: its loop turns. Ready: the group has given it its partitions, be it none, and what it writes to answers. The
loop writes down how it stands; whoever serves it reads that. No server may come in here.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

STALE_S: Final = 120.0
"""A loop that has not turned for so long hangs. Handling the largest batch may take half a minute until it gives up."""


@dataclass(frozen=True, slots=True)
class PartitionStanding:
    """An assigned partition; `lag_records` is None until it was measured."""

    topic: str
    partition: int
    lag_records: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a consumer stands; `fault` says why it is not ready."""

    healthy: bool
    ready: bool
    fault: str | None
    lag_records: int = 0
    partitions: list[PartitionStanding] = field(default_factory=list)


class Status:
    """What the loop last said. One thread writes, others read; `monotonic` is the clock of both."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._said: tuple[Standing, float | None] = (Standing(healthy=True, ready=False, fault="starting"), None)

    def turned(self, lags: Mapping[tuple[str, int], int | None], fault: str | None) -> None:
        """The loop has turned once, with these partitions; `fault` is what keeps it from its work."""
        places = [PartitionStanding(topic, number, lags[topic, number]) for topic, number in sorted(lags)]
        total = sum(place.lag_records or 0 for place in places)
        self._said = Standing(True, fault is None, fault, total, places), self._monotonic()

    def read(self) -> Standing:
        """How the consumer stands; that its loop hangs when it has not turned for long."""
        standing, at = self._said
        silent_s = 0.0 if at is None else self._monotonic() - at
        if silent_s > STALE_S:
            return Standing(healthy=False, ready=False, fault=f"the loop has not turned for {silent_s:.0f} s")
        return standing
