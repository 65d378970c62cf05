"""`pulse withdraw` over real tables: the original is found, and travels inside."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from pulse.commands import withdraw
from pulse.errors import Missing
from pulse.local.ports import free_port
from pulse.withdrawing import NeverWas, NotWithdrawable
from schemas.catalogue import AnyEvent
from schemas.codec import STRUCTURED_HEADERS, decode
from tests.clickhouse.facts import NOW, ordered, profile
from tests.clickhouse.telling import Tell
from tests.data.fake_gateway import FakeGateway, fake_gateway

pytestmark = pytest.mark.usefixtures("place")


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with fake_gateway() as running:
        yield running


def run(gateway: FakeGateway, event: AnyEvent, *arguments: str) -> Result:
    named = [event.source, event.id, "--reason", "entered twice", "--gateway", gateway.url, *arguments]
    return CliRunner().invoke(withdraw.app, named)


def test_the_original_travels_inside_and_its_points_will_leave_as_of_its_own_time(
    tell: Tell, gateway: FakeGateway
) -> None:
    mistake = ordered(1)
    tell([mistake])
    ran = run(gateway, mistake, "--json")
    assert ran.exit_code == 0, ran.output
    (sent,) = gateway.accepted
    event = decode(json.dumps(sent).encode(), STRUCTURED_HEADERS, NOW.replace(year=NOW.year + 5))
    assert event.type == "fact.withdrawn.v1"
    assert event.data.original == mistake
    assert event.data.reason == "entered twice"
    assert json.loads(ran.stdout)["account"] == mistake.subject


def test_the_same_withdrawal_has_the_same_id_and_one_that_stands_is_not_sent_again(
    tell: Tell, gateway: FakeGateway
) -> None:
    mistake = ordered(1)
    tell([mistake])
    run(gateway, mistake)
    run(gateway, mistake)
    assert len({sent["id"] for sent in gateway.accepted}) == 1
    taken_back = decode(json.dumps(gateway.accepted[0]).encode(), STRUCTURED_HEADERS, NOW.replace(year=NOW.year + 5))
    tell([mistake, taken_back])
    sent = len(gateway.accepted)
    ran = run(gateway, mistake)
    assert ran.exit_code == 0
    assert "withdrawn already" in ran.stdout
    assert len(gateway.accepted) == sent


def test_a_fact_that_never_was_is_named(gateway: FakeGateway) -> None:
    ran = run(gateway, ordered(7))
    assert isinstance(ran.exception, NeverWas)
    assert "was never told" in str(ran.exception)
    assert gateway.requests == 0


def test_what_gives_no_points_cannot_be_withdrawn(tell: Tell, gateway: FakeGateway) -> None:
    master_data = profile()
    tell([master_data])
    ran = run(gateway, master_data)
    assert isinstance(ran.exception, NotWithdrawable)
    assert gateway.requests == 0


def test_without_clickhouse_the_message_says_where_it_looked(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_CLICKHOUSE__URL", f"http://127.0.0.1:{free_port()}")
    ran = run(gateway, ordered(1))
    assert isinstance(ran.exception, Missing)
    assert gateway.requests == 0
