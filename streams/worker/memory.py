"""Giving memory back: a large flush or a recovery holds for a moment many times what stays, and the C library keeps it.

Nothing but that may come in here. Where the C library cannot trim (not glibc) it is left as it is.
"""

import ctypes
from collections.abc import Callable
from typing import Final


def _found() -> Callable[[int], int]:
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return lambda _kept_bytes: 0
    return trim


_trim: Final = _found()


def give_back() -> None:
    """Return to the system what the C library holds and nobody uses; milliseconds."""
    _trim(0)
