"""What the commands say and with which code they end."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pulse.commands import emit, import_, simulate
from pulse.errors import Missing
from pulse.explaining import Change
from schemas.health import Part, PartKind
from tests.data.conftest import csv_orders
from tests.data.fake_gateway import FakeGateway

COMPLAINT = json.dumps({"complaint_id": "C-1", "category": "billing", "severity": 3})


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stack of the developer's own may be found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULSE_STACK__DATA", str(tmp_path / "none"))


def run_emit(*arguments: str) -> Result:
    return CliRunner().invoke(emit.app, list(arguments))


def test_an_event_is_sent_and_its_result_told(gateway: FakeGateway) -> None:
    ran = run_emit(
        "complaint.opened.v1",
        "--account",
        "A-1",
        "--data",
        COMPLAINT,
        "--gateway",
        gateway.url,
        "--id",
        "x-1",
        "--json",
    )
    assert ran.exit_code == 0
    assert json.loads(ran.stdout) == {"id": "x-1", "accepted": True, "reason": "", "detail": ""}
    assert gateway.accepted[0]["subject"] == "A-1"


def test_a_refused_event_is_exit_code_1_with_its_reason(gateway: FakeGateway, tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    data.write_text('{"complaint_id": "C-1"}')
    ran = run_emit("complaint.opened.v1", "--account", "A-1", "--file", str(data), "--gateway", gateway.url)
    assert ran.exit_code == 1
    assert "refused (invalid): data.category" in ran.stdout


@pytest.mark.parametrize("arguments", [[], ["--data", "{"], ["--data", "[1]"], ["--data", "{}", "--file", "x"]])
def test_data_that_are_no_object_are_wrong_usage(arguments: list[str], gateway: FakeGateway) -> None:
    Path("x").write_text("{}")
    ran = run_emit("complaint.opened.v1", "--account", "A-1", "--gateway", gateway.url, *arguments)
    assert isinstance(ran.exception, emit.BadData)
    assert gateway.requests == 0


def test_without_a_gateway_and_a_stack_the_message_says_what_to_do() -> None:
    ran = run_emit("complaint.opened.v1", "--account", "A-1", "--data", COMPLAINT)
    assert isinstance(ran.exception, Missing)
    assert "pulse up" in str(ran.exception)


def test_an_import_with_rejected_lines_is_exit_code_1_and_names_the_file(
    gateway: FakeGateway, csv_mapping: Path, tmp_path: Path
) -> None:
    data = tmp_path / "orders.csv"
    data.write_text(csv_orders(20) + "20;1;never;1,00;\n")
    arguments = [str(data), "--mapping", str(csv_mapping), "--gateway", gateway.url, "--json"]
    ran = CliRunner().invoke(import_.app, arguments)
    assert ran.exit_code == 1
    outcome = json.loads(ran.stdout)
    assert (outcome["accepted"], outcome["rejected"], outcome["rejects_file"]) == (20, 1, "orders.csv.rejects.ndjson")


def test_simulated_history_can_be_written_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "facts.ndjson"
    ran = CliRunner().invoke(simulate.app, ["--accounts", "5", "--with-purchases", "--out", str(out)])
    assert ran.exit_code == 0
    types = {json.loads(line)["type"] for line in out.read_text().splitlines()}
    assert {"manager.profile_set.v1", "account.profile_set.v1", "purchase.order_placed.v1"} <= types


def test_a_live_trickle_ends_after_the_time_it_was_given(gateway: FakeGateway) -> None:
    ran = CliRunner().invoke(
        simulate.app, ["--live", "--rate", "50", "--for", "0.5", "--gateway", gateway.url, "--json"]
    )
    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["accepted"] == len(gateway.accepted) > 5


def test_a_change_is_told_in_words_with_its_weightiest_reason_first() -> None:
    parts = (
        Part(kind=PartKind.DECAY, points=0.3),
        Part(kind=PartKind.EVENT, points=-7.2, signal="complaint_2", event_type="complaint.opened.v1"),
    )
    at = datetime(2026, 3, 10, tzinfo=UTC)
    change = Change(version=2, as_of=at, score=43.1, previous_score=50.0, band="at_risk", parts=parts)
    assert change.in_words() == "50.0 → 43.1: -7.2 by complaint.opened (complaint_2), +0.3 by decay"
