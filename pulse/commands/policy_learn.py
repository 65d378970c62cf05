"""`pulse policy learn`: a policy proposed from what became of the accounts in ClickHouse."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from pulse.commands.clocks import CLOCKS
from pulse.commands.policy_fit import FileThere, Force, JudgedFrom, Precision
from pulse.fitting.errors import FitFailed
from pulse.settings import load

if TYPE_CHECKING:
    from pulse.learning.learn import Options, Outcome
    from streams.core.tables import Tables

Output = Annotated[
    Path, typer.Option("--output", "-o", dir_okay=False, help="Where the proposed policy goes: a file of its own.")
]
Horizon = Annotated[int, typer.Option("--horizon-days", min=7, max=365, help="Lost or not within so many days.")]
AtLeast = Annotated[
    int, typer.Option("--min-orders", min=1, max=100, help="Without subscriptions: judge who ordered so often or more.")
]
PolicyName = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="Propose from this policy, or `default`; else from that of the worker's settings.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print figures and points as one JSON object.")]


def learn(
    *,
    output: Output = Path("policy-learned.yaml"),
    force: Force = False,
    policy: PolicyName = None,
    horizon_days: Horizon = 90,
    min_orders: AtLeast = 3,
    precision: Precision = 0.75,
    judged_from: JudgedFrom = None,
    as_json: AsJson = False,
) -> None:
    """Propose a policy's points and weights from history: what was known of accounts, and who was lost.

    Lost is whose subscription was cancelled; without subscriptions, who ordered nothing within the horizon. It learns
    from earlier months and is measured on later ones, beside the policy in force and RFM. Half-lives, lines and
    everything else stay; no signal changes its sign, so a complaint never raises a score. It writes a file and changes
    nothing else: look at it with `pulse policy diff`. It needs the extra "fit" of the package (scikit-learn), and 30
    accounts that were lost and 30 that stayed, in the months that teach and again in those that judge.
    """
    from pulse.fitting.logistic import require_scikit_learn
    from pulse.learning.learn import Options
    from pulse.policies.in_force import policy_in_force
    from streams.core.tables import to_tables

    if output.exists() and not force:
        raise FileThere(output)
    require_scikit_learn()
    tables = to_tables(policy_in_force(policy))
    since = None if judged_from is None else judged_from.replace(tzinfo=UTC)
    outcome, source = _learned(tables, Options(horizon_days, min_orders, precision, since))
    _write(output, outcome, tables, source)
    _tell(outcome, output, as_json=as_json)


def _learned(tables: "Tables", options: "Options") -> "tuple[Outcome, str]":
    from consumers.runtime.clickhouse import ClickHouse
    from pulse.learning.learn import learn as learn_from
    from pulse.learning.reading import facts_of, read_past
    from pulse.rebuilding.chunks import chunked
    from pulse.warehouse import LONG_READ_S, reached

    clickhouse = load(["clickhouse"]).part(ClickHouse)
    with reached(clickhouse, LONG_READ_S) as client:
        past, chunks = read_past(client), chunked(client)
        with _bar(sum(chunk.facts for chunk in chunks)) as on_facts:
            outcome = learn_from(past, facts_of(client, chunks), tables, options, on_facts)
    return outcome, f"{clickhouse.url} {clickhouse.database}"


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error where that is a terminal."""
    columns = (TextColumn("reading what was known"), BarColumn(), TaskProgressColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda facts: bar.advance(task, facts)


def _write(output: Path, outcome: "Outcome", tables: "Tables", source: str) -> None:
    from pulse.learning.document import to_yaml

    text = to_yaml(outcome.proposal, tables.policy, outcome.evidence, source, CLOCKS.wall())
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FitFailed(f"{output} cannot be written: {error.strerror}") from None


def _tell(outcome: "Outcome", output: Path, *, as_json: bool) -> None:
    from pulse.learning.document import flat, validated_in_words

    evidence, policy = outcome.evidence, outcome.proposal.policy
    if as_json:
        told = {"policy": policy.name, "better": evidence.better, "document": str(output)}
        signals = {one.signal: {"before": one.before, "after": one.after} for one in outcome.proposal.learned}
        sys.stdout.write(json.dumps(flat(evidence) | told | {"points": signals}) + "\n")
        return
    console = Console()
    for part, name in ((evidence.teaching, "learned from"), (evidence.judging, "judged on")):
        console.print(
            f"{name} {part.rows} rows of {part.accounts} accounts, of which {part.lost} were lost "
            f"within {evidence.horizon_d} days",
            highlight=False,
            soft_wrap=True,
        )
    console.print(validated_in_words(evidence.validated), highlight=False, soft_wrap=True)
    console.print(_figures(outcome), soft_wrap=True)
    console.print(_points(outcome), soft_wrap=True)
    verdict = "ranks better than" if evidence.better else "does NOT rank better than"
    console.print(
        f"the proposal {policy.name} {verdict} the policy in force; written to {output}, which nothing reads by itself",
        highlight=False,
        soft_wrap=True,
    )


def _figures(outcome: "Outcome") -> Table:
    from pulse.learning.document import RULES

    table = Table(
        "on months it had not seen", "average\nprecision", "precision\nat line", "recall\nat line", "lead time\n(days)"
    )
    for name, words in RULES.items():
        got = outcome.evidence.figures[name]
        shares = (got.average_precision, got.precision_at_line, got.recall_at_line)
        lead = "none" if got.lead_time_days_median is None else f"{got.lead_time_days_median:.0f}"
        table.add_row(words, *(f"{share:.3f}" for share in shares), lead)
    table.add_row("chance", f"{outcome.evidence.judging.base_rate:.3f}")
    return table


def _points(outcome: "Outcome") -> Table:
    table = Table("signal", "points now", "proposed", "accounts")
    for one in outcome.proposal.learned:
        after = f"{one.after:+g}" if one.after else "0: says nothing, or the opposite"
        after = "as it is: too few" if one.kept else after
        table.add_row(one.signal, f"{one.before:+g}", after, f"{one.accounts:,}")
    return table
