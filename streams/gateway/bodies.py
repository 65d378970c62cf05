"""Reading request bodies: no more bytes than allowed, no longer than allowed, none where the head says enough."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from starlette.types import Receive

from streams.gateway.errors import ClientGone, Rejected, Why

LINGER_BYTES: Final = 16 * 1024 * 1024
LINGER_S: Final = 1.0


class Body:
    """The body of one request. `complete` says whether all of it was read, so that the connection can be used again."""

    def __init__(self, headers: Mapping[str, str], receive: Receive) -> None:
        self._receive = receive
        self._waits_for_100 = headers.get("expect", "").lower() == "100-continue"
        declared = headers.get("content-length")
        self._declared_bytes = int(declared) if declared is not None and declared.isdecimal() else None
        self.complete = self._declared_bytes == 0

    async def whole(self, limit_bytes: int, within_s: float, hold: Callable[[int], None]) -> bytes:
        """All of it; `hold` is told of every byte kept.

        Raises:
            Rejected: 413 as soon as it is known to be too large, 408 when it takes too long, 429 from `hold`.
            ClientGone: the client closed the connection.
        """
        if self._declared_bytes is not None and self._declared_bytes > limit_bytes:
            raise _too_large(limit_bytes)
        kept = bytearray()
        try:
            async with asyncio.timeout(within_s):
                while not self.complete:
                    chunk = await self._next()
                    if len(kept) + len(chunk) > limit_bytes:
                        raise _too_large(limit_bytes)
                    hold(len(chunk))
                    kept += chunk
        except TimeoutError:
            raise Rejected(Why.TOO_SLOW, f"the body did not arrive within {within_s:g} s") from None
        return bytes(kept)

    async def chunk(self, within_s: float) -> bytes:
        """What came next, at most what the server buffers (some hundred KiB); empty where there is no more.

        Raises:
            Rejected: 408, nothing came for too long.
            ClientGone: the client closed the connection.
        """
        if self.complete:
            return b""
        try:
            async with asyncio.timeout(within_s):
                return await self._next()
        except TimeoutError:
            raise Rejected(Why.TOO_SLOW, f"nothing came for {within_s:g} s") from None

    async def linger(self) -> None:
        """Read and drop a little more, so that a client that only writes gets to see why it was turned away.

        A connection closed on unread bytes is reset, and the answer is lost with it.
        """
        read = 0
        try:
            async with asyncio.timeout(LINGER_S):
                while not self.complete and not self._waits_for_100 and read < LINGER_BYTES:
                    read += len(await self._next())
        except (TimeoutError, ClientGone):
            return

    async def closed(self) -> None:
        """Wait until the connection is closed, dropping what still comes."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _next(self) -> bytes:
        self._waits_for_100 = False
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.complete = True
            raise ClientGone("the client closed the connection before its request was complete")
        self.complete = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk


def _too_large(limit_bytes: int) -> Rejected:
    return Rejected(Why.TOO_LARGE, f"the body is larger than {limit_bytes} bytes")
