"""`pulse policy fit`: a model of silence, fitted to the purchases in ClickHouse."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from pulse.errors import Missing
from pulse.exit_codes import ExitCode
from pulse.fitting.errors import FitFailed
from pulse.settings import load

if TYPE_CHECKING:
    from pulse.fitting.document import FittedModel
    from pulse.fitting.history import History

_READING_S = 600.0

Out = Annotated[Path, typer.Option("--output", "-o", dir_okay=False, help="Where the document goes.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file when it is there.")]
Horizon = Annotated[
    int, typer.Option("--horizon-days", min=7, max=365, help="Silent means: no purchase within so many days.")
]
AtLeast = Annotated[
    int, typer.Option("--min-purchases", min=2, max=100, help="Judge accounts with so many days of purchase or more.")
]
Precision = Annotated[
    float,
    typer.Option(
        min=0.0, max=1.0, help="Draw the alert line where this share of alerts came true on what it learns from."
    ),
]
JudgedFrom = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="Judge by the months from this date; without it by the last third of them."
    ),
]
Into = Annotated[
    Path | None,
    typer.Option(
        "--into",
        dir_okay=False,
        metavar="POLICY",
        help="A policy file: the model becomes its section silence.purchases, and its version is raised by one.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as one flat JSON object.")]


class FileThere(FitFailed):
    """The document would replace a file."""

    exit_code = ExitCode.USAGE

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is there already: name another with --output, or replace it with --force")


def fit(
    *,
    output: Out = Path("silence.yaml"),
    force: Force = False,
    horizon_days: Horizon = 90,
    min_purchases: AtLeast = 3,
    precision: Precision = 0.75,
    judged_from: JudgedFrom = None,
    into: Into = None,
    as_json: AsJson = False,
) -> None:
    """Fit who will stay away to the purchases in ClickHouse, and measure it beside RFM and a fixed 30 days.

    It learns from earlier months and is measured on later ones, and writes a document that says how it did. With --into
    the model goes into a policy file besides; alerts follow it when a worker runs with that policy. It needs the extra
    "fit" of the package (scikit-learn), and eight months of history for the usual 90 days.
    """
    from pulse.fitting.fit import Options
    from pulse.fitting.fit import fit as fit_to
    from pulse.fitting.logistic import require_scikit_learn
    from pulse.policies.fitted import with_model
    from pulse.policies.reading import read_policy

    if output.exists() and not force:
        raise FileThere(output)
    policy = None if into is None else read_policy(into)
    require_scikit_learn()
    history, source = _read()
    since = None if judged_from is None else judged_from.replace(tzinfo=UTC)
    options = Options(horizon_days, min_purchases, precision, since)
    fitted = fit_to(history, options, source, datetime.now(UTC))
    _write(output, fitted.to_yaml())
    if into is not None and policy is not None:
        _write(into, with_model(into.read_text(encoding="utf-8"), policy, fitted.model))
    _tell(fitted, output, into, as_json=as_json)


def _read() -> "tuple[History, str]":
    from clickhouse_connect.driver.exceptions import DatabaseError

    from consumers.runtime.clickhouse import ClickHouse, ClickHouseAway, connect, first_line
    from pulse.fitting.history import read

    clickhouse = load(["clickhouse"]).part(ClickHouse)
    try:
        client = connect(clickhouse, timeout_s=_READING_S)
        return read(client), f"{clickhouse.url} {clickhouse.database}.facts"
    except ClickHouseAway as error:
        raise Missing(f"no ClickHouse answers at {clickhouse.url}: {error}") from None
    except DatabaseError as error:
        raise FitFailed(f"{clickhouse.url} refuses: {first_line(error)}") from None


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FitFailed(f"{output} cannot be written: {error.strerror}") from None


def _tell(fitted: "FittedModel", output: Path, into: Path | None, *, as_json: bool) -> None:
    from pulse.fitting.document import flat

    told, alert = fitted.fitted, fitted.model.alert
    if as_json:
        counts = {"base_rate": told.judging.base_rate, "rows": told.judging.rows, "accounts": told.judging.accounts}
        line = {"alert_rule": alert.rule.value, "alert_risk": alert.risk}
        files = {"document": str(output), "policy": None if into is None else str(into)}
        typer.echo(json.dumps(flat(fitted) | counts | line | files))
        return
    console = Console()
    console.print(
        f"fitted to {told.teaching.rows} snapshots of {told.teaching.accounts} accounts, judged on {told.judging.rows} "
        f"of {told.judging.accounts}, of which {told.judging.base_rate:.1%} stayed away",
        highlight=False,
        soft_wrap=True,
    )
    console.print(_table(fitted), soft_wrap=True)
    by = "the account's own line" if alert.risk is None else f"a risk of {alert.risk:.3f}"
    where = f"the model stands in {into}: a worker alerts by it once it runs with that policy"
    if into is None:
        where = "put the model into a policy with --into POLICY; nothing reads the document by itself"
    console.print(f"alert by {by}; written to {output}; {where}", highlight=False, soft_wrap=True)


def _table(fitted: "FittedModel") -> Table:
    table = Table(
        "rule",
        "average\nprecision",
        "precision\nat line",
        "recall\nat line",
        "precision\nof fresh",
        "lead time\n(days)",
    )
    for name in ("model", "own_line", "rfm", "fixed_30_days"):
        got = getattr(fitted.measured, name)
        shares = (got.average_precision, got.precision_at_line, got.recall_at_line, got.precision_of_fresh)
        lead = "none" if got.lead_time_days_median is None else f"{got.lead_time_days_median:+.0f}"
        table.add_row(name, *("none" if share is None else f"{share:.3f}" for share in shares), lead)
    return table
