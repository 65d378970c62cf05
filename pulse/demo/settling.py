"""Waiting for the pipeline to settle: each condition is named, has a time limit, and says what is missing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pulse.errors import PulseError

_FIRST_LOOK_S: Final = 0.2
_LONGEST_LOOK_S: Final = 1.0
_TELL_EVERY_S: Final = 10.0


class NotSettled(PulseError):
    """The pipeline did not come to rest in time; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`missing` counts what is still to come, 0 when it holds; `name` is read as `5 <name>`."""

    name: str
    missing: Callable[[], int]


async def settle(conditions: Sequence[Condition], limit_s: float, tell: Callable[[str], None]) -> None:
    """Return when all conditions hold, looked at together; `tell` hears from time to time what is missing.

    Raises:
        NotSettled: not within `limit_s`.
    """
    loop = asyncio.get_running_loop()
    end_s, told_s, pause_s = loop.time() + limit_s, loop.time(), _FIRST_LOOK_S
    while missing := await _missing(conditions):
        now_s = loop.time()
        if now_s >= end_s:
            raise NotSettled(f"the pipeline did not come to rest within {limit_s:.0f} s; still missing: {missing}")
        if now_s >= told_s + _TELL_EVERY_S:
            told_s = now_s
            tell(f"still missing: {missing}")
        await asyncio.sleep(pause_s)
        pause_s = min(_LONGEST_LOOK_S, 1.5 * pause_s)


async def _missing(conditions: Sequence[Condition]) -> str:
    """What is still to come, in words; empty when all conditions hold."""
    left = [(condition.name, await asyncio.to_thread(condition.missing)) for condition in conditions]
    return ", ".join(f"{count:,} {name}" for name, count in left if count)
