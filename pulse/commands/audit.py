"""`pulse audit`: every score as told live, as rebuilt from the facts, and by SQL alone."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from consumers.runtime.clickhouse import ClickHouse
from pulse.auditing.report import to_json, to_lines
from pulse.auditing.run import SETTLED_AFTER_S, OnChunk, Patience, audit
from pulse.commands.clocks import CLOCKS
from pulse.commands.rebuild import Accounts, names_of
from pulse.exit_codes import ExitCode
from pulse.policies.in_force import policy_in_force
from pulse.policies.stored import promoted
from pulse.settings import load
from pulse.warehouse import LONG_READ_S, reached
from streams.core.rulebook import Rulebook

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Policies = Annotated[
    list[str] | None,
    typer.Option("--policy", metavar="FILE", help="A policy that snapshots may be of; may be repeated."),
]
Settle = Annotated[
    float,
    typer.Option(min=0, metavar="SECONDS", help="How long to look again at what differs: it may not be told yet."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as one JSON object, last line.")]


@app.command("audit")
def audit_scores(
    *, accounts: Accounts = None, policy: Policies = None, settle: Settle = SETTLED_AFTER_S, as_json: AsJson = False
) -> None:
    """Compare three independent results for every account, and name each difference beyond 1e-6 with its cause.

    The latest snapshot; a rebuild from the facts under the snapshot's policy as of its moment; the same by SQL alone.
    What differs is looked at again until it has had time to settle. Exit code 1 when anything differs.
    """
    base, given = policy_in_force(), [policy_in_force(name) for name in policy or ()]
    with reached(load(["clickhouse"]).part(ClickHouse), LONG_READ_S) as client, _bar() as on_chunk:
        patience = Patience(CLOCKS.monotonic, time.sleep, settle)
        policies = [tables for one in (*promoted(client, base), *given) for tables in Rulebook.of(one).tables]
        outcome = audit(client, policies, patience, names_of(accounts), on_chunk)
    sys.stdout.write(json.dumps(to_json(outcome)) + "\n" if as_json else "\n".join(to_lines(outcome)) + "\n")
    raise typer.Exit(ExitCode.FAILED if outcome.differing else ExitCode.DONE)


@contextmanager
def _bar() -> Iterator[OnChunk]:
    """A progress bar on standard error where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("comparing"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
