"""The `pulse` command. Only names and one-line help stand here: a command's module is imported when it is called, so
that `pulse --help` is quick and a process loads the one engine it runs.
"""

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Final

import typer

from pulse.environment import CONFIG
from pulse.errors import PulseError
from pulse.exit_codes import MEANINGS, ExitCode


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: where its Typer app is and what it does in one line."""

    app: str
    line: str


GROUPS: Final[dict[str, dict[str, Entry]]] = {
    "Start here": {
        "demo": Entry("pulse.commands.demo:app", "start everything, load a real purchase log, keep it alive"),
        "up": Entry("pulse.commands.up:app", "start the local stack: broker, warehouse and every process"),
        "doctor": Entry("pulse.commands.doctor:app", "say what is reachable, what is not, and what to do"),
    },
    "Events": {
        "emit": Entry("pulse.commands.emit:app", "send one event"),
        "withdraw": Entry("pulse.commands.withdraw:app", "take back a fact that should not have been told"),
        "import": Entry("pulse.commands.import_:app", "read a history from CSV or fixed-width text"),
        "simulate": Entry("pulse.commands.simulate:app", "make the events that accompany purchases"),
        "explain": Entry("pulse.commands.explain:app", "say why an account has its score"),
    },
    "Processes": {
        "gateway": Entry("pulse.commands.processes:gateway", "the HTTP front door for events"),
        "worker": Entry("pulse.commands.processes:worker", "folds events into scores and alerts"),
        "sink": Entry("pulse.commands.processes:sink", "writes everything into ClickHouse"),
        "deliver": Entry("pulse.commands.processes:deliver", "brings alerts to people"),
        "console": Entry("pulse.commands.processes:console", "the web page of the account manager"),
        "warehouse": Entry("pulse.commands.processes:warehouse", "an embedded ClickHouse for one machine"),
        "mail": Entry("pulse.commands.processes:mail", "a mail catcher for one machine"),
    },
    "Administration": {
        "topics": Entry("pulse.commands.topics:app", "create and compare the topics"),
        "dead-letters": Entry("pulse.commands.dead_letters:app", "what was refused, and sending it again once mended"),
        "migrate": Entry("pulse.commands.migrate:app", "bring ClickHouse to the newest schema"),
        "rebuild": Entry("pulse.commands.rebuild:app", "compute scores anew from the facts in ClickHouse"),
        "audit": Entry("pulse.commands.audit:app", "hold scores against a rebuild and against SQL alone"),
        "policy": Entry("pulse.commands.policy:app", "check, compare, try out policies; fit one to the history"),
        "alerts": Entry("pulse.commands.alerts:app", "look at an alert as people get it, and try out their channels"),
        "keys": Entry("pulse.commands.keys:app", "API keys of the gateway"),
        "schema": Entry("pulse.commands.schema:app", "the catalogue as JSON Schema and AsyncAPI"),
        "settings": Entry("pulse.commands.settings:app", "show and check the settings"),
    },
}

_EPILOG: Final = "Exit codes: " + " · ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())

app = typer.Typer(
    help="Account Pulse: a health score for every account, and alerts within a second.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"account-pulse {_version()}")
        raise typer.Exit


def _version() -> str:
    try:
        return version("account-pulse")
    except PackageNotFoundError:
        return "(not installed: run from a checkout)"


@app.callback()
def everywhere(
    config: Annotated[
        Path | None, typer.Option(help="settings file; without it PULSE_CONFIG, then ./pulse.yaml")
    ] = None,
    _show_version: Annotated[
        bool, typer.Option("--version", help="print the version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Account Pulse: a health score for every account, and alerts within a second."""
    if config is not None:  # in the environment, so that the processes of the local stack read the same file
        os.environ[CONFIG] = str(config.resolve())


def _add(name: str, entry: Entry, panel: str) -> None:
    passing_on = {
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
        "help_option_names": [],
    }

    @app.command(name, help=entry.line, rich_help_panel=panel, context_settings=passing_on)
    def run(ctx: typer.Context) -> None:
        import_module("pulse.logs").for_a_command()
        module, _, attribute = entry.app.partition(":")
        command = typer.main.get_command(getattr(import_module(module), attribute))
        command.main(args=list(ctx.args), prog_name=f"pulse {name}")


for _panel, _entries in GROUPS.items():
    for _name, _entry in _entries.items():
        _add(_name, _entry, _panel)


def main() -> None:
    """Run the command line; errors of ours are one message and an exit code, without a traceback."""
    try:
        app(prog_name="pulse")
    except PulseError as error:
        sys.stderr.write(f"pulse: {error}\n")
        sys.exit(int(error.exit_code))
    except KeyboardInterrupt:
        sys.exit(int(ExitCode.INTERRUPTED))


if __name__ == "__main__":
    main()
