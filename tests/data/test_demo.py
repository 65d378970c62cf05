"""`pulse demo`: its figures add up, it waits for what it says, and all of it runs on a small number of accounts."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulse.demo.figures import Figures, Percentiles, differences
from pulse.demo.script import Script
from pulse.demo.settling import Condition, NotSettled, settle
from pulse.local.ports import free_port
from pulse.simulate.groups import HOLDINGS
from pulse.simulate.live import Trickle
from tests.data.conftest import NOW
from tests.policies import talkative_policy

FIGURES = Figures(
    events_sent=10,
    events_applied=10,
    lost=0,
    applied_twice=0,
    dead_letters=0,
    accounts_scored=2,
    alerts_opened=1,
    alerts_sent=1,
    alerts_historic=0,
    warehouse_events=10,
    events_per_second=5.0,
    event_to_health_ms=Percentiles(p50=1.0, p99=2.0),
    event_to_alert_sent_ms=Percentiles(p50=None, p99=None),
    wall_s=1.0,
)


def test_what_is_lost_in_one_account_is_not_made_good_by_another() -> None:
    assert differences({"a": 3, "b": 3}, {"a": 2, "b": 4}) == (1, 1)


def test_an_account_nobody_sent_counts_as_applied_without_cause() -> None:
    assert differences({}, {"a": 2}) == (0, 2)


@pytest.mark.parametrize(
    "wrong", [{"lost": 1}, {"applied_twice": 1}, {"warehouse_events": 9}, {"events_applied": 9, "lost": 1}]
)
def test_a_figure_that_must_not_be_is_a_fault(wrong: dict[str, int]) -> None:
    assert FIGURES.faults == ()
    assert FIGURES.model_copy(update=wrong).faults


def test_settling_waits_until_every_condition_holds() -> None:
    left = [3, 2, 1, 0]
    asyncio.run(settle([Condition("things", lambda: left.pop(0))], 30, lambda _: None))
    assert left == []


def test_settling_says_what_is_missing_when_time_is_up() -> None:
    conditions = [Condition("things", lambda: 0), Condition("events not yet in a score", lambda: 1234)]
    with pytest.raises(NotSettled, match="1,234 events not yet in a score"):
        asyncio.run(settle(conditions, 0.3, lambda _: None))


def test_the_script_plays_every_case_once_among_the_trickle() -> None:
    overdue, worsening = [f"O-{number}" for number in range(20)], [f"W-{number}" for number in range(20)]
    script = Script(Trickle(["A-1", "A-2"], 1, "live-1"), overdue, worsening)
    told = [json.loads(script.next_fact(NOW).body) for _ in range(200)]
    cases = [event["subject"] for event in told if event["type"] == "complaint.opened.v1"]
    assert [name for name in cases if name.startswith("O")] == overdue
    assert [name for name in cases if name.startswith("W")] == worsening
    severities = {event["data"]["severity"] for event in told if event["subject"].startswith("W")}
    assert severities == {4}


@pytest.fixture
def environment() -> dict[str, str]:
    ports = {
        f"PULSE_{name}": str(free_port())
        for name in ("GATEWAY__PORT", "CONSOLE__PORT", "WAREHOUSE__PORT", "STACK__MAIL_PORT")
    }
    return {**os.environ, **ports, "PULSE_WORKER__POLICY_FILE": str(talkative_policy())}


def test_a_small_demo_loses_nothing_counts_nothing_twice_has_every_score_three_ways_and_ends_by_itself(
    environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "pulse", "demo", "--exit", "--audit", "--json", "--accounts", "300"]
    ran = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=150
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    figures_line, audit_line = ran.stdout.strip().splitlines()[-2:]
    audited = json.loads(audit_line)
    assert (audited["accounts_compared"], audited["accounts_differing"]) == (300 + HOLDINGS, 0)
    figures = Figures.model_validate_json(figures_line)
    assert figures.faults == ()
    assert audited["facts"] == figures.warehouse_events
    assert figures.events_sent == figures.events_applied == figures.warehouse_events > 2500
    assert figures.accounts_scored == 300
    assert figures.dead_letters == 0
    assert figures.alerts_opened > figures.alerts_historic > 0
    assert 20 <= figures.alerts_sent <= figures.alerts_opened - figures.alerts_historic
    assert figures.event_to_health_ms.p50 is not None
    assert figures.event_to_alert_sent_ms.p50 is not None
    assert list(tmp_path.iterdir()) == []


def test_a_running_demo_explains_its_scores_and_stops_when_asked(environment: dict[str, str], tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = subprocess.Popen(
        [sys.executable, "-m", "pulse", "demo", "--accounts", "100", "--data", str(data)],
        env=environment,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    told = next((line for line in process.stderr if "events sent" in line), "")
    explained = _explain("CDNOW-00001", environment, data)
    process.send_signal(signal.SIGINT)
    remains = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 0, told + remains
    assert explained["score"] == pytest.approx(explained["contributions_sum"], abs=1e-6)
    assert explained["changes"]
    for change in explained["changes"]:
        moved = (change["score"] or 0) - (change["previous_score"] or 0)
        assert moved == pytest.approx(sum(part["points"] for part in change["parts"]), abs=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def _explain(account: str, environment: dict[str, str], data: Path) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "pulse", "explain", account, "--json"],
        env={**environment, "PULSE_STACK__DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found
