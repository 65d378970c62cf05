"""`python -m tests.torture.unguarded [--without GUARD] [--slow MOMENT SECONDS] worker`: the worker with a guard out.

The product has no switch for this: one function of it is replaced here, then the command runs as ever. `--slow` makes
a moment of every flush long, so that a fault hits it; it takes no guard out.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pulse import cli
from streams.core import fences
from streams.worker import store
from streams.worker.engine import Taken
from streams.worker.flush import Flusher

BEFORE_KEEPING: Final = "before-keeping"
AFTER_FIRST: Final = "after-the-first-step"
_Step = Callable[[Flusher, Taken], Awaitable[None]]


def _nothing(*columns: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """bool[n]: none of the n that the last column has."""
    return np.zeros(len(columns[-1]), bool)


def without_fence() -> None:
    """No row's fence covers anything: what is read again counts again."""
    _replace(fences, "covered", _nothing)


def without_ring() -> None:
    """No fact is known: what is sent again counts again."""
    _replace(fences, "known", _nothing)


def without_outbox() -> None:
    """What a flush decided is told before it is durable."""
    keep, tell = Flusher._keep, Flusher._tell
    _replace(Flusher, "_keep", tell)
    _replace(Flusher, "_tell", keep)


def without_generation() -> None:
    """A row counts whoever wrote it."""
    _replace(store, "outranked", _nothing)


GUARDS: Final = {
    "fence": without_fence,
    "ring": without_ring,
    "outbox": without_outbox,
    "generation": without_generation,
}


def slow(moment: str, seconds: float) -> None:
    """Wait at a moment of every flush: before its rows are written, or between its first step and its second."""
    first: _Step = Flusher._keep

    async def slowed(flusher: Flusher, part: Taken) -> None:
        if moment == BEFORE_KEEPING:
            await asyncio.sleep(seconds)
        await first(flusher, part)
        if moment == AFTER_FIRST:
            await asyncio.sleep(seconds)

    _replace(Flusher, "_keep", slowed)


def _replace(owner: Any, name: str, by: Any) -> None:
    """Put something else in the place of what the owner must have."""
    if not hasattr(owner, name):
        message = f"{owner.__name__} has no {name} to take out"
        raise AttributeError(message)
    setattr(owner, name, by)


def main() -> None:
    """Take out what the arguments say, and run the rest of them as a command of `pulse`."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.unguarded", description=__doc__)
    parser.add_argument("--without", choices=sorted(GUARDS))
    parser.add_argument("--slow", nargs=2, metavar=("MOMENT", "SECONDS"))
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    if given.without is not None:
        GUARDS[given.without]()
    if given.slow is not None:
        slow(given.slow[0], float(given.slow[1]))
    sys.argv = ["pulse", *given.command]
    cli.main()


if __name__ == "__main__":
    main()
