"""`pulse settings`: what is in force, and whether it holds. Secrets are never shown."""

from typing import Annotated

import typer
import yaml

from pulse.settings import SECTIONS, load, model_of

app = typer.Typer(help="Show and check the settings.", no_args_is_help=True, pretty_exceptions_enable=False)
Names = Annotated[list[str] | None, typer.Argument(help="sections; all when none is named", metavar="[SECTION]...")]


@app.command()
def show(names: Names = None) -> None:
    """Print the settings in force as YAML, secrets masked."""
    chosen = _known(names)
    settings = load(chosen)
    shown = {name: settings.part(model_of(name)).model_dump(mode="json") for name in chosen}
    typer.echo(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True), nl=False)


@app.command()
def check(names: Names = None) -> None:
    """Say every fault of the settings at once; exit code 2 when there is one."""
    chosen = _known(names)
    load(chosen)
    typer.echo(f"{len(chosen)} sections hold")


def _known(names: list[str] | None) -> list[str]:
    for name in names or ():
        if name not in SECTIONS:
            raise typer.BadParameter(f"no section {name!r}; there are {', '.join(SECTIONS)}")
    return list(names or SECTIONS)
