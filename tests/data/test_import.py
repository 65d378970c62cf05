"""`pulse import`: nothing is lost or told twice, however it ends and however the gateway behaves."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pulse.importing.errors import ProgressMismatch
from pulse.importing.session import Clocks, Outcome, Request, perform
from pulse.sending.batches import MOST_IN_FLIGHT, batches
from pulse.sending.errors import GatewayAway, GatewayRefused
from pulse.sending.gateway import Target
from streams.core.state import RING
from tests.data.conftest import NOW, csv_orders
from tests.data.fake_gateway import FakeGateway
from tests.waiting import until


@pytest.fixture
def request_(tmp_path: Path, csv_mapping: Path, gateway: FakeGateway) -> Request:
    data = tmp_path / "orders.csv"
    data.write_text(csv_orders(2500))
    return Request(
        data=data,
        mapping=csv_mapping,
        target=Target(gateway.url, patience_s=60),
        progress=tmp_path / "progress.json",
        rejects=tmp_path / "rejects.ndjson",
    )


def run(request: Request, clocks: Clocks) -> Outcome:
    return perform(request, clocks, lambda _step: None)


def rejects(request: Request) -> list[dict[str, Any]]:
    return [json.loads(line) for line in request.rejects.read_text().splitlines()]


def test_every_row_reaches_the_gateway_once(request_: Request, clocks: Clocks, gateway: FakeGateway) -> None:
    outcome = run(request_, clocks)
    assert (outcome.accepted, outcome.rejected, outcome.finished) == (2500, 0, True)
    assert sorted(gateway.ids()) == sorted(f"web-{number}" for number in range(2500))


def test_a_finished_import_sends_nothing_again(request_: Request, clocks: Clocks, gateway: FakeGateway) -> None:
    first = run(request_, clocks)
    again = run(request_, clocks)
    assert (again.accepted, again.accepted_now, len(gateway.accepted)) == (first.accepted, 0, 2500)


def test_the_reject_file_tells_line_and_reason_of_both_kinds(
    request_: Request, clocks: Clocks, gateway: FakeGateway
) -> None:
    lines = request_.data.read_text().splitlines()
    lines[10] = "9;2;not a time;1,00;"
    lines[700] = "699;2;" + f"{NOW + timedelta(days=30_000):%d.%m.%Y %H:%M};1,00;"
    lines[1500] = "1499;2"
    request_.data.write_text("\n".join(lines))
    outcome = run(request_, clocks)
    assert (outcome.accepted, outcome.rejected) == (2497, 3)
    assert [(item["line"], item["reason"]) for item in rejects(request_)] == [
        (11, "mapping"),
        (701, "future_time"),
        (1501, "mapping"),
    ]
    assert "placed: expected a time" in rejects(request_)[0]["detail"]


def test_a_dry_run_judges_as_the_gateway_and_sends_nothing(
    request_: Request, clocks: Clocks, gateway: FakeGateway
) -> None:
    lines = request_.data.read_text().splitlines()
    lines[10] = "9;2;not a time;1,00;"
    lines[700] = "699;2;" + f"{NOW + timedelta(days=30):%d.%m.%Y %H:%M};1,00;"
    request_.data.write_text("\n".join(lines))
    outcome = run(replace(request_, target=None), clocks)
    assert (outcome.accepted, outcome.rejected, outcome.dry_run) == (2498, 2, True)
    assert [item["reason"] for item in rejects(request_)] == ["mapping", "future_time"]
    assert gateway.requests == 0
    assert not request_.progress.exists()


def test_a_gateway_without_room_is_waited_for(request_: Request, clocks: Clocks, gateway: FakeGateway) -> None:
    answers = {1: (429, {"retry-after": "0.01"}), 2: (503, {}), 4: (502, {})}
    gateway.misbehave = answers.get
    assert run(request_, clocks).accepted == 2500
    assert sorted(gateway.ids()) == sorted(f"web-{number}" for number in range(2500))


def test_a_batch_too_large_for_the_gateway_is_sent_in_halves(
    request_: Request, clocks: Clocks, gateway: FakeGateway
) -> None:
    gateway.misbehave = {1: (413, {})}.get
    assert run(request_, clocks).accepted == 2500
    assert len(gateway.accepted) == 2500


def test_a_gateway_that_stays_away_ends_the_import_which_goes_on_later(
    request_: Request, clocks: Clocks, gateway: FakeGateway
) -> None:
    gateway.misbehave = lambda number: (503, {"retry-after": "0"}) if number > 3 else None
    impatient = replace(request_, target=Target(gateway.url, patience_s=20))
    with pytest.raises(GatewayAway, match="took nothing"):
        run(impatient, clocks)
    gateway.misbehave = lambda _number: None
    outcome = run(request_, clocks)
    assert (outcome.accepted, outcome.finished) == (2500, True)
    assert outcome.resumed_at_line > 0
    assert set(gateway.ids()) == {f"web-{number}" for number in range(2500)}


def test_a_key_that_is_not_let_in_ends_the_import_at_once(
    request_: Request, clocks: Clocks, gateway: FakeGateway
) -> None:
    gateway.misbehave = lambda _number: (401, {})
    with pytest.raises(GatewayRefused, match="401"):
        run(request_, clocks)


def test_progress_of_another_file_or_mapping_is_not_taken_for_ours(request_: Request, clocks: Clocks) -> None:
    run(request_, clocks)
    request_.mapping.write_text(request_.mapping.read_text() + "# changed\n")
    with pytest.raises(ProgressMismatch, match="--restart"):
        run(request_, clocks)
    assert run(replace(request_, restart=True), clocks).accepted_now == 2500


def test_history_is_moved_by_whole_days_to_end_within_the_last_day(
    request_: Request, clocks: Clocks, gateway: FakeGateway
) -> None:
    outcome = run(replace(request_, shift_to_now=True), clocks)
    latest = max(datetime.fromisoformat(event["time"]) for event in gateway.accepted)
    assert outcome.shift_days == 98
    assert timedelta(0) <= NOW - latest < timedelta(days=1)


def test_a_resumed_import_moves_times_as_the_first_run_did(
    request_: Request, clocks: Clocks, gateway: FakeGateway
) -> None:
    gateway.misbehave = lambda number: (401, {}) if number > 3 else None
    with pytest.raises(GatewayRefused):
        run(replace(request_, shift_to_now=True), clocks)
    gateway.misbehave = lambda _number: None
    a_week_later = replace(clocks, wall=lambda: NOW + timedelta(days=7))
    assert run(replace(request_, shift_to_now=True), a_week_later).shift_days == 98
    times = {event["id"]: set[str]() for event in gateway.accepted}
    for event in gateway.accepted:
        times[event["id"]].add(event["time"])
    assert len(times) == 2500
    assert all(len(told) == 1 for told in times.values())


def test_an_import_that_began_unmoved_is_not_moved_halfway(
    request_: Request, clocks: Clocks, gateway: FakeGateway
) -> None:
    gateway.misbehave = lambda number: (401, {}) if number > 3 else None
    with pytest.raises(GatewayRefused):
        run(request_, clocks)
    with pytest.raises(ProgressMismatch, match="without --shift-to-now"):
        run(replace(request_, shift_to_now=True), clocks)


def test_after_kill_9_the_import_goes_on_and_nothing_is_missing_or_rejected_twice(
    request_: Request, clocks: Clocks, gateway: FakeGateway
) -> None:
    lines = request_.data.read_text().splitlines()
    for index in range(50, 2500, 100):
        lines[index] = f"{index - 1};2;not a time;1,00;"
    with gzip.open(request_.data, "wt") as file:
        file.write("\n".join(lines))
    process = _import_process(request_, gateway)
    enough = threading.Event()
    gateway.on_request = lambda number: _hold_after(number, enough)
    assert enough.wait(30)
    until(lambda: request_.progress.exists() and json.loads(request_.progress.read_text())["rows"] > 0, 10)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    settled = json.loads(request_.progress.read_text())
    assert 0 < settled["rows"] < 2500
    gateway.on_request = lambda _number: None
    outcome = run(request_, clocks)
    assert (outcome.accepted, outcome.rejected, outcome.rows) == (2475, 25, 2500)
    assert outcome.resumed_at_line == settled["line"]
    assert set(gateway.ids()) == {f"web-{number}" for number in range(2500) if number % 100 != 49}
    assert [item["line"] for item in rejects(request_)] == list(range(51, 2500, 100))
    sent_again = Counter(event["subject"] for event in gateway.accepted)
    sent_again.subtract({f"A-{number}": _rows_of(number) for number in range(7)})
    assert max(sent_again.values()) <= RING // 2


def _rows_of(customer: int) -> int:
    return len([number for number in range(2500) if number % 7 == customer and number % 100 != 49])


def _hold_after(number: int, enough: threading.Event) -> None:
    """Answer three requests, then no more until the client is gone."""
    if number > 3:
        enough.set()
        threading.Event().wait(2)


def _import_process(request: Request, gateway: FakeGateway) -> "subprocess.Popen[bytes]":
    program = (
        "import itertools, sys; from datetime import UTC, datetime; from pathlib import Path;"
        "from pulse.importing.session import *; from pulse.sending.gateway import Target;"
        "seconds = itertools.count();"
        "paths = [Path(text) for text in sys.argv[2:]];"
        "perform(Request(paths[0], paths[1], Target(sys.argv[1]), paths[2], paths[3]),"
        " Clocks(lambda: datetime.now(UTC), lambda: float(next(seconds))), lambda _step: None)"
    )
    paths = map(str, (request.data, request.mapping, request.progress, request.rejects))
    return subprocess.Popen([sys.executable, "-c", program, gateway.url, *paths])


def test_what_is_unsettled_never_holds_more_of_an_account_than_the_worker_remembers() -> None:
    accounts = ["busy"] * 200 + ["a", "b", "busy", "c"] * 50
    cut = list(batches(accounts, len, str))
    assert [account for batch in cut for account in batch] == accounts
    for first in range(len(cut)):
        unsettled = Counter(account for batch in cut[first : first + MOST_IN_FLIGHT] for account in batch)
        assert max(unsettled.values()) <= RING
