"""Several batches in flight, their outcomes told in the order they were given.

Telling in order is what makes a position meaningful: everything before it is settled.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

B = TypeVar("B")
R = TypeVar("R")


async def in_order(
    batches: Iterable[B], send: Callable[[B], Awaitable[R]], in_flight: int
) -> AsyncGenerator[tuple[B, R], None]:
    """Each batch with what `send` returned for it; at most `in_flight` are under way or waiting to be told.

    When one fails, or the caller stops, the others are cancelled.
    """
    waiting: deque[tuple[B, asyncio.Task[R]]] = deque()
    try:
        for batch in batches:
            waiting.append((batch, asyncio.ensure_future(_run(send, batch))))
            if len(waiting) >= in_flight:
                yield await _head(waiting)
            else:
                await asyncio.sleep(0)
        while waiting:
            yield await _head(waiting)
    finally:
        for _, task in waiting:
            task.cancel()
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)


async def _run(send: Callable[[B], Awaitable[R]], batch: B) -> R:
    return await send(batch)


async def _head(waiting: "deque[tuple[B, asyncio.Task[R]]]") -> tuple[B, R]:
    batch, task = waiting[0]
    result = await task
    waiting.popleft()
    return batch, result
