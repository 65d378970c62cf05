"""`pulse keys`: API keys of the gateway. A token is shown once, when its key is made."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from pulse.errors import PulseError
from pulse.settings import load
from streams.gateway.errors import KeysFileError
from streams.gateway.keys import ApiKey, Grant
from streams.gateway.keys_file import create_key, read_keys, revoke_key
from streams.gateway.settings import GatewaySettings

app = typer.Typer(
    help="API keys of the gateway. With a local stack on this data folder they are its keys.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def create(
    key_id: Annotated[str, typer.Argument(help="its name in logs: lower case letters, digits and -")],
    source: Annotated[
        list[str], typer.Option("--source", "-s", help="the source it speaks for, `prefix*` for several; repeatable")
    ],
    label: Annotated[str, typer.Option(help="who has it")] = "",
    days: Annotated[int | None, typer.Option(min=1, help="days until it expires; without it never")] = None,
) -> None:
    """Make a key and print its token: the only time that it can be seen."""
    now = datetime.now(UTC)
    expires_at = None if days is None else now + timedelta(days=days)
    try:
        grant = Grant(id=key_id, label=label or key_id, sources=tuple(source), expires_at=expires_at)
        token = create_key(_file().keys_file, grant, now=now)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise PulseError(f"not a key: {told}") from None
    except (KeysFileError, ValueError, OSError) as error:
        raise PulseError(str(error)) from None
    typer.echo(token)


@app.command("list")
def list_them() -> None:
    """Show the keys; their tokens are nowhere."""
    now = datetime.now(UTC)
    table = Table("id", "label", "speaks for", "created", "standing")
    try:
        keys = read_keys(_file().keys_file)
    except KeysFileError as error:
        raise PulseError(str(error)) from None
    for key in keys:
        table.add_row(key.id, key.label, ", ".join(key.sources), f"{key.created_at:%Y-%m-%d}", _standing(key, now))
    Console().print(table)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="its name")]) -> None:
    """Revoke a key; a running gateway refuses it within a second."""
    try:
        revoke_key(_file().keys_file, key_id, now=datetime.now(UTC))
    except (KeysFileError, ValueError, OSError) as error:
        raise PulseError(str(error)) from None
    typer.echo(f"revoked {key_id}")


def _file() -> GatewaySettings:
    return load(["gateway"]).part(GatewaySettings)


def _standing(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is None:
        return "in force"
    return f"expired {key.expires_at:%Y-%m-%d}" if key.expires_at <= now else f"until {key.expires_at:%Y-%m-%d}"
