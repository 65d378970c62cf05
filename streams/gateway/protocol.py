"""uvicorn's HTTP protocol with bounds it lacks: how long and how large the head of a request may be."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES: Final = 64 * 1024


class BoundedHead(HttpToolsProtocol):
    """Closes a connection whose request's head does not end in time or in size; `bounded` sets `head_timeout_s`."""

    head_timeout_s = 10.0
    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A connection that never says anything is closed too."""
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave no timer behind."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head that has not ended."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """A request begins; `abort` in its state closes the connection without waiting for the client to read."""
        super().on_message_begin()
        self.scope["state"]["abort"] = self.transport.abort
        self._in_head = True
        self._arm()

    def on_headers_complete(self) -> None:
        """The head is there; the body has bounds of its own."""
        self._disarm()
        self._in_head, self._head_bytes = False, 0
        super().on_headers_complete()

    def _arm(self) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(self.head_timeout_s, self._too_slow)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def bounded(head_timeout_s: float) -> type[BoundedHead]:
    """The protocol with a deadline for heads."""
    attributes: dict[str, Any] = {"head_timeout_s": head_timeout_s}
    return type("BoundedHead", (BoundedHead,), attributes)
