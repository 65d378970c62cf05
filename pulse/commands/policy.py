"""`pulse policy`: what the numbers of a policy could be, by the history."""

import typer

from pulse.commands.policy_fit import fit

app = typer.Typer(
    help="Policies: fit one to the history.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
app.command("fit")(fit)


@app.callback()
def policy() -> None:
    """Keep `fit` a command of its own while it is the only one."""
