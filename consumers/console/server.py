"""Starting and stopping the console: the web server, the reader's thread and the order in which they end."""

import asyncio
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import structlog
import uvicorn

from consumers.console.app import make_app
from consumers.console.gateway import Gateway
from consumers.console.live.hub import Hub
from consumers.console.live.reader import Reader
from consumers.console.reading import Reading
from consumers.console.sessions import Sessions
from consumers.console.settings import ConsoleSettings
from consumers.console.templating import Templates
from consumers.console.visiting import Console
from consumers.console.warehouse import Warehouse
from consumers.runtime.clickhouse import ClickHouse
from schemas.broker import Broker

log = structlog.get_logger()

_GRACE_S: Final = 2
_JOIN_S: Final = 3.0
_BACKLOG: Final = 1024


def serve(settings: ConsoleSettings, clickhouse: ClickHouse, broker: Broker, on_ready: Callable[[], None]) -> None:
    """Serve the page until SIGTERM or SIGINT; `on_ready` is called once the port is bound.

    The page is served while warehouse or broker are away: it says so, and /readyz too.
    """

    async def until_signalled() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        async with running(settings, clickhouse, broker) as port:
            log.info("console_serves", host=settings.host, port=port)
            on_ready()
            await stop.wait()

    asyncio.run(until_signalled())


@asynccontextmanager
async def running(settings: ConsoleSettings, clickhouse: ClickHouse, broker: Broker) -> AsyncIterator[int]:
    """The console while the block runs; gives the port it listens on."""
    console = Console(
        settings=settings,
        reading=Reading(Warehouse(clickhouse, settings.query_timeout_s)),
        templates=Templates(),
        sessions=Sessions(settings),
        gateway=Gateway(settings),
        hub=Hub(settings.ring_records, settings.client_queue, settings.ring_bytes, settings.pages_bytes),
    )
    with _listening(settings) as listener, _following(settings, broker, console.hub):
        server = _Server(_config(console))
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            console.hub.close()
            server.should_exit = True
            await task
            console.gateway.close()


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: who runs us decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def _config(console: Console) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(console),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=64 * 1024,
    )


@contextmanager
def _listening(settings: ConsoleSettings) -> Iterator[socket.socket]:
    """The bound port: a port in use is an error at once, before anything else starts."""
    with socket.create_server((settings.host, settings.port), backlog=_BACKLOG) as listener:
        yield listener


@contextmanager
def _following(settings: ConsoleSettings, broker: Broker, hub: Hub) -> Iterator[None]:
    """The reader in its thread, posting to the hub on the loop."""
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    reader = Reader(broker, settings.ring_records, stop, hub, loop)
    thread = threading.Thread(target=reader.run, name="console-reader", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_JOIN_S)
