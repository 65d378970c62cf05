"""`pulse explain`: why an account has its score."""

import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from consumers.runtime.clickhouse import ClickHouse
from pulse.commands.clocks import CLOCKS
from pulse.commands.moments import moment_of
from pulse.commands.movements import show_movement
from pulse.exit_codes import ExitCode
from pulse.explaining import Explanation, explain
from pulse.policies.in_force import policy_in_force
from pulse.settings import load
from pulse.spanning import movement
from pulse.warehouse import LONG_READ_S, reached
from streams.core.tables import to_tables

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account id, such as CDNOW-00042.")]
Changes = Annotated[int, typer.Option(min=0, max=100, help="How many of the last changes to tell.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")]


From = Annotated[str | None, typer.Option("--from", metavar="TIME", help="Say what moved the score since then.")]
To = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="... until then, or why it was what it was; else now.")
]
PolicyName = Annotated[
    str | None,
    typer.Option("--policy", metavar="FILE", help="With --from or --to: policy file, or `default`; else the worker's."),
]


@app.command("explain")
def explain_account(
    account: Account,
    *,
    since: From = None,
    until: To = None,
    policy: PolicyName = None,
    changes: Changes = 5,
    as_json: AsJson = False,
) -> None:
    """Say why an account has its score: dimensions, contributions that sum to it, and its last changes.

    With --from and --to what moved it between two moments of event time, in parts that sum to the difference: events,
    decay, weights, what a person set. It is folded anew from the facts, so the moments may lie anywhere. Of a parent
    also how its group does, its worst account beside the mean.

    Exit code 1 when nothing is known of the account, or nothing had happened by then.
    """
    if since is not None or until is not None:
        _explain_between(account, _between(since, until), policy, as_json=as_json)
        return
    with reached(load(["clickhouse"]).part(ClickHouse)) as client:
        found = explain(client, account, changes)
    if found is None:
        sys.stderr.write(f"nothing is known of {account}: no event of it has been applied\n")
        raise typer.Exit(ExitCode.FAILED)
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    else:
        _show(found, Console())


def _between(since: str | None, until: str | None) -> tuple[datetime | None, datetime]:
    start = None if since is None else moment_of(since, "--from")
    end = CLOCKS.wall() if until is None else moment_of(until, "--to")
    if start is not None and start >= end:
        raise typer.BadParameter(f"expected a time before {end:%Y-%m-%d %H:%M:%S} UTC, the end", param_hint="--from")
    return start, end


def _explain_between(
    account: str, between: tuple[datetime | None, datetime], policy: str | None, *, as_json: bool
) -> None:
    tables = to_tables(policy_in_force(policy))
    with reached(load(["clickhouse"]).part(ClickHouse), LONG_READ_S) as client:
        found = movement(client, account, between, tables)
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    else:
        show_movement(found, Console())


def _show(found: Explanation, console: Console) -> None:
    score = "no score: no signal yet" if found.score is None else f"{found.score:.1f}, {found.band}"
    console.print(f"[bold]{found.account_id}[/] {found.name}: [bold]{score}[/]", highlight=False)
    console.print(
        f"as of {found.as_of:%Y-%m-%d %H:%M:%S} UTC · {found.events_applied} events · "
        f"{found.open_complaints} open complaints · owner {found.owner or 'unknown'} · policy {found.policy}",
        highlight=False,
    )
    if found.parent:
        console.print(found.parent.in_words(), highlight=False)
    for line in found.group.in_words() if found.group else ():
        console.print(line, highlight=False, soft_wrap=True)
    console.print(_dimensions(found))
    console.print(_contributions(found))
    for change in found.changes:
        console.print(f"  {change.as_of:%Y-%m-%d %H:%M} {change.in_words()}", highlight=False, soft_wrap=True)


def _dimensions(found: Explanation) -> Table:
    table = Table("dimension", "score", "weight")
    for item in found.dimensions:
        score = "no signal" if item.score is None else f"{item.score:.1f}"
        table.add_row(item.dimension.value, score, f"{item.weight:.2f}")
    return table


def _contributions(found: Explanation) -> Table:
    table = Table("contribution", "dimension", "points", show_footer=True)
    for item in sorted(found.contributions, key=lambda item: -abs(item.points)):
        table.add_row(item.name, item.dimension.value if item.dimension else "", f"{item.points:+.2f}")
    table.columns[0].footer = "sum"
    table.columns[2].footer = f"{found.contributions_sum:.2f}"
    return table
