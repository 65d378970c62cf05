"""Waiting for the pipeline to settle: each condition is named, has a time limit, and says what is missing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pulse.errors import PulseError

_LOOK_EVERY_S: Final = 0.25


class NotSettled(PulseError):
    """The pipeline did not come to rest in time; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`missing` counts what is still to come, 0 when it holds; `name` is read as `5 <name>`."""

    name: str
    missing: Callable[[], int]


async def settle(conditions: Sequence[Condition], limit_s: float) -> None:
    """Return when all conditions hold, looked at together.

    Raises:
        NotSettled: not within `limit_s`.
    """
    loop = asyncio.get_running_loop()
    end_s = loop.time() + limit_s
    while True:
        left = [(condition.name, await asyncio.to_thread(condition.missing)) for condition in conditions]
        if not any(count for _, count in left):
            return
        if loop.time() >= end_s:
            said = ", ".join(f"{count:,} {name}" for name, count in left if count)
            raise NotSettled(f"the pipeline did not come to rest within {limit_s:.0f} s; still missing: {said}")
        await asyncio.sleep(_LOOK_EVERY_S)
