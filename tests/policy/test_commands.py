"""`pulse policy check`, `show` and `diff`: what they print and how they end."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pulse.commands.policy import app
from pulse.exit_codes import ExitCode
from pulse.policies.errors import PolicyFaults
from streams.core.counting import COUNTINGS
from tests.policy.faulty import line_with, replaced, shipped, write

ROOT = Path(__file__).parents[2]
FAULTY = (("heartbeat_s: 8", "heartbeat_s: soon"), ("service: 0.35", "service: 0.45"))


def said(*arguments: str, code: ExitCode = ExitCode.DONE) -> str:
    ended = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "300"})
    assert ended.exit_code == code, ended.output
    return ended.output


def told(*arguments: str, code: ExitCode = ExitCode.DONE) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said(*arguments, "--json", code=code))
    return found


def pulse(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PULSE_")}
    command = [sys.executable, "-m", "pulse", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**clean, **env}, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_policy_that_holds_is_said_to(tmp_path: Path) -> None:
    path = write(tmp_path, shipped())
    assert said("check", str(path)) == f"{path}: default/1 holds\n"
    assert told("check", str(path)) == {"file": str(path), "holds": True, "faults": [], "policy": "default/1"}


def test_a_faulty_policy_ends_with_the_usage_code_and_every_fault_and_no_traceback(tmp_path: Path) -> None:
    text = replaced(*FAULTY)
    path = write(tmp_path, text)
    ran = pulse("policy", "check", str(path))
    assert ran.returncode == ExitCode.USAGE
    assert ran.stdout == ""
    assert f"{path}:{line_with(text, 'heartbeat_s')}: publish.heartbeat_s: expected a number above 0" in ran.stderr
    assert f"{path}:{line_with(text, 'dimensions:')}: dimensions: the weights must sum to 1" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_faults_are_told_to_a_program_too(tmp_path: Path) -> None:
    text = replaced(*FAULTY)
    found = told("check", str(write(tmp_path, text)), code=ExitCode.USAGE)
    assert found["holds"] is False
    assert [(fault["line"], fault["path"]) for fault in found["faults"]] == [
        (line_with(text, "dimensions:"), "dimensions"),
        (line_with(text, "heartbeat_s"), "publish.heartbeat_s"),
    ]


def test_a_worker_refuses_a_faulty_policy_with_the_same_faults(tmp_path: Path) -> None:
    path = write(tmp_path, replaced(*FAULTY))
    ran = pulse("worker", PULSE_BROKER__BOOTSTRAP="127.0.0.1:1", PULSE_WORKER__POLICY_FILE=str(path))
    assert ran.returncode == ExitCode.USAGE
    assert ran.stderr == pulse("policy", "check", str(path)).stderr


def test_show_has_a_line_for_all_that_counts() -> None:
    found = told("show")
    assert [(line["event_type"], line["signal"]) for line in found["signals"]] == [one[:2] for one in COUNTINGS]
    opened = next(line for line in found["signals"] if line["signal"] == "complaint_4")
    assert (opened["dimension"], opened["points"], opened["half_life_d"]) == ("service", -32, 60)
    assert found["numbers"]["bands.healthy_from"] == 70
    assert "purchase.invoice_issued.v1" in found["uncounted"]
    for line in found["signals"]:
        assert line["why"] in said("show")


def test_show_shows_the_file_that_it_is_given(tmp_path: Path) -> None:
    path = write(tmp_path, replaced(("policy: default", "policy: mine"), ("points: -32", "points: -31")))
    found = told("show", str(path))
    assert found["policy"] == "mine/1"
    assert [line["points"] for line in found["signals"] if line["signal"] == "complaint_4"] == [-31]


def test_diff_says_by_path_what_was_and_what_is(tmp_path: Path) -> None:
    changes = (
        ("half_life_d: 21", "half_life_d: null"),
        ("[72, 48, 24, 8]", "[72, 48, 24, 9]"),
        ("version: 1", "version: 2"),
    )
    path = write(tmp_path, replaced(*changes))
    assert said("diff", "default", str(path)).splitlines() == [
        "version: 1 → 2",
        "signals.usage.half_life_d: 21 days → never fades",
        "complaints.answer_sla_h: [72.0, 48.0, 24.0, 8.0] → [72.0, 48.0, 24.0, 9.0]",
    ]
    found = told("diff", "default", str(path))
    assert found["differences"][1] == {"path": "signals.usage.half_life_d", "old": 21, "new": None}
    assert (found["old"], found["new"], found["same_name"]) == ("default/1", "default/2", False)


def test_policies_that_say_the_same_do_not_differ(tmp_path: Path) -> None:
    path = write(tmp_path, "# a word more\n" + shipped())
    assert said("diff", "default", str(path)) == "no difference\n"
    assert told("diff", "default", str(path))["differences"] == []


def test_two_policies_of_one_name_are_pointed_out(tmp_path: Path) -> None:
    path = write(tmp_path, replaced(("heartbeat_s: 8", "heartbeat_s: 9")))
    assert "both go by default/1" in said("diff", "default", str(path))
    assert told("diff", "default", str(path))["same_name"] is True


@pytest.mark.parametrize("arguments", [("show", "{}"), ("diff", "default", "{}"), ("diff", "{}", "default")])
def test_neither_shows_nor_compares_what_does_not_hold(arguments: tuple[str, ...], tmp_path: Path) -> None:
    path = write(tmp_path, replaced(*FAULTY))
    ended = CliRunner().invoke(app, [argument.format(path) for argument in arguments])
    assert isinstance(ended.exception, PolicyFaults)
    assert len(ended.exception.faults) == 2
