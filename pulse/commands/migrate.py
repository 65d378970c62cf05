"""`pulse migrate`: ClickHouse brought to the newest schema."""

import typer

from pulse.errors import Missing, PulseError
from pulse.settings import load

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def migrate() -> None:
    """Apply the migrations that ClickHouse does not have yet; doing it again changes nothing."""
    from consumers.clickhouse.errors import WarehouseError
    from consumers.clickhouse.migrate import apply
    from consumers.runtime.clickhouse import ClickHouse, ClickHouseAway

    settings = load(["clickhouse"]).part(ClickHouse)
    try:
        applied = apply(settings)
    except ClickHouseAway as error:
        raise Missing(f"no ClickHouse answers at {settings.url} ({error})") from None
    except WarehouseError as error:
        raise PulseError(str(error)) from None
    typer.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
