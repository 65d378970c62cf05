"""/healthz, /readyz and /metrics: for whoever operates the console. Nothing about accounts may come in here."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from consumers.console.visiting import console_of
from consumers.runtime.errors import ConsumerError


async def healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """Pages can be shown: the warehouse answers and the topics are followed."""
    console = console_of(request)
    try:
        await run_in_threadpool(console.reading.ready)
    except ConsumerError:
        return PlainTextResponse("the warehouse is away\n", status_code=503)
    if not console.hub.following:
        return PlainTextResponse("the topics are not followed yet\n", status_code=503)
    return PlainTextResponse("ready\n")


async def metrics(request: Request) -> Response:
    """Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
