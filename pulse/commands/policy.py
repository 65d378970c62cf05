"""`pulse policy`: check, show and compare policy files, try one out, put one in force, fit one to the history."""

import json
import sys
from typing import Annotated, Any

import typer

from pulse.commands.policy_fit import fit
from pulse.commands.policy_learn import learn
from pulse.commands.policy_release import history, promote, roll_back
from pulse.commands.policy_shadow import shadow
from pulse.commands.policy_simulate import simulate
from pulse.exit_codes import ExitCode
from pulse.policies.difference import differences, same_name
from pulse.policies.errors import PolicyFaults
from pulse.policies.reading import DEFAULT, policy_named
from pulse.policies.table import half_life, lines, numbers, uncounted
from streams.core.counting import TAKING_BACK
from streams.core.policy import DIMENSIONS, Policy

app = typer.Typer(
    help="Policies: check, show and compare files, try one out, put one in force, fit one to the history.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_OR_DEFAULT = f"A policy file, or `{DEFAULT}`: the one shipped."
File = Annotated[str, typer.Argument(metavar="FILE", help=_OR_DEFAULT)]
Shown = Annotated[str, typer.Argument(metavar="[FILE]", help=_OR_DEFAULT)]
Old = Annotated[str, typer.Argument(metavar="A", help=f"The one before: a file, or `{DEFAULT}`.")]
New = Annotated[str, typer.Argument(metavar="B", help=f"The one after: a file, or `{DEFAULT}`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

app.command("fit")(fit)
app.command("learn")(learn)
app.command("simulate")(simulate)
app.command("promote")(promote)
app.command("rollback")(roll_back)
app.command("history")(history)
app.command("shadow")(shadow)


@app.command()
def check(file: File, *, as_json: AsJson = False) -> None:
    """Say everything that is wrong with a policy file at once, each fault with its line.

    Exit code 0 when it holds, 2 when it does not. A worker refuses to start with a policy that does not.
    """
    try:
        policy = policy_named(file)
    except PolicyFaults as error:
        if not as_json:
            raise
        faults = [{"line": fault.line, "path": fault.path, "message": fault.message} for fault in error.faults]
        _print({"file": file, "holds": False, "faults": faults})
        raise typer.Exit(ExitCode.USAGE) from None
    if as_json:
        _print({"file": file, "holds": True, "faults": [], "policy": policy.name})
    else:
        typer.echo(f"{file}: {policy.name} holds")


@app.command()
def show(file: Shown = DEFAULT, *, as_json: AsJson = False) -> None:
    """Show what every event type counts for: signal, dimension, points, half-life, and why.

    Points are per unit of the signal, before the dimension's weight. Exit code 2 when the file does not hold.
    """
    policy = policy_named(file)
    if as_json:
        _print(
            {
                "policy": policy.name,
                "signals": [line._asdict() for line in lines(policy)],
                "numbers": dict(numbers(policy)),
                "taking_back": TAKING_BACK,
                "uncounted": uncounted(),
            }
        )
    else:
        _show(policy)


@app.command()
def diff(old: Old, new: New, *, as_json: AsJson = False) -> None:
    """Say what differs between two policies, by path, old → new.

    Exit code 0 whether they differ or not; 2 when one of them does not hold.
    """
    before, after = policy_named(old), policy_named(new)
    found = differences(before, after)
    if as_json:
        changes = [one._asdict() for one in found]
        _print({"old": before.name, "new": after.name, "same_name": same_name(before, after), "differences": changes})
        return
    for one in found:
        typer.echo(one.told())
    if not found:
        typer.echo("no difference")
    elif same_name(before, after):
        typer.echo(
            f"both go by {before.name}: raise the version of the second, so that snapshots say which they are of"
        )


def _print(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


def _show(policy: Policy) -> None:
    typer.echo(policy.name)
    for dimension in DIMENSIONS:
        typer.echo(f"\n{dimension.value}, weight {policy.dimensions.of(dimension):g}")
        for line in lines(policy):
            if line.dimension is dimension:
                typer.echo(f"  {line.signal:<21}{line.points:>+6g}  {half_life(line.half_life_d):<13}{line.why}")
                typer.echo(f"      {line.event_type}: {line.amount}")
    typer.echo(f"\ntake back what others added: {', '.join(TAKING_BACK)}")
    typer.echo(f"move no score: {', '.join(uncounted())}\n")
    for path, value in numbers(policy):
        typer.echo(f"{path}: {value}")
