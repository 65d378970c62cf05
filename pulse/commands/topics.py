"""`pulse topics`: the topics of `schemas.topics` on the broker."""

from typing import Final

import typer
from rich.console import Console
from rich.table import Table

from pulse import topics
from pulse.exit_codes import ExitCode
from pulse.settings import load
from schemas.broker import Broker

app = typer.Typer(help="Create and compare the topics.", no_args_is_help=True, pretty_exceptions_enable=False)

_COLOURS: Final = {
    topics.Standing.CREATED: "green",
    topics.Standing.AS_DECLARED: "green",
    topics.Standing.MISSING: "yellow",
    topics.Standing.WRONG_PARTITIONS: "red",
}


@app.command()
def apply() -> None:
    """Create what is missing; a topic with another partition count is an error. Doing it again changes nothing."""
    _show(topics.apply(load(["broker"]).part(Broker)))


@app.command("list")
def list_them() -> None:
    """Compare what the broker has with what is declared; exit code 1 when something differs."""
    states = topics.states(load(["broker"]).part(Broker))
    _show(states)
    if any(state.standing is not topics.Standing.AS_DECLARED for state in states):
        raise typer.Exit(ExitCode.FAILED)


def _show(states: list[topics.TopicState]) -> None:
    table = Table("topic", "partitions", "declared", "kept", "standing")
    for state in states:
        kept = "compacted" if state.topic.compacted else str(state.topic.retention or "for ever")
        standing = f"[{_COLOURS[state.standing]}]{state.standing.value}[/]"
        table.add_row(state.topic.name, str(state.partitions), str(state.expected), kept, standing)
    Console().print(table)
