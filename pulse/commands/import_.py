"""`pulse import`: a history from a CSV or fixed-width file, through a mapping, to the gateway."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from pulse.commands.clocks import CLOCKS
from pulse.exit_codes import ExitCode
from pulse.importing.session import OnStep, Outcome, Request, perform
from pulse.sending.reach import target

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Data = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="CSV or fixed-width text, plain or gzip.")
]
MappingPath = Annotated[
    Path, typer.Option("--mapping", "-m", exists=True, dir_okay=False, help="The mapping document.")
]
DryRunFlag = Annotated[bool, typer.Option("--dry-run", help="Check every line as the gateway would; send nothing.")]
ShiftFlag = Annotated[
    bool, typer.Option("--shift-to-now", help="Move all times by whole days so that history ends now.")
]
RestartFlag = Annotated[bool, typer.Option("--restart", help="Forget an earlier run's progress.")]
ProgressPath = Annotated[Path | None, typer.Option("--progress", help="Default: FILE.progress.json in this folder.")]
RejectsPath = Annotated[Path | None, typer.Option("--rejects", help="Default: FILE.rejects.ndjson in this folder.")]
GatewayUrl = Annotated[
    str | None, typer.Option("--gateway", help="The gateway's URL; else the setting sender.url, else the local stack.")
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]


@app.command()
def import_history(
    data: Data,
    mapping: MappingPath,
    *,
    dry_run: DryRunFlag = False,
    shift_to_now: ShiftFlag = False,
    restart: RestartFlag = False,
    progress: ProgressPath = None,
    rejects: RejectsPath = None,
    gateway: GatewayUrl = None,
    as_json: JsonFlag = False,
) -> None:
    """Import a history of events from a file.

    Stopped or killed, it goes on where it was when run again. Lines that give no event, or whose event is refused,
    stand in the reject file with their number and reason; the exit code is then 1.
    """
    marker = ".dry-run" if dry_run else ""
    request = Request(
        data=data,
        mapping=mapping,
        target=None if dry_run else target(gateway),
        progress=progress or Path(f"{data.name}.progress.json"),
        rejects=rejects or Path(f"{data.name}{marker}.rejects.ndjson"),
        shift_to_now=shift_to_now,
        restart=restart,
    )
    with _bar(data.name) as on_step:
        outcome = perform(request, CLOCKS, on_step)
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n" if as_json else _told(outcome))
    raise typer.Exit(ExitCode.FAILED if outcome.rejected else ExitCode.DONE)


@contextmanager
def _bar(name: str) -> Iterator[OnStep]:
    """A progress bar on standard error where that is a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[accepted]:,} accepted, {task.fields[rejected]:,} rejected"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None, accepted=0, rejected=0)
        yield lambda step: bar.update(
            task,
            completed=step.bytes_read,
            total=step.size_bytes,
            accepted=step.progress.accepted,
            rejected=step.progress.rejected,
        )


def _told(outcome: Outcome) -> str:
    verb = "would be accepted" if outcome.dry_run else "accepted"
    lines = [f"{outcome.file}: {outcome.rows:,} rows, {outcome.accepted:,} {verb}, {outcome.rejected:,} rejected"]
    if outcome.resumed_at_line:
        lines.append(f"went on after line {outcome.resumed_at_line:,}; {outcome.accepted_now:,} accepted now")
    if outcome.shift_days:
        lines.append(f"times moved by {outcome.shift_days:,} days")
    if outcome.rejects_file:
        lines.append(f"rejected lines and reasons: {outcome.rejects_file}")
    lines.append(f"{outcome.seconds:.1f} s, {outcome.events_per_second:,.0f} events/s")
    return "\n".join(lines) + "\n"
