"""`pulse rebuild`: scores computed anew from the facts in ClickHouse."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from consumers.runtime.clickhouse import ClickHouse, Client
from pulse.commands.clocks import CLOCKS
from pulse.commands.moments import moment_of
from pulse.policies.in_force import policy_in_force
from pulse.policies.stored import in_force_at
from pulse.rebuilding.ledger import Known
from pulse.rebuilding.run import Request, Step, finish, opened, steps
from pulse.settings import load
from pulse.warehouse import LONG_READ_S, reached

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

PolicyName = Annotated[
    str | None,
    typer.Option("--policy", metavar="FILE", help="Policy file, or `default`; else the one in force then."),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="Event time with a zone, such as 2026-03-01T08:00Z; else now."),
]
Accounts = Annotated[str | None, typer.Option(metavar="A,B,…", help="These accounts alone.")]
Afresh = Annotated[bool, typer.Option("--afresh", help="Forget what an earlier run of the same rebuild has done.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as one JSON object.")]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `facts`, `accounts` and the rate are of this run; an earlier one did `chunks_before`."""

    rebuild_id: str
    policy: str
    as_of: str
    chunks: int
    chunks_before: int
    facts: int
    accounts: int
    seconds: float
    facts_per_second: float


@app.command()
def rebuild(
    *,
    policy: PolicyName = None,
    as_of: AsOf = None,
    accounts: Accounts = None,
    afresh: Afresh = False,
    as_json: AsJson = False,
) -> None:
    """Compute every account's score anew from the facts in ClickHouse, into the table rebuilt_health.

    As of a moment in event time: a fact that happened later does not count, whenever it arrived. Stopped or killed, it
    goes on behind its last finished chunk when run again; the same rebuild done again has the same id and rows.
    """
    document, moment = policy_in_force(policy), None if as_of is None else moment_of(as_of, "--as-of")
    with reached(load(["clickhouse"]).part(ClickHouse), LONG_READ_S) as client:
        if policy is None:
            document = in_force_at(client, document, moment or datetime.now(UTC))
        request = Request(document, names_of(accounts), moment, afresh=afresh)
        outcome = _perform(client, request)
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n" if as_json else _told(outcome))


def names_of(accounts: str | None) -> tuple[str, ...]:
    """The names in a list with commas."""
    return tuple(filter(None, (name.strip() for name in (accounts or "").split(","))))


def _perform(client: Client, request: Request) -> Outcome:
    began_s = CLOCKS.monotonic()
    known = opened(client, request, CLOCKS.wall())
    facts = accounts = 0
    with _bar(known) as on_step:
        for step in steps(client, known):
            facts, accounts = facts + step.facts, accounts + step.accounts
            on_step(step)
    if known.left or not known.chunks:
        finish(client, known, CLOCKS.wall())
    seconds = max(CLOCKS.monotonic() - began_s, 1e-3)
    return Outcome(
        rebuild_id=known.asked.rebuild_id,
        policy=known.asked.policy.name,
        as_of=known.asked.as_of.isoformat(),
        chunks=known.chunks,
        chunks_before=known.chunks - len(known.left),
        facts=facts,
        accounts=accounts,
        seconds=round(seconds, 3),
        facts_per_second=round(facts / seconds, 1),
    )


@contextmanager
def _bar(known: Known) -> Iterator[Callable[[Step], None]]:
    """A progress bar on standard error where that is a terminal."""
    columns = (TextColumn("rebuilding"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[facts]:,} facts"))
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=known.chunks, completed=known.chunks - len(known.left), facts=0)
        facts = 0

        def advance(step: Step) -> None:
            nonlocal facts
            facts += step.facts
            bar.update(task, completed=step.chunks_done, facts=facts)

        yield advance


def _told(outcome: Outcome) -> str:
    lines = [f"rebuild {outcome.rebuild_id}: policy {outcome.policy}, as of {outcome.as_of}"]
    if outcome.chunks_before:
        lines.append(f"{outcome.chunks_before:,} of {outcome.chunks:,} chunks had been done before")
    lines.append(
        f"{outcome.facts:,} facts, {outcome.accounts:,} accounts, {outcome.seconds:.1f} s, "
        f"{outcome.facts_per_second:,.0f} facts/s"
    )
    return "\n".join(lines) + "\n"
