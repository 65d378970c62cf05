"""The `pulse demo` command."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pulse.auditing.report import to_json, to_lines
from pulse.auditing.run import Audit
from pulse.commands.clocks import CLOCKS
from pulse.demo.conductor import Conductor, Programme
from pulse.demo.figures import Figures
from pulse.demo.screen import Screen
from pulse.exit_codes import ExitCode
from pulse.local.opening import Wish, opened
from pulse.local.plan import Plan
from pulse.local.stack import Stack
from pulse.local.supervisor import StopAsked, Supervisor
from pulse.simulate.load import Recipe

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Exit = Annotated[bool, typer.Option("--exit", help="End after the load and a short measured live phase.")]
AsJson = Annotated[bool, typer.Option("--json", help="With --exit: print the figures as one JSON object, last line.")]
Kafka = Annotated[bool | None, typer.Option("--kafka/--embedded", help="A real Apache Kafka (Java 17, Maven).")]
Data = Annotated[
    Path | None, typer.Option(help="Keep everything in this folder; else in a fresh one, removed at the end.")
]
Accounts = Annotated[int | None, typer.Option(min=100, help="Only the first so many customers of the log.")]
Seed = Annotated[int, typer.Option(help="Seed of the invented companions.")]
Rate = Annotated[float, typer.Option(min=0.1, max=200, help="Events a second of the trickle afterwards.")]
Audited = Annotated[
    bool,
    typer.Option("--audit", help="With --exit (implied): then compare every score three ways, as pulse audit does."),
]


@app.command()
def demo(
    *,
    exit_: Exit = False,
    as_json: AsJson = False,
    kafka: Kafka = None,
    data: Data = None,
    accounts: Accounts = None,
    seed: Seed = 1,
    rate: Rate = 4.0,
    audit: Audited = False,
) -> None:
    """Start everything on this machine, load a real purchase log with invented companions, keep it alive.

    Exit code 1 with --exit when an event was lost or counted twice, or when something did not come to rest in time;
    with --audit also when a score differs from its rebuild or from SQL's.
    """
    began_s, ends = CLOCKS.monotonic(), exit_ or audit
    programme = Programme(Recipe(seed, accounts), ends=ends, rate=rate, audits=audit)
    screen = Screen(CLOCKS.monotonic)
    with screen.shown(), _folder(data) as folder, opened(Wish(kafka, folder, auto_ports=True), CLOCKS.wall()) as plan:
        played = _play(plan, programme, screen)
    if played.figures is not None:
        told = played.figures.model_copy(update={"wall_s": round(CLOCKS.monotonic() - began_s, 1)})
        _tell(told, screen, as_json=as_json)
        differs = _tell_audit(played.audit, as_json=as_json)
        raise typer.Exit(ExitCode.FAILED if told.faults or differs else ExitCode.DONE)
    raise typer.Exit(ExitCode.INTERRUPTED if ends else ExitCode.DONE)


def _play(plan: Plan, programme: Programme, screen: Screen) -> Conductor:
    """Run the stack and the programme beside it; it has no figures when somebody stopped it before its end."""
    supervisor = Supervisor(screen, plan.logs, CLOCKS.monotonic)
    stack = Stack(plan, supervisor, screen, CLOCKS.wall)
    conductor = Conductor(programme, screen, CLOCKS, supervisor.ask_to_stop)
    screen.say(f"starting the stack in {plan.data}")
    with supervisor.signals():
        try:
            stack.run(conductor.begin)
        except StopAsked:
            screen.say("stopping")
        finally:
            conductor.stop()
            stack.stop()
    if conductor.failure is not None:
        raise conductor.failure
    return conductor


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="account-pulse-demo-") as made:
        yield Path(made)


def _tell(figures: Figures, screen: Screen, *, as_json: bool) -> None:
    for fault in figures.faults:
        screen.say(f"FAULT: {fault}")
    if as_json:
        sys.stdout.write(figures.model_dump_json() + "\n")
    else:
        sys.stdout.write("".join(f"{name:24} {value}\n" for name, value in figures.model_dump().items()))


def _tell_audit(audit: Audit | None, *, as_json: bool) -> bool:
    """Say what the audit found, its last line last; whether anything differs."""
    if audit is None:
        return False
    sys.stdout.write(json.dumps(to_json(audit)) + "\n" if as_json else "\n".join(to_lines(audit)) + "\n")
    return bool(audit.differing)
