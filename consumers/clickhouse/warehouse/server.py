"""The warehouse process: holds the directory, opens the engine, serves HTTP until it is told to stop."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
import uvicorn

from consumers.clickhouse.settings import WarehouseSettings
from consumers.clickhouse.warehouse.app import Front
from consumers.clickhouse.warehouse.engine import Engine
from consumers.clickhouse.warehouse.lock import held

_GRACE_S = 1

log = structlog.get_logger()


def serve(settings: WarehouseSettings, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; running queries are then ended. `on_ready` is called once the port answers.

    Raises:
        DirectoryHeld: another process works on `data_dir`.
        DirectoryUnusable: the engine cannot open it.
        SystemExit: the port is taken.
    """
    with held(settings.data_dir):
        engine = Engine(settings.data_dir, settings.max_memory_bytes)
        log.info("engine_open", data_dir=str(settings.data_dir), version=engine.version)
        front = Front(engine, settings)
        try:
            _Server(_config(front, settings), on_ready).run()
        finally:
            engine.kill_all()
            front.close()
            engine.close()


class _Server(uvicorn.Server):
    """uvicorn's, but it returns after a signal instead of raising it again, and says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sig: signal.signal(sig, self._stop) for sig in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def _stop(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True


def _config(front: Front, settings: WarehouseSettings) -> uvicorn.Config:
    return uvicorn.Config(
        front.app(),
        host=settings.host,
        port=settings.port,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=_GRACE_S,
        h11_max_incomplete_event_size=None,
    )
