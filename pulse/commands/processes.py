"""Each process of the pipeline by itself: read its settings, set up its log, run its room until it is stopped.

Every one logs `ready` when it does its job; `pulse up` waits for that line. Nothing else may happen here.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import NoReturn

import structlog
import typer

from pulse import logs, status
from pulse.errors import PulseError
from pulse.exit_codes import ExitCode
from pulse.local import lifeline
from pulse.settings import Settings, load
from schemas.broker import Broker

OnReady = Callable[[], None]


def run(name: str, sections: Iterable[str], body: Callable[[Settings, OnReady], None]) -> None:
    """Run `body` with its settings; an error that ends it is logged and becomes the exit code.

    A process that failed ends at once: threads that an engine left running would keep half a process alive, and its
    supervisor waiting.
    """
    settings = load(["logs", *sections])
    logs.configure(settings.part(logs.LogSettings), name)
    lifeline.watch()
    log = structlog.get_logger()
    try:
        body(settings, lambda: log.info("ready"))
    except SystemExit as error:
        log.error("gave_up", exit_code=error.code)  # noqa: TRY400 - it has said why
        _end(error.code if isinstance(error.code, int) else ExitCode.FAILED)
    except PulseError:
        raise  # what we refuse is told as by any other command; nothing was begun
    except Exception:
        log.exception("failed")
        _end(ExitCode.FAILED)
    log.info("stopped")


def _end(code: int) -> NoReturn:
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


def _single(command: Callable[[], None]) -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    return app


def run_gateway() -> None:
    """The HTTP front door: takes CloudEvents, answers 202 once Kafka has them."""

    def body(settings: Settings, on_ready: OnReady) -> None:
        from streams.gateway.server import serve
        from streams.gateway.settings import GatewaySettings

        serve(settings.part(GatewaySettings), settings.part(Broker), on_ready)

    run("gateway", ("broker", "gateway"), body)


def run_worker() -> None:
    """The stream processor: folds events into scores and alerts. Exit code 78: its changelog lost its beginning."""

    def body(settings: Settings, on_ready: OnReady) -> None:
        from pulse.policies.reading import DEFAULT, policy_named
        from streams.core.releases import Releases
        from streams.worker.main import run as work
        from streams.worker.settings import WorkerSettings
        from streams.worker.status import Board

        worker, board = settings.part(WorkerSettings), Board(time.monotonic)
        releases = Releases(policy_named(str(worker.policy_file or DEFAULT)))
        status.serve(worker.metrics_port, worker.metrics_host, board)
        work(worker, settings.part(Broker), releases, on_ready, board)

    run("worker", ("broker", "worker"), body)


def run_sink() -> None:
    """The sink: writes events, health, alerts, deliveries and dead letters into ClickHouse."""

    def body(settings: Settings, on_ready: OnReady) -> None:
        from consumers.clickhouse.settings import SinkSettings
        from consumers.clickhouse.sink import run as sink_in
        from consumers.runtime.clickhouse import ClickHouse
        from consumers.runtime.status import Status

        sink, board = settings.part(SinkSettings), Status()
        status.serve(sink.metrics_port, sink.metrics_host, board)
        sink_in(sink, settings.part(ClickHouse), settings.part(Broker), on_ready, board)

    run("sink", ("broker", "clickhouse", "sink"), body)


def run_deliver() -> None:
    """The delivery: brings alerts to people over their channels, and writes receipts."""

    def body(settings: Settings, on_ready: OnReady) -> None:
        from consumers.delivery.main import run as deliver_them
        from consumers.delivery.settings import DeliverySettings
        from consumers.runtime.clickhouse import ClickHouse
        from consumers.runtime.status import Status

        delivery, board = settings.part(DeliverySettings), Status()
        status.serve(delivery.metrics_port, delivery.metrics_host, board)
        deliver_them(delivery, settings.part(Broker), on_ready, board, settings.part(ClickHouse))

    run("deliver", ("broker", "clickhouse", "delivery"), body)


def run_console() -> None:
    """The console: worklist, account page and inbox of the account manager."""

    def body(settings: Settings, on_ready: OnReady) -> None:
        from consumers.console.server import serve
        from consumers.console.settings import ConsoleSettings
        from consumers.runtime.clickhouse import ClickHouse

        serve(settings.part(ConsoleSettings), settings.part(ClickHouse), settings.part(Broker), on_ready)

    run("console", ("broker", "clickhouse", "console"), body)


def run_warehouse() -> None:
    """The warehouse: an embedded ClickHouse behind ClickHouse's HTTP interface, for one machine."""

    def body(settings: Settings, on_ready: OnReady) -> None:
        from consumers.clickhouse.settings import WarehouseSettings
        from consumers.clickhouse.warehouse.server import serve

        serve(settings.part(WarehouseSettings), on_ready)

    run("warehouse", ("warehouse",), body)


def run_mail() -> None:
    """The mail catcher of the local stack: takes every mail, sends none on; the console shows them."""

    def body(settings: Settings, on_ready: OnReady) -> None:
        from pulse.local.mail import serve
        from pulse.local.settings import StackSettings

        stack = settings.part(StackSettings)
        serve("127.0.0.1", stack.mail_port, stack.mail_dir, on_ready)

    run("mail", ("stack",), body)


gateway, worker, sink = _single(run_gateway), _single(run_worker), _single(run_sink)
deliver, console, warehouse = _single(run_deliver), _single(run_console), _single(run_warehouse)
mail = _single(run_mail)
