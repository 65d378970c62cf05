"""`pulse doctor`: what is reachable, what is not, and what to do."""

import json
import sys
from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pulse.doctor.checks import examine
from pulse.doctor.findings import Finding, State
from pulse.exit_codes import ExitCode

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_MARKS: Final = {State.OK: "[green]✓[/]", State.FAULT: "[red]✗[/]", State.ABSENT: "[dim]–[/]"}


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="print the findings as one JSON object")] = False,
) -> None:
    """Look at every component and say what to do about each fault; exit code 3 when there is one."""
    findings = list(examine())
    healthy = all(finding.state is not State.FAULT for finding in findings)
    if as_json:
        sys.stdout.write(json.dumps({"healthy": healthy, "findings": [asdict(found) for found in findings]}) + "\n")
    else:
        _show(findings)
    raise typer.Exit(ExitCode.DONE if healthy else ExitCode.UNAVAILABLE)


def _show(findings: list[Finding]) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    for found in findings:
        advice = f"\n[yellow]→ {escape(found.advice)}[/]" if found.advice and found.state is State.FAULT else ""
        table.add_row(_MARKS[found.state], found.component, escape(found.detail) + advice)
    Console().print(table)
