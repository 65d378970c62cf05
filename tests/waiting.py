"""Waiting for something that can only be polled. Where an event can be awaited, await it instead."""

import time
from collections.abc import Callable
from typing import TypeVar

STEP_S = 0.05
SESSION_S = 2.0
"""How soon a group misses a member in tests: a killed one is waited for, and by the in-memory broker one that left."""

T = TypeVar("T")


def until(predicate: Callable[[], T | None], timeout_s: float) -> T:
    """The first truthy value of `predicate`; fails the test after `timeout_s` with the last one."""
    ends = time.monotonic() + timeout_s
    while not (value := predicate()):
        if time.monotonic() > ends:
            raise AssertionError(f"not within {timeout_s} s; last value: {value!r}")
        time.sleep(STEP_S)
    return value
