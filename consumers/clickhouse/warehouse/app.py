"""The HTTP interface: takes requests in, has them worked on in threads, hands answers out in pieces.

Shell only: what a request means stands in request.py, what it does in engine.py.
"""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final, TypeVar

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from consumers.clickhouse.settings import WarehouseSettings
from consumers.clickhouse.warehouse import answers, forms
from consumers.clickhouse.warehouse.engine import Engine, Handle
from consumers.clickhouse.warehouse.errors import Refused, ServerError
from consumers.clickhouse.warehouse.request import Asked, Raw, understand, who

_OK: Final = "Ok.\n"
_T = TypeVar("_T")

log = structlog.get_logger()


class BrokenOff(Exception):
    """An answer that had begun failed: the connection must be cut, so that nobody takes it for whole."""


class Front:
    """Requests to the engine. `threads` are worked on at once, of which readers get half."""

    def __init__(self, engine: Engine, settings: WarehouseSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="query")
        self._readers = asyncio.Semaphore(max(1, settings.threads // 2))

    def app(self) -> ASGIApp:
        """The ASGI application: every path takes queries, as ClickHouse has it."""
        alive = [Route(path, _alive) for path in ("/ping", "/replicas_status")]
        return _cut_when_broken_off(
            Starlette(routes=[*alive, Route("/{path:path}", self.ask, methods=["GET", "POST"])])
        )

    def close(self) -> None:
        """Wait for what is being worked on."""
        self._pool.shutdown(wait=True)

    async def ask(self, request: Request) -> Response:
        """One statement."""
        query_id = request.query_params.get("query_id") or str(uuid.uuid4())
        try:
            return await self._answer(request, query_id)
        except ServerError as error:
            if error.status >= 500:  # noqa: PLR2004 - ours or the machine's fault: worth a line
                log.warning("query_failed", query_id=query_id, code=error.code, error=error.message[:500])
            return answers.failed(error, query_id)

    async def _answer(self, request: Request, query_id: str) -> Response:
        raw = Raw(request.headers, dict(request.query_params))
        user = who(raw, self._settings)
        raw = await _unformed(replace(raw, body=await self._body(request)), request)
        if not raw.body and "query" not in raw.query and request.method == "GET":
            return PlainTextResponse(_OK)
        known = self._engine.setting_names
        asked = await self._threaded(lambda: understand(user, raw, known, self._settings))
        if request.method == "GET" and not asked.statement.only_reads:
            raise Refused(164, "Cannot execute query in readonly mode: a GET only reads, use POST")
        if user.reader:
            async with self._readers:
                return await self._threaded(lambda: self._work(asked, query_id))
        return await self._threaded(lambda: self._work(asked, query_id))

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > self._settings.max_body_bytes:
                    raise Refused(307, f"the body is longer than {self._settings.max_body_bytes} bytes")
        except ClientDisconnect:
            raise Refused(210, "the client left before its request was whole") from None
        return bytes(body)

    def _work(self, asked: Asked, query_id: str) -> Response:
        tag = uuid.uuid4().hex[:16]
        told = answers.headers(query_id, self._engine.timezone, tag, asked.output if asked.statement.answers else None)
        if asked.may_stream:
            return self._stream(asked, told, tag)
        with self._engine.handle(asked.database, asked.settings) as handle:
            if asked.statement.data_format is not None:
                rows, size = handle.insert(asked.statement, asked.data)
                return Response(b"", headers=told | answers.summary({"written_rows": rows, "written_bytes": size}))
            return _whole(handle, asked, told)

    def _stream(self, asked: Asked, told: dict[str, str], tag: str) -> Response:
        handle = self._engine.open(asked.database, asked.settings)
        flow = _Flow(handle, handle.stream(asked.statement.text, asked.output, asked.params))
        try:
            first = flow.fetch()
        except BaseException:
            flow.close()
            raise
        if first is None:
            flow.close()
            return Response(b"", headers=told | answers.summary({}))
        return StreamingResponse(self._pieces(flow, first, tag), headers=told | answers.summary({}))

    async def _pieces(self, flow: "_Flow", first: bytes, tag: str) -> AsyncIterator[bytes]:
        piece: bytes | None = first
        try:
            while piece is not None:
                yield piece
                piece = await self._threaded(flow.fetch)
        except ServerError as error:
            yield answers.failed_midway(error, tag)
            raise BrokenOff from error
        finally:
            # The client may be gone: the thread that closes must not be waited for, and waits itself for its query.
            self._pool.submit(flow.close)

    async def _threaded(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


async def _unformed(raw: Raw, request: Request) -> Raw:
    """The request with the fields of its form among its parameters, where its body is a form."""
    if not forms.is_form(request.headers):
        return raw
    return replace(raw, query={**raw.query, **await forms.fields(request.headers, raw.body)}, body=b"")


class _Flow:
    """An answer being made piece by piece. Threads may change between pieces, two never work on it at once."""

    def __init__(self, handle: Handle, pieces: Iterator[bytes]) -> None:
        self._handle = handle
        self._pieces: Iterator[bytes] | None = pieces
        self._lock = threading.Lock()

    def fetch(self) -> bytes | None:
        """The next piece, None behind the last."""
        with self._lock:
            return next(self._pieces, None) if self._pieces is not None else None

    def close(self) -> None:
        """End the query, however far it got, and give the handle back. More than once is harmless."""
        with self._lock:
            if self._pieces is None:
                return
            pieces, self._pieces = self._pieces, None
            try:
                pieces.close()  # type: ignore[attr-defined]  # a generator: Handle.stream
            finally:
                self._handle.close()


def _whole(handle: Handle, asked: Asked, told: dict[str, str]) -> Response:
    result = handle.run(asked.statement.text, asked.output, asked.params)
    content: bytes = result.bytes()
    figures = {
        "read_rows": result.storage_rows_read(),
        "read_bytes": result.storage_bytes_read(),
        "result_rows": result.rows_read(),
        "result_bytes": len(content),
        "elapsed_ns": int(result.elapsed() * 1e9),
    }
    return Response(content, headers=told | answers.summary(figures))


async def _alive(_request: Request) -> Response:
    return PlainTextResponse(_OK)


def _cut_when_broken_off(app: ASGIApp) -> ASGIApp:
    """Leave a broken answer without its end: the server then closes the connection."""

    async def cutting(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except BrokenOff as error:
            log.warning("answer_broken_off", error=str(error.__cause__)[:500])

    return cutting
