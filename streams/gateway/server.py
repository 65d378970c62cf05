"""The gateway as a process: puts the parts together, listens, and ends without dropping what it took in."""

import asyncio
import contextlib
import gc
import signal
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import structlog
import uvicorn
import uvloop
from starlette.applications import Starlette

from schemas.broker import Broker
from schemas.topics import INPUT_TOPICS
from streams.gateway.errors import CannotListen
from streams.gateway.intake import Clocks, Intake
from streams.gateway.metrics import Metrics
from streams.gateway.protocol import bounded
from streams.gateway.routes import application
from streams.gateway.settings import GatewaySettings
from streams.gateway.writer import Writer
from streams.pacing import Pacer

FLUSH_S: Final = 1.0
_GC_THRESHOLD: Final = 50_000

_log = structlog.get_logger()


def serve(settings: GatewaySettings, broker: Broker, on_ready: Callable[[], None]) -> None:
    """Run until SIGTERM or SIGINT. `on_ready` is called once, when the port is bound and Kafka was reached.

    Raises:
        GatewayError: the keys file is at fault, or the address cannot be listened on.
    """

    async def until_signal() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run(settings, broker, on_ready, stop)

    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_signal())


async def run(settings: GatewaySettings, broker: Broker, on_ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Run until `stop` is set: take no more, finish what is in flight, hand over to Kafka, close."""
    metrics = Metrics()
    writer = Writer(broker, settings.linger_ms, settings.ack_timeout_s, metrics.connected.set)
    pacer = Pacer(broker, [topic.name for topic in INPUT_TOPICS])
    clocks = Clocks(now=lambda: datetime.now(UTC), elapsed_s=time.monotonic)
    intake = Intake(settings, clocks, metrics, writer, pacer)
    listener = _listen(settings)
    server = _Server(_config(settings, application(intake, stop)))
    _show_bounds(metrics, settings, server)
    await writer.start()
    await pacer.start()
    announcing = asyncio.create_task(_announce(writer, listener, on_ready))
    stopping = asyncio.create_task(_stop_when(stop, server))
    try:
        await server.serve([listener])
    finally:
        await _end(announcing, stopping)
        await writer.stop(FLUSH_S)
        await pacer.stop()
        _log.info("gateway_stopped")


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: it would raise the signal again when all is done."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _show_bounds(metrics: Metrics, settings: GatewaySettings, server: uvicorn.Server) -> None:
    metrics.in_flight_limit.set(settings.max_in_flight_bytes)
    metrics.connections_limit.set(settings.max_connections)
    metrics.connections.set_function(lambda: len(server.server_state.connections))


def _config(settings: GatewaySettings, app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=bounded(settings.head_timeout_s),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=settings.max_connections,
        timeout_keep_alive=settings.keep_alive_s,
        # uvicorn hands it to asyncio.wait_for, which takes fractions.
        timeout_graceful_shutdown=settings.stop_within_s,  # type: ignore[arg-type]
    )


def _listen(settings: GatewaySettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    except OSError as error:
        raise CannotListen(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error


async def _announce(writer: Writer, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    host, port = listener.getsockname()[:2]
    _log.info("gateway_listening", host=host, port=port)
    await writer.connected.wait()
    on_ready()


async def _stop_when(stop: asyncio.Event, server: uvicorn.Server) -> None:
    await stop.wait()
    server.should_exit = True


async def _end(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
