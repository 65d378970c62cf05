"""`pulse schema`: the catalogue of events and outputs, for those who write or read the topics."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from pulse.exit_codes import ExitCode
from schemas.publish import files

app = typer.Typer(no_args_is_help=True, help="The catalogue of events as JSON Schema and AsyncAPI.")

Folder = Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Where the files go; made when missing.")]
CheckFlag = Annotated[bool, typer.Option("--check", help="Write nothing; fail when DIR differs from the code.")]


@app.callback()
def schema() -> None:
    """Keep `export` a command of its own while it is the only one."""


@app.command()
def export(folder: Folder, check: CheckFlag = False) -> None:
    """Write the JSON Schema of every event and output, and asyncapi.json, into DIR."""
    published = files(version("account-pulse"))
    if check:
        _report_stale(folder, published)
        return
    for path, text in published.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    typer.echo(f"{len(published)} files written to {folder}")


def _report_stale(folder: Path, published: dict[str, str]) -> None:
    stale = [path for path, text in published.items() if not _holds(folder / path, text)]
    for path in stale:
        typer.echo(f"{folder / path} differs from the code", err=True)
    if stale:
        raise typer.Exit(ExitCode.FAILED)
    typer.echo(f"{folder} is current")


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
