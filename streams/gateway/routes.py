"""The HTTP surface: `POST /v1/events` and what operators and newcomers ask for."""

import asyncio
import math
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from streams.gateway.bodies import Body
from streams.gateway.errors import ClientGone, Rejected, Why
from streams.gateway.intake import Intake
from streams.gateway.keys import ApiKey
from streams.gateway.modes import LIMIT_BYTES, Mode, mode_of, to_raws
from streams.gateway.openapi import document
from streams.gateway.results import status_of, to_problem, to_receipt
from streams.gateway.streaming import EventStream
from streams.gateway.welcome import welcome

EVENTS_PATH: Final = "/v1/events"

_log = structlog.get_logger()


def application(intake: Intake, stopping: asyncio.Event) -> Starlette:
    """The ASGI application; `stopping` ends streams that would go on for ever."""
    openapi = document()

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        fault = "stopping" if stopping.is_set() else await intake.writer.reachable()
        return JSONResponse({"ready": fault is None, "broker": fault or "reachable"}, 503 if fault else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(intake.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def openapi_json(_: Request) -> Response:
        return JSONResponse(openapi)

    async def index(request: Request) -> Response:
        return PlainTextResponse(welcome(str(request.base_url)))

    return Starlette(
        routes=[
            Route("/", index),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            Route("/openapi.json", openapi_json),
            Route(EVENTS_PATH, Events(intake, stopping), methods=["POST"]),
        ]
    )


class Events:
    """`POST /v1/events`, as an ASGI application of its own: a stream reads and answers at the same time."""

    def __init__(self, intake: Intake, stopping: asyncio.Event) -> None:
        self._intake = intake
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever becomes of it."""
        request = Request(scope)
        body = Body(request.headers, receive)
        try:
            await self._answer(request, body, send)
        except Rejected as rejected:
            self._intake.metrics.turned_away.labels(rejected.why.value).inc()
            await body.linger()
            await _rejection(rejected, body)(scope, receive, send)
        except ClientGone as gone:
            _log.info("client_gone", detail=str(gone))
            scope["state"]["abort"]()
            await body.closed()

    async def _answer(self, request: Request, body: Body, send: Send) -> None:
        headers = request.headers
        key = self._intake.admit(_token(headers.get("authorization", "")))
        mode = mode_of(headers.get("content-type", ""), headers.get("content-encoding", ""))
        with self._intake.metrics.requests.labels(mode.value).time():
            if mode is Mode.STREAM:
                await EventStream(self._intake, key, body, self._stopping).answer(send)
            else:
                response = await self._take(key, mode, request, body)
                await response(request.scope, request.receive, send)

    async def _take(self, key: ApiKey, mode: Mode, request: Request, body: Body) -> Response:
        settings = self._intake.settings
        with self._intake.in_flight.holding() as hold:
            content = await body.whole(LIMIT_BYTES[mode], settings.body_timeout_s, hold)
            judgement = self._intake.judge(key, to_raws(mode, content, request.headers.raw))
            await self._intake.write(judgement, settings.room_wait_s)
        status = status_of(judgement, single=mode is not Mode.BATCH)
        return Response(to_receipt(judgement), status, media_type="application/json")


def _token(authorization: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _rejection(rejected: Rejected, body: Body) -> Response:
    headers = {}
    if rejected.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(rejected.retry_after_s)))
    if rejected.status == 401:  # noqa: PLR2004 - Unauthorized
        headers["WWW-Authenticate"] = 'Bearer realm="account-pulse"'
    if not body.complete or rejected.why is Why.TOO_SLOW:
        headers["Connection"] = "close"
    return Response(to_problem(rejected), rejected.status, headers, media_type="application/problem+json")
