"""`pulse migrate`: ClickHouse brought to the newest schema."""

import typer

from pulse.errors import Missing, PulseError
from pulse.settings import load

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def migrate() -> None:
    """Apply the migrations that ClickHouse does not have yet, and lay down the currency rates of the policy in force.

    Doing it again changes nothing.
    """
    from consumers.clickhouse.errors import WarehouseError
    from consumers.clickhouse.migrate import apply
    from consumers.clickhouse.rates import write_rates
    from consumers.runtime.clickhouse import ClickHouse, ClickHouseAway
    from pulse.policies.in_force import policy_in_force

    policy = policy_in_force()
    settings = load(["clickhouse"]).part(ClickHouse)
    try:
        applied = apply(settings)
        rated = write_rates(settings, policy.currencies.rates, policy.name)
    except ClickHouseAway as error:
        raise Missing(f"no ClickHouse answers at {settings.url} ({error})") from None
    except WarehouseError as error:
        raise PulseError(str(error)) from None
    done = [*(f"applied {name}" for name in applied), *([f"laid down the rates of {policy.name}"] if rated else [])]
    typer.echo("\n".join(done) or "nothing to apply")
