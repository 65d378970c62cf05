"""`pulse policy fit` over real tables: from the facts to the document."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from consumers.runtime.clickhouse import Client
from pulse.commands import policy
from pulse.commands.policy_fit import FileThere
from pulse.errors import Missing
from pulse.exit_codes import ExitCode
from pulse.fitting.document import FittedModel
from pulse.fitting.errors import FitFailed, HistoryTooShort, TooFewOutcomes
from pulse.fitting.history import read
from pulse.local.ports import free_port
from pulse.policies.errors import PolicyFaults
from pulse.policies.reading import read_policy
from schemas.alerts import AlertKind
from schemas.catalogue import AnyEvent
from schemas.events.withdrawals import FactWithdrawn, FactWithdrawnData
from schemas.ids import AccountId, EventId, Source
from streams.core.tables import to_tables
from tests.clickhouse.facts import NOW, opened, ordered, profile
from tests.clickhouse.telling import Tell
from tests.core.bench import Bench
from tests.core.building import DAY, At, order
from tests.fitting.histories import regular
from tests.policy.faulty import shipped

pytestmark = pytest.mark.usefixtures("place")


def fit(*arguments: str) -> Result:
    return CliRunner().invoke(policy.app, ["fit", "--horizon-days", "60", *arguments])


def test_a_history_becomes_a_document_and_figures(tell: Tell, place: Path) -> None:
    tell(_orders(accounts=120))
    ran = fit("--output", "fitted.yaml", "--json")
    assert ran.exit_code == 0, ran.output
    figures = json.loads(ran.stdout.splitlines()[-1])
    assert figures["average_precision"] > figures["base_rate"] + 0.2
    assert figures["document"] == "fitted.yaml"
    document = FittedModel.model_validate(yaml.safe_load((place / "fitted.yaml").read_text()))
    assert document.measured.model.average_precision == figures["average_precision"]
    assert document.fitted.source.endswith("pulse.facts")
    assert "secret" not in (place / "fitted.yaml").read_text()


def test_a_fit_becomes_the_policy_that_a_worker_alerts_by(tell: Tell, place: Path) -> None:
    tell(_orders(accounts=120))
    mine = place / "mine.yaml"
    mine.write_text(shipped())
    ran = fit("--into", "mine.yaml", "--json")
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout.splitlines()[-1])["policy"] == "mine.yaml"
    assert CliRunner().invoke(policy.app, ["check", "mine.yaml"]).stdout == "mine.yaml: default/2 holds\n"
    fitted = FittedModel.model_validate(yaml.safe_load((place / "silence.yaml").read_text())).model
    tables = to_tables(read_policy(mine))
    assert tables.policy.silence.purchases == fitted
    bench = Bench(tables)
    bench.live(*(order(At(10 * number * DAY, f"o-{number}")) for number in range(6)))
    expected = bench.told.snapshots[-1].purchase_expected_by
    assert expected is not None
    assert expected != _expected_by_default()
    [step] = [one for one in bench.flush(900 * DAY).steps if one.kind is AlertKind.PURCHASE_OVERDUE]
    assert step.facts["expected_by"].startswith(expected.isoformat())


def _expected_by_default() -> date | None:
    bench = Bench()
    bench.live(*(order(At(10 * number * DAY, f"o-{number}")) for number in range(6)))
    return bench.told.snapshots[-1].purchase_expected_by


def test_a_policy_that_does_not_hold_is_refused_before_anything_is_fitted(place: Path) -> None:
    (place / "mine.yaml").write_text("policy: mine\n")
    ran = fit("--into", "mine.yaml")
    assert isinstance(ran.exception, PolicyFaults)
    assert not (place / "silence.yaml").exists()


def test_people_see_the_model_beside_its_rivals(tell: Tell) -> None:
    tell(_orders(accounts=120))
    ran = fit()
    assert ran.exit_code == 0, ran.output
    for name in ("model", "own_line", "rfm", "fixed_30_days", "silence.yaml"):
        assert name in ran.stdout


def test_only_orders_that_were_not_withdrawn_are_purchases(tell: Tell, client: Client) -> None:
    kept, mistaken = ordered(1), ordered(2)
    taken_back = FactWithdrawn(
        id=EventId("w-1"),
        source=Source("/shop"),
        subject=mistaken.subject,
        time=NOW,
        data=FactWithdrawnData(original=mistaken, reason="entered twice"),
    )
    tell([kept, mistaken, taken_back, opened(), profile(), profile(AccountId("A-2"))])
    found = read(client)
    assert found.times.tolist() == [kept.time.timestamp()]
    assert found.amounts.tolist() == [12.34]
    assert found.segments == ("mid",)


def test_no_purchase_at_all_is_an_empty_history(client: Client) -> None:
    assert read(client).accounts == 0


def test_a_file_that_is_there_is_kept(tell: Tell, place: Path) -> None:
    (place / "silence.yaml").write_text("mine")
    ran = fit()
    assert isinstance(ran.exception, FileThere)
    assert ran.exception.exit_code is ExitCode.USAGE
    assert (place / "silence.yaml").read_text() == "mine"


def test_a_file_that_is_there_is_replaced_when_asked_to(tell: Tell, place: Path) -> None:
    tell(_orders(accounts=120))
    (place / "silence.yaml").write_text("mine")
    assert fit("--force").exit_code == 0
    assert "model:" in (place / "silence.yaml").read_text()


def test_a_history_too_short_writes_nothing_and_says_how_much_is_needed(tell: Tell, place: Path) -> None:
    tell(_orders(accounts=120, span_d=100))
    ran = fit()
    assert isinstance(ran.exception, HistoryTooShort)
    assert "at least 182 are needed" in str(ran.exception)
    assert not (place / "silence.yaml").exists()


def test_without_purchases_it_says_what_is_missing(place: Path) -> None:
    ran = fit()
    assert isinstance(ran.exception, TooFewOutcomes)
    assert not (place / "silence.yaml").exists()


def test_a_folder_that_is_not_there_is_told(tell: Tell) -> None:
    tell(_orders(accounts=120))
    ran = fit("--output", "nowhere/silence.yaml")
    assert isinstance(ran.exception, FitFailed)
    assert "nowhere/silence.yaml cannot be written" in str(ran.exception)


@pytest.mark.parametrize(
    "arguments", [["--precision", "1.5"], ["--min-purchases", "1"], ["--judged-from", "soon"], ["--horizon-days", "0"]]
)
def test_arguments_that_do_not_hold_are_wrong_usage(arguments: list[str]) -> None:
    assert fit(*arguments).exit_code == ExitCode.USAGE


def test_a_database_without_our_tables_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_CLICKHOUSE__DATABASE", "default")
    ran = fit()
    assert isinstance(ran.exception, FitFailed)
    assert "facts" in str(ran.exception)
    assert "\n" not in str(ran.exception)


def test_without_clickhouse_it_says_where_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("PULSE_CLICKHOUSE__URL", nowhere)
    ran = fit()
    assert isinstance(ran.exception, Missing)
    assert nowhere in str(ran.exception)


def _orders(accounts: int, span_d: float = 600) -> Iterable[AnyEvent]:
    for number, bought in enumerate(regular(accounts, span_d=span_d)):
        for index, time in enumerate(bought.times):
            yield ordered(number * 1000 + index, AccountId(f"A-{number}"), datetime.fromtimestamp(int(time), UTC))
