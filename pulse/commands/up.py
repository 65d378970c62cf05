"""`pulse up`: the local stack in the foreground."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pulse.local.opening import Wish, opened
from pulse.local.report import Lines
from pulse.local.running import RunningStack
from pulse.local.stack import Stack
from pulse.local.supervisor import StopAsked, Supervisor

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def up(
    kafka: Annotated[
        bool | None,
        typer.Option("--kafka/--embedded", help="a real Apache Kafka (Java 17, Maven) or the in-memory broker"),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="folder of everything it keeps; default var/pulse")] = None,
    auto_ports: Annotated[bool, typer.Option("--auto-ports", help="choose free ports instead of taken ones")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="say what happens as JSON lines")] = False,
) -> None:
    """Start broker, warehouse, mail catcher, gateway, worker, sink, delivery and console, and keep them running.

    Ctrl-C stops them all. The in-memory broker keeps nothing: after a restart the state is built from the warehouse.
    """
    report = Lines(_now, as_json=as_json)
    with opened(Wish(kafka, data, auto_ports), _now()) as plan:
        supervisor = Supervisor(report, plan.logs, time.monotonic)
        stack = Stack(plan, supervisor, report, _now)
        report.say(f"starting in {plan.data}")
        with supervisor.signals():
            try:
                stack.run(lambda running: _introduce(running, report, as_json=as_json))
            except StopAsked:
                report.say("stopping")
            finally:
                stack.stop()
        report.say("stopped")


def _introduce(running: RunningStack, report: Lines, *, as_json: bool) -> None:
    if as_json:
        report.say("up", **running.model_dump(mode="json", exclude={"settings"}))
        return
    kept = (
        f"Apache Kafka at {running.bootstrap}, data on disk"
        if running.kafka
        else f"in memory at {running.bootstrap}: it keeps nothing; after a restart the warehouse brings the state back"
    )
    report.show(
        f"""
  Account Pulse is up (pid {running.pid}); Ctrl-C stops it.

  page       {running.console_url}
  gateway    {running.gateway_url}
  warehouse  {running.warehouse_url}  (ClickHouse's HTTP interface)
  broker     {kept}
  mail       caught on port {running.mail_port}, shown on the page under /mail
  data       {running.data}  (logs in logs/)

  Try: pulse doctor · pulse emit --help · pulse explain --help

"""
    )


def _now() -> datetime:
    return datetime.now(UTC)
