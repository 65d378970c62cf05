"""How much one key may send, and how much may be held at once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streams.gateway.errors import Rejected, Why


class TokenBucket:
    """Lets `burst` events through at once and `per_second` for long. Pure: time is an argument.

    A request is admitted while there is any token and pays for its events when they are counted, if need be on credit:
    a batch larger than what is left comes through, and the next one waits for the debt.
    """

    def __init__(self, per_second: float, burst: float, now_s: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._tokens = burst
        self._at_s = now_s

    def wait_s(self, now_s: float) -> float:
        """How long until a request is admitted; 0 admits it."""
        self._refill(now_s)
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._per_second

    def pay(self, events: int, now_s: float) -> None:
        """Take what a request turned out to hold."""
        self._refill(now_s)
        self._tokens -= events

    def _refill(self, now_s: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self._per_second)
        self._at_s = now_s


class InFlight:
    """The bytes of all bodies held at once, never beyond `limit_bytes`. Of one event loop."""

    def __init__(self, limit_bytes: int, on_change: Callable[[int], None]) -> None:
        self._limit_bytes = limit_bytes
        self._on_change = on_change
        self._freed = asyncio.Event()
        self.held_bytes = 0

    def fits(self, size_bytes: int) -> bool:
        """Whether `size_bytes` more may be held."""
        return self.held_bytes + size_bytes <= self._limit_bytes

    async def room(self, size_bytes: int) -> None:
        """Wait until `size_bytes` more may be held."""
        while not self.fits(size_bytes):
            self._freed.clear()
            await self._freed.wait()

    @contextmanager
    def holding(self) -> Iterator[Callable[[int], None]]:
        """Gives a function that holds more bytes; all are let go at the end. It raises `Rejected` (429) when full."""
        mine = 0

        def hold(size_bytes: int) -> None:
            nonlocal mine
            if not self.fits(size_bytes):
                raise Rejected(Why.IN_FLIGHT, "the gateway holds as many bytes as it may", retry_after_s=1)
            mine += size_bytes
            self._set(self.held_bytes + size_bytes)

        try:
            yield hold
        finally:
            self._set(self.held_bytes - mine)
            self._freed.set()

    def _set(self, held_bytes: int) -> None:
        self.held_bytes = held_bytes
        self._on_change(held_bytes)
