"""`pulse withdraw` over real tables: the original is found, and travels inside."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from consumers.clickhouse.blocks import to_blocks
from consumers.clickhouse.reading import sort
from consumers.clickhouse.writer import Writer
from consumers.runtime.clickhouse import ClickHouse
from pulse.commands import withdraw
from pulse.errors import Missing
from pulse.local.ports import free_port
from pulse.withdrawing import NeverWas, NotWithdrawable
from schemas.catalogue import AnyEvent, topic_of
from schemas.codec import STRUCTURED_HEADERS, decode, to_structured
from tests.clickhouse.facts import NOW, ordered, profile
from tests.clickhouse.test_reading import Record
from tests.data.fake_gateway import FakeGateway, fake_gateway


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with fake_gateway() as running:
        yield running


@pytest.fixture(autouse=True)
def place(clickhouse: ClickHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and settings that name the warehouse."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULSE_STACK__DATA", str(tmp_path / "none"))
    monkeypatch.setenv("PULSE_CLICKHOUSE__URL", clickhouse.url)
    monkeypatch.setenv("PULSE_CLICKHOUSE__DATABASE", clickhouse.database)
    monkeypatch.setenv("PULSE_CLICKHOUSE__PASSWORD", clickhouse.password.get_secret_value())


def store(clickhouse: ClickHouse, *events: AnyEvent) -> None:
    """Write events into the tables, as the sink does."""
    records = [
        Record(topic_of(event).name, to_structured(event), event.subject.encode(), partition=0, offset=offset)
        for offset, event in enumerate(events)
    ]
    assert Writer(clickhouse).write(to_blocks(sort(records, 1, NOW), NOW)) == []


def run(gateway: FakeGateway, event: AnyEvent, *arguments: str) -> Result:
    named = [event.source, event.id, "--reason", "entered twice", "--gateway", gateway.url, *arguments]
    return CliRunner().invoke(withdraw.app, named)


def test_the_original_travels_inside_and_its_points_will_leave_as_of_its_own_time(
    clickhouse: ClickHouse, gateway: FakeGateway
) -> None:
    mistake = ordered(1)
    store(clickhouse, mistake)
    ran = run(gateway, mistake, "--json")
    assert ran.exit_code == 0, ran.output
    (sent,) = gateway.accepted
    event = decode(json.dumps(sent).encode(), STRUCTURED_HEADERS, NOW.replace(year=NOW.year + 5))
    assert event.type == "fact.withdrawn.v1"
    assert event.data.original == mistake
    assert event.data.reason == "entered twice"
    assert json.loads(ran.stdout)["account"] == mistake.subject


def test_the_same_withdrawal_has_the_same_id_and_one_that_stands_is_not_sent_again(
    clickhouse: ClickHouse, gateway: FakeGateway
) -> None:
    mistake = ordered(1)
    store(clickhouse, mistake)
    run(gateway, mistake)
    run(gateway, mistake)
    assert len({sent["id"] for sent in gateway.accepted}) == 1
    taken_back = decode(json.dumps(gateway.accepted[0]).encode(), STRUCTURED_HEADERS, NOW.replace(year=NOW.year + 5))
    store(clickhouse, mistake, taken_back)
    sent = len(gateway.accepted)
    ran = run(gateway, mistake)
    assert ran.exit_code == 0
    assert "withdrawn already" in ran.stdout
    assert len(gateway.accepted) == sent


def test_a_fact_that_never_was_is_named(clickhouse: ClickHouse, gateway: FakeGateway) -> None:
    ran = run(gateway, ordered(7))
    assert isinstance(ran.exception, NeverWas)
    assert "was never told" in str(ran.exception)
    assert gateway.requests == 0


def test_what_gives_no_points_cannot_be_withdrawn(clickhouse: ClickHouse, gateway: FakeGateway) -> None:
    master_data = profile()
    store(clickhouse, master_data)
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
