"""`pulse withdraw`: take a fact back."""

import asyncio
import json
import sys
from typing import Annotated

import typer

from consumers.runtime.clickhouse import ClickHouse
from pulse.commands.clocks import CLOCKS
from pulse.exit_codes import ExitCode
from pulse.sending.one import send_one
from pulse.sending.reach import target
from pulse.settings import load
from pulse.warehouse import reached
from pulse.withdrawing import original, withdrawal, withdrawn_before

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="The system that told the fact.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The fact's id within its source.")]
Reason = Annotated[str, typer.Option(help="Why it should not have been told: people read it.")]
GatewayUrl = Annotated[str | None, typer.Option("--gateway", help="The gateway's URL; else the local stack's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]


@app.command()
def withdraw(
    source: Source, identity: Id, *, reason: Reason, gateway: GatewayUrl = None, as_json: AsJson = False
) -> None:
    """Take back a fact that should not have been told: its points leave as of its own time, wherever it stands.

    The original is found in ClickHouse. Withdrawing twice changes nothing. Exit code 1 when there is no such fact.

    Example: pulse withdraw //shop.example.test order-1042 --reason "entered twice"
    """
    with reached(load(["clickhouse"]).part(ClickHouse)) as client:
        fact = original(client, source, identity)
        before = withdrawn_before(client, source, identity)
    told = {"account": fact["subject"], "type": fact["type"], "time": fact["time"]}
    if before is not None:
        said = {**told, "id": None, "accepted": False, "reason": "withdrawn_before", "detail": before.isoformat()}
        _say(said, f"withdrawn already on {before:%Y-%m-%d %H:%M:%S} UTC", as_json=as_json)
        return
    event = withdrawal(fact, reason, CLOCKS.wall())
    verdict = asyncio.run(send_one(target(gateway), json.dumps(event).encode(), CLOCKS.monotonic))
    said = {**told, "id": event["id"], **verdict._asdict()}
    done = f"withdrawn: {fact['type']} of {fact['subject']} at {fact['time']}"
    refused = f"refused ({verdict.reason}): {verdict.detail}"
    _say(said, done if verdict.accepted else refused, as_json=as_json)
    raise typer.Exit(ExitCode.DONE if verdict.accepted else ExitCode.FAILED)


def _say(found: dict[str, object], text: str, *, as_json: bool) -> None:
    sys.stdout.write((json.dumps(found, ensure_ascii=False) if as_json else text) + "\n")
