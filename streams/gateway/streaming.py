"""One NDJSON stream: events in, results out, both at once, in bounded memory, at the pace of Kafka and its readers."""

import asyncio
from collections.abc import Iterator
from itertools import islice

from starlette.types import Send

from schemas.limits import MAX_BATCH_EVENTS
from streams.gateway.bodies import Body
from streams.gateway.errors import ClientGone, Rejected
from streams.gateway.intake import Intake
from streams.gateway.judging import Judgement
from streams.gateway.keys import ApiKey
from streams.gateway.lines import LineCutter, to_raw
from streams.gateway.modes import NDJSON
from streams.gateway.results import to_lines, to_unacknowledged_lines


class EventStream:
    """Reads lines, writes them in slices of a batch's size, and answers each before it reads on."""

    def __init__(self, intake: Intake, key: ApiKey, body: Body, stopping: asyncio.Event) -> None:
        self._intake = intake
        self._key = key
        self._body = body
        self._stopping = stopping
        self._cutter = LineCutter()
        self._next_index = 0
        self._started = False

    async def answer(self, send: Send) -> None:
        """Answer until the stream ends, the gateway stops, or Kafka is away; what has no result was not accepted.

        Raises:
            Rejected: before any result was sent: the answer is an ordinary one then.
            ClientGone: the client closed the connection or does not read its results.
        """
        settings = self._intake.settings
        ended = False
        while not ended and not self._stopping.is_set():
            lines = await self._more_lines()
            ended = self._body.complete
            for slice_ in _slices(lines):
                if not await self._answer_slice(slice_, send):
                    ended = True
                    break
            await self._pause(settings.stream_idle_timeout_s)
        if not self._body.complete:
            await self._body.linger()
        await self._send(send, b"", more=False)

    async def _more_lines(self) -> list[bytes | None]:
        chunk = await self._read()
        lines = self._cutter.feed(chunk)
        return lines + self._cutter.end() if self._body.complete else lines

    async def _read(self) -> bytes:
        """The next chunk, or nothing when the gateway stops meanwhile."""
        reading = asyncio.ensure_future(self._body.chunk(self._intake.settings.stream_idle_timeout_s))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else b""
        finally:
            reading.cancel()
            stopping.cancel()

    async def _answer_slice(self, lines: list[bytes | None], send: Send) -> bool:
        """Whether to read on."""
        size_bytes = sum(len(line) for line in lines if line is not None)
        await self._intake.in_flight.room(size_bytes)
        with self._intake.in_flight.holding() as hold:
            hold(size_bytes)
            judgement = self._intake.judge(self._key, [to_raw(line) for line in lines], self._next_index)
            self._next_index += len(lines)
            return await self._answer_judgement(judgement, send)

    async def _answer_judgement(self, judgement: Judgement, send: Send) -> bool:
        try:
            await self._intake.write(judgement, self._intake.settings.stream_room_wait_s)
        except Rejected as rejected:
            if not self._started:
                raise
            self._intake.metrics.turned_away.labels(rejected.why.value).inc()
            await self._send(send, to_unacknowledged_lines(judgement, rejected.detail))
            return False
        await self._send(send, to_lines(judgement))
        return True

    async def _pause(self, longest_s: float) -> None:
        """Where a request would be answered 429, a stream is just read more slowly."""
        if (wait_s := self._intake.wait_s(self._key)) > 0:
            await asyncio.sleep(min(wait_s, longest_s))

    async def _send(self, send: Send, lines: bytes, *, more: bool = True) -> None:
        try:
            async with asyncio.timeout(self._intake.settings.send_timeout_s):
                if not self._started:
                    self._started = True
                    # The connection is closed afterwards: what was not read of a stream cannot be skipped.
                    headers = [(b"content-type", NDJSON.encode()), (b"connection", b"close")]
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": lines, "more_body": more})
        except TimeoutError:
            raise ClientGone("the client does not read its results") from None


def _slices(lines: list[bytes | None]) -> Iterator[list[bytes | None]]:
    remaining = iter(lines)
    while slice_ := list(islice(remaining, MAX_BATCH_EVENTS)):
        yield slice_
