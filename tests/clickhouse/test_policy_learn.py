"""`pulse policy learn` over real tables: from the facts to a proposed policy."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from consumers.runtime.clickhouse import Client
from pulse.commands import policy
from pulse.commands.policy_fit import FileThere
from pulse.errors import Missing
from pulse.exit_codes import ExitCode
from pulse.learning.errors import TooFewOutcomes
from pulse.learning.learn import Options, learn
from pulse.learning.reading import read_past
from pulse.local.ports import free_port
from pulse.policies.reading import read_policy
from schemas.catalogue import AnyEvent
from schemas.events.complaints import Category, ComplaintOpened, ComplaintOpenedData
from schemas.events.purchases import SubscriptionChange, SubscriptionChanged, SubscriptionData
from schemas.events.withdrawals import FactWithdrawn, FactWithdrawnData
from schemas.ids import AccountId, ComplaintId, EventId, Source
from streams.core.facts import KINDS
from streams.core.history import CHANGES
from streams.core.policies import default_tables
from tests.clickhouse.facts import CRM, NOW, opened, ordered
from tests.clickhouse.telling import Tell
from tests.learning.histories import Made, ordering

pytestmark = pytest.mark.usefixtures("place")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(policy.app, ["learn", "--policy", "default", "--horizon-days", "30", *arguments])


@pytest.fixture(scope="module")
def made() -> Made:
    return ordering(accounts=160)


def test_a_history_becomes_the_policy_that_the_facts_themselves_teach(tell: Tell, place: Path, made: Made) -> None:
    tell(_events(made))
    ran = run("--json")
    assert ran.exit_code == 0, ran.output
    figures = json.loads(ran.stdout.splitlines()[-1])
    assert figures["document"] == "policy-learned.yaml"
    assert figures["points"]["complaint_4"]["after"] < 0 < figures["points"]["orders"]["after"]
    wanted = learn(made.past(), made.chunks(), default_tables(), Options(horizon_d=30))
    assert figures["average_precision"] == wanted.evidence.figures["proposal"].average_precision
    assert read_policy(place / "policy-learned.yaml") == wanted.proposal.policy
    assert "secret" not in (place / "policy-learned.yaml").read_text()


def test_people_see_the_proposal_beside_the_policy_and_what_would_change(tell: Tell, made: Made) -> None:
    tell(_events(made))
    ran = run()
    assert ran.exit_code == 0, ran.output
    for words in ("under this proposal", "policy in force", "recency", "complaint_4", "default-learned/2", "months"):
        assert words in ran.stdout


def test_only_changes_that_were_not_withdrawn_are_outcomes(tell: Tell, client: Client) -> None:
    kept, mistaken = (_changed(AccountId("A-9"), number, SubscriptionChange.RENEWED) for number in (1, 2))
    data = FactWithdrawnData(original=mistaken, reason="entered twice")
    taken_back = FactWithdrawn(id=EventId("w-1"), source=Source("/crm"), subject=AccountId("A-9"), time=NOW, data=data)
    tell([kept, mistaken, taken_back, ordered(1), opened()])
    past = read_past(client)
    assert past.names == ("A-1", "A-9")
    assert (past.changes.account.tolist(), past.changes.code.tolist()) == ([1], [CHANGES.index("renewed")])


def test_too_few_outcomes_write_nothing_and_say_how_many_are_needed(tell: Tell, place: Path) -> None:
    tell(_events(ordering(accounts=20)))
    ran = run()
    assert isinstance(ran.exception, TooFewOutcomes)
    assert ran.exception.exit_code is ExitCode.FAILED
    assert "at least 30 of each are needed" in str(ran.exception)
    assert not (place / "policy-learned.yaml").exists()


def test_an_empty_warehouse_is_too_few() -> None:
    assert isinstance(run().exception, TooFewOutcomes)


def test_a_file_that_is_there_is_kept(place: Path) -> None:
    (place / "policy-learned.yaml").write_text("mine")
    assert isinstance(run().exception, FileThere)
    assert (place / "policy-learned.yaml").read_text() == "mine"


def test_without_clickhouse_it_says_where_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("PULSE_CLICKHOUSE__URL", nowhere)
    ran = run()
    assert isinstance(ran.exception, Missing)
    assert nowhere in str(ran.exception)


@pytest.mark.parametrize("arguments", [["--precision", "2"], ["--min-orders", "0"], ["--judged-from", "soon"]])
def test_arguments_that_do_not_hold_are_wrong_usage(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == ExitCode.USAGE


def _events(made: Made) -> Iterable[AnyEvent]:
    for number, (account, kind, at_s, _, code, _) in enumerate(made.facts):
        name, at = AccountId(made.names[account]), datetime.fromtimestamp(at_s, UTC)
        if KINDS[kind] == "purchase.order_placed.v1":
            yield ordered(number, name, at, "10.00")
        else:
            data = ComplaintOpenedData(
                complaint_id=ComplaintId(f"C-{number}"), category=Category.BILLING, severity=code
            )
            yield ComplaintOpened(id=EventId(f"c-{number}"), source=CRM, subject=name, time=at, data=data)


def _changed(account: AccountId, number: int, change: SubscriptionChange) -> SubscriptionChanged:
    data = SubscriptionData(change=change, annual_value=Decimal(10), currency="EUR")
    return SubscriptionChanged(id=EventId(f"s-{number}"), source=CRM, subject=account, time=NOW, data=data)
