"""`pulse emit`: one event to the gateway."""

import asyncio
import json
import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pulse.commands.clocks import CLOCKS
from pulse.errors import PulseError
from pulse.exit_codes import ExitCode
from pulse.sending.gateway import Verdict
from pulse.sending.one import send_one
from pulse.sending.reach import target

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Type = Annotated[str, typer.Argument(metavar="TYPE", help="Event type, such as complaint.opened.v1.")]
Account = Annotated[str, typer.Option(help="The account id (for manager events the manager's).")]
Data = Annotated[str | None, typer.Option(help="The event's data as a JSON object.")]
File = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A file with the data as a JSON object.")]
Source = Annotated[str, typer.Option(help="The system that tells it.")]
Id = Annotated[str | None, typer.Option("--id", help="The fact's id within its source; made up if not given.")]
Time = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="When it happened; now if not given.")
]
GatewayUrl = Annotated[str | None, typer.Option("--gateway", help="The gateway's URL; else the local stack's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]


class BadData(PulseError):
    """What was given as data is no JSON object."""

    exit_code = ExitCode.USAGE


@app.command()
def emit(
    type_: Type,
    *,
    account: Account,
    data: Data = None,
    file: File = None,
    source: Source = "//pulse.example.test/emit",
    identity: Id = None,
    time: Time = None,
    gateway: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """Send one event and say what the gateway made of it.

    Example: pulse emit complaint.opened.v1 --account A-1 --data '{"complaint_id": "C-1", "category": "billing",
    "severity": 3}'
    """
    event = {
        "specversion": "1.0",
        "id": identity or f"emit-{secrets.token_hex(8)}",
        "source": source,
        "type": type_,
        "subject": account,
        "time": (time or CLOCKS.wall()).isoformat(),
        "data": _data(data, file),
    }
    verdict = asyncio.run(send_one(target(gateway), json.dumps(event).encode(), CLOCKS.monotonic))
    sys.stdout.write(_shown(str(event["id"]), verdict, as_json=as_json) + "\n")
    raise typer.Exit(ExitCode.DONE if verdict.accepted else ExitCode.FAILED)


def _data(text: str | None, file: Path | None) -> dict[str, Any]:
    if (text is None) == (file is None):
        raise BadData("give the data either by --data or by --file")
    try:
        parsed = json.loads(file.read_bytes() if file is not None else text or "")
    except ValueError as error:
        raise BadData(f"the data are not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise BadData("the data must be a JSON object")
    return parsed


def _shown(identity: str, verdict: Verdict, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"id": identity, **verdict._asdict()})
    return f"accepted: {identity}" if verdict.accepted else f"refused ({verdict.reason}): {verdict.detail}"
