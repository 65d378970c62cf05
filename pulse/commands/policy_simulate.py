"""`pulse policy simulate`: what a policy would have done over the history, beside another."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from pulse.commands.clocks import CLOCKS
from pulse.commands.moments import moment_of
from pulse.policies.reading import DEFAULT, policy_named
from pulse.settings import load

if TYPE_CHECKING:
    from consumers.runtime.clickhouse import Client
    from pulse.rehearsing.run import Outcome, Request
    from streams.core.policy import Policy

File = Annotated[str, typer.Argument(metavar="FILE", help=f"A policy file, or `{DEFAULT}`: the one shipped.")]
Beside = Annotated[
    str | None,
    typer.Option(metavar="FILE", help=f"Hold it against this file, or `{DEFAULT}`; else the policy in force now."),
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Count from here, such as 2026-03-01T08:00Z; else from the first event."),
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help="Event time with a zone to stop at; else the last event's.")
]
Accounts = Annotated[str | None, typer.Option(metavar="A,B,…", help="These accounts alone.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as one flat JSON object.")]


def simulate(
    file: File,
    *,
    beside: Beside = None,
    since: Since = None,
    until: Until = None,
    accounts: Accounts = None,
    as_json: AsJson = False,
) -> None:
    """Run a policy over the history in ClickHouse and say what it would have done, beside the policy in force.

    How many alerts it would have opened, what that is for a manager and day, how many flaps hysteresis and dwell kept
    from being told, and how often alerts were followed by the loss of the account within 90 days: a subscription
    cancelled, or 90 days without an order after three or more. It decides as the worker does, as if every event had
    been read when it happened and nobody had acted on an alert. Nothing is written.
    """
    from consumers.runtime.clickhouse import ClickHouse
    from pulse.commands.rebuild import names_of
    from pulse.rehearsing.run import Request
    from pulse.warehouse import LONG_READ_S, reached

    policy = policy_named(file)
    other = None if beside is None else policy_named(beside)
    begin, end = (
        None if text is None else moment_of(text, option) for text, option in ((since, "--since"), (until, "--until"))
    )
    with reached(load(["clickhouse"]).part(ClickHouse), LONG_READ_S) as client:
        request = Request(policy, other or _in_force(client), begin, end, names_of(accounts))
        outcome = _performed(client, request)
    _tell(outcome, as_json=as_json)


def _in_force(client: "Client") -> "Policy":
    from pulse.policies.in_force import policy_in_force
    from pulse.policies.stored import in_force_at

    return in_force_at(client, policy_in_force(), CLOCKS.wall())


def _performed(client: "Client", request: "Request") -> "Outcome":
    from pulse.rehearsing.run import perform, planned

    plan = planned(client, request)
    with _bar(plan.facts) as on_facts:
        return perform(client, plan, on_facts)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error where that is a terminal."""
    columns = (TextColumn("running through the history"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda facts: bar.advance(task, facts)


def _tell(outcome: "Outcome", *, as_json: bool) -> None:
    from pulse.rehearsing.report import flat, lines, tables

    if as_json:
        sys.stdout.write(json.dumps(flat(outcome), ensure_ascii=False) + "\n")
        return
    console = Console(highlight=False)
    for table in tables(outcome):
        console.print(table)
    for line in lines(outcome):
        console.print(line, soft_wrap=True)
