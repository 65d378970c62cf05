"""`pulse simulate`: invented companions of the packaged purchase log, or a live trickle of invented events."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pulse.commands.clocks import CLOCKS
from pulse.exit_codes import ExitCode
from pulse.sending.gateway import Gateway, Target
from pulse.sending.reach import target
from pulse.simulate.facts import Fact
from pulse.simulate.history import open_history
from pulse.simulate.live import Trickle, run_id
from pulse.simulate.load import Recipe, load
from pulse.simulate.stream import IN_FLIGHT, Ledger, Pace, send_all, send_live

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Seed = Annotated[int, typer.Option(help="The same seed gives the same ids and the same bytes.")]
Accounts = Annotated[int | None, typer.Option(min=1, help="Only the first so many accounts of the log.")]
ShiftToNow = Annotated[
    bool, typer.Option("--shift-to-now", help="Move all times by whole days so that history ends now.")
]
ShiftDays = Annotated[int, typer.Option(help="Move all times by so many days.")]
WithPurchases = Annotated[bool, typer.Option("--with-purchases", help="Send the real purchases too, merged by time.")]
Out = Annotated[Path | None, typer.Option(help="Write NDJSON to this file (- for standard output); send nothing.")]
Live = Annotated[bool, typer.Option("--live", help="A trickle of events of now instead of history, until Ctrl-C.")]
Rate = Annotated[float, typer.Option(min=0.01, max=1000, help="With --live: events a second.")]
For = Annotated[float | None, typer.Option("--for", min=0, help="With --live: stop after so many seconds.")]
GatewayUrl = Annotated[str | None, typer.Option("--gateway", help="The gateway's URL; else the local stack's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]

_LIVE_ACCOUNTS: Final = 2000


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of sending."""

    accepted: int
    managers: int
    refused: dict[str, int]
    seconds: float


@app.command()
def simulate(
    *,
    seed: Seed = 1,
    accounts: Accounts = None,
    shift_to_now: ShiftToNow = False,
    shift_days: ShiftDays = 0,
    with_purchases: WithPurchases = False,
    out: Out = None,
    live: Live = False,
    rate: Rate = 5.0,
    for_s: For = None,
    gateway: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make the events that accompany purchases.

    For the customers of the packaged CDNOW log it invents profiles, owners and their reporting line, contacts, surveys,
    usage, complaints, shipments, invoices and payments over the same months. All of it is fictitious.
    """
    now = CLOCKS.wall()
    if live:
        names = [f"CDNOW-{number:05d}" for number in range(1, (accounts or _LIVE_ACCOUNTS) + 1)]
        trickle = Trickle(names, seed, run_id(seed, now))
        _finish(asyncio.run(_live(target(gateway), trickle, rate, for_s)), as_json=as_json)
        return
    history = open_history(now if shift_to_now else None, shift_days)
    facts = load(history, Recipe(seed, accounts, with_purchases))
    if out is not None:
        _write(facts, out)
        return
    _finish(asyncio.run(_history(target(gateway), facts)), as_json=as_json)


def _write(facts: list[Fact], out: Path) -> None:
    lines = (told.body + b"\n" for told in facts)
    if str(out) == "-":
        sys.stdout.buffer.writelines(lines)
        return
    with out.open("wb") as file:
        file.writelines(lines)


async def _history(to: Target, facts: list[Fact]) -> _Result:
    ledger, began = Ledger(), CLOCKS.monotonic()
    async with Gateway(to, CLOCKS.monotonic, IN_FLIGHT) as gateway:
        await _shown(send_all(facts, gateway, ledger), len(facts))
    return _result(ledger, began)


async def _live(to: Target, trickle: Trickle, rate: float, for_s: float | None) -> _Result:
    ledger, began = Ledger(), CLOCKS.monotonic()
    async with Gateway(to, CLOCKS.monotonic) as gateway:
        pace = Pace(rate, lambda: for_s is None or CLOCKS.monotonic() - began < for_s)
        with suppress(asyncio.CancelledError):  # Ctrl-C is how a trickle ends; what was sent is still told
            await _shown(send_live(trickle, gateway, ledger, pace, CLOCKS.wall), None)
    return _result(ledger, began)


async def _shown(sending: AsyncGenerator[int, None], total: int | None) -> None:
    columns = (TextColumn("sent"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("sent", total=total)
        async with aclosing(sending) as counts:
            async for count in counts:
                bar.advance(task, count)


def _result(ledger: Ledger, began: float) -> _Result:
    return _Result(ledger.accepted, ledger.elsewhere, dict(ledger.refused), round(CLOCKS.monotonic() - began, 3))


def _finish(result: _Result, *, as_json: bool) -> None:
    refused = sum(result.refused.values())
    if as_json:
        shown = {"accepted": result.accepted, "managers": result.managers, "refused": result.refused}
        typer.echo(json.dumps({**shown, "seconds": result.seconds}))
    else:
        typer.echo(f"{result.accepted:,} events and {result.managers} managers accepted in {result.seconds:.1f} s")
        for reason, count in result.refused.items():
            typer.echo(f"refused: {count:,} {reason}")
    raise typer.Exit(ExitCode.FAILED if refused else ExitCode.DONE)
