"""How the worker stands, as /healthz and /readyz tell it.

Healthy: its loops turn and nothing fatal has happened; a broker that is away is no reason to start the worker anew.
Ready: it is a member of its group, and owns recovered partitions or was given none. The event loop writes down how it
stands once a second; whoever serves it reads that from another thread, so that a loop which hangs is found out and
asking costs it nothing. No server and no accounts' contents may come in here.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from schemas.topics import EVENT_TOPICS
from streams.core.watermark import NEVER
from streams.worker.app import WorkerApp

EVERY_S: Final = 1.0
STALE_S: Final = 30.0
"""A loop that has not written for so long hangs. Folding, deciding and packing the largest flush take seconds."""


@dataclass(frozen=True, slots=True)
class PartitionStanding:
    """One owned partition; `watermark_delay_s` is None as long as nothing is known of event time."""

    partition: int
    accounts: int
    watermark_delay_s: float | None
    lag_records: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How the worker stands; `fault` says why it is not ready, or what ended it."""

    healthy: bool
    ready: bool
    fault: str | None
    accounts: int = 0
    watermark_delay_s: float | None = None
    lag_records: int = 0
    partitions: list[PartitionStanding] = field(default_factory=list)


STARTING: Final = Standing(healthy=True, ready=False, fault="starting")
STOPPING: Final = Standing(healthy=True, ready=False, fault="stopping")


class Board:
    """The last standing and when it was written. One thread writes, others read; `monotonic` is the clock of both."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._last = (STARTING, monotonic())

    def post(self, standing: Standing) -> None:
        """Write the present standing down."""
        self._last = (standing, self._monotonic())

    def read(self) -> Standing:
        """The last standing, or that the loop hangs when that was long ago."""
        standing, at = self._last
        silent_s = self._monotonic() - at
        if silent_s > STALE_S:
            return Standing(healthy=False, ready=False, fault=f"the event loop hangs since {silent_s:.0f} s")
        return standing


async def keep_posted(board: Board, app: WorkerApp) -> None:
    """Write the standing down for as long as the worker runs."""
    while True:
        board.post(standing_of(app, time.time()))
        await asyncio.sleep(EVERY_S)


def standing_of(app: WorkerApp, now: float) -> Standing:
    """How the worker stands at `now`, epoch seconds. Call it from the event loop."""
    if app.fatal is not None:
        return Standing(healthy=False, ready=False, fault=str(app.fatal))
    partitions = [_partition(app, number, now) for number in sorted(app.engine.owned)]
    fault = _unready(app)
    delays = [part.watermark_delay_s for part in partitions if part.watermark_delay_s is not None]
    return Standing(
        healthy=True,
        ready=fault is None,
        fault=fault,
        accounts=sum(part.accounts for part in partitions),
        watermark_delay_s=max(delays, default=None),
        lag_records=sum(part.lag_records for part in partitions),
        partitions=partitions,
    )


def _unready(app: WorkerApp) -> str | None:
    if app.rebalancing:
        return "the group is moving partitions, or state is being recovered"
    if not app.consumer_generation_id:
        return "no member of the group yet"
    if not all(owned.position for owned in app.engine.owned.values()):
        return "reading has not begun"
    return None


def _partition(app: WorkerApp, number: int, now: float) -> PartitionStanding:
    owned = app.engine.owned[number]
    delay_s = None if owned.watermark.value == NEVER else round(max(0.0, now - owned.watermark.value), 3)
    ends = ((owned.position.get(topic.name, 0), app.end_of(topic.name, number)) for topic in EVENT_TOPICS)
    lag = sum(max(0, end - position) for position, end in ends if end is not None)
    return PartitionStanding(number, len(owned.held.partition), delay_s, lag)
