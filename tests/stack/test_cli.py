"""The command line: quick help, one place for exit codes, no traceback for what was foreseen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pulse.cli import GROUPS
from pulse.exit_codes import ExitCode
from pulse.local.ports import free_port

HEAVY = (
    "faust",
    "chdb",
    "clickhouse_connect",
    "confluent_kafka",
    "aiokafka",
    "kafka",
    "numpy",
    "starlette",
    "pydantic",
)


def pulse(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command in an empty folder, with nothing of ours in its environment but `env`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PULSE_")}
    command = [sys.executable, "-m", "pulse", *arguments]
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        command, cwd=cwd, env={**clean, "PYTHONPATH": root, "COLUMNS": "200", **env},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_help_imports_no_engine() -> None:
    text = "import sys, pulse.cli; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(ran.stdout.split())


def test_help_names_every_command_and_the_exit_codes(tmp_path: Path) -> None:
    ran = pulse("--help", cwd=tmp_path)
    assert ran.returncode == ExitCode.DONE
    for name in (name for group in GROUPS.values() for name in group):
        assert f" {name} " in ran.stdout
    assert "78 worker" in ran.stdout


NAMES = [name for group in GROUPS.values() for name in group]
ALL_HELP = """
import json, sys
from typer.testing import CliRunner
from pulse.cli import app
asked = {name: CliRunner().invoke(app, [name, "--help"], prog_name="pulse") for name in sys.argv[1:]}
print(json.dumps({name: [ended.exit_code, ended.output] for name, ended in asked.items()}))
"""


@pytest.fixture(scope="module")
def helps() -> dict[str, tuple[int, str]]:
    """How each command's --help ended and what it said, asked one after the other in one process."""
    ran = subprocess.run(
        [sys.executable, "-c", ALL_HELP, *NAMES],
        env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return {name: (code, said) for name, (code, said) in json.loads(ran.stdout).items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_of_its_own(name: str, helps: dict[str, tuple[int, str]]) -> None:
    code, said = helps[name]
    assert code == ExitCode.DONE, said
    assert f"Usage: pulse {name}" in said


def test_bad_settings_end_with_the_usage_code_and_no_traceback(tmp_path: Path) -> None:
    ran = pulse("settings", "check", cwd=tmp_path, PULSE_BROKER__PARTITIONS="many")
    assert ran.returncode == ExitCode.USAGE
    assert "broker.partitions" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_settings_are_shown_without_secrets(tmp_path: Path) -> None:
    secret = "a-very-secret-secret-of-this-console"
    ran = pulse("settings", "show", "console", cwd=tmp_path, PULSE_CONSOLE__SECRET=secret)
    assert ran.returncode == ExitCode.DONE, ran.stderr
    assert "secret: '**********'" in ran.stdout
    assert secret not in ran.stdout


def test_a_broker_that_is_away_is_unavailable_and_named(tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    ran = pulse("topics", "list", cwd=tmp_path, PULSE_BROKER__BOOTSTRAP=nowhere)
    assert ran.returncode == ExitCode.UNAVAILABLE
    assert nowhere in ran.stderr


def test_a_token_is_shown_once_and_its_key_can_be_revoked(tmp_path: Path) -> None:
    token = pulse("keys", "create", "crm", "--source", "crm/*", cwd=tmp_path).stdout.strip()
    assert token.startswith("pulse_crm_")
    assert token not in "".join(path.read_text() for path in tmp_path.rglob("*.yaml"))
    assert "in force" in pulse("keys", "list", cwd=tmp_path).stdout
    assert pulse("keys", "revoke", "crm", cwd=tmp_path).returncode == ExitCode.DONE
    assert "revoked" in pulse("keys", "list", cwd=tmp_path).stdout


def test_a_key_for_no_source_at_all_is_refused_without_a_traceback(tmp_path: Path) -> None:
    ran = pulse("keys", "create", "NOT A KEY", "--source", "crm", cwd=tmp_path)
    assert ran.returncode == ExitCode.FAILED
    assert "Traceback" not in ran.stderr


def test_the_doctor_says_what_is_away_and_what_to_do(tmp_path: Path) -> None:
    ports = {
        "PULSE_BROKER__BOOTSTRAP": f"127.0.0.1:{free_port()}",
        "PULSE_CLICKHOUSE__URL": f"http://127.0.0.1:{free_port()}",
        "PULSE_GATEWAY__PORT": str(free_port()),
        "PULSE_CONSOLE__PORT": str(free_port()),
        "PULSE_CONSOLE__SECRET": "x" * 40,
        "PULSE_DELIVERY__SMTP__PORT": str(free_port()),
    }
    ran = pulse("doctor", "--json", cwd=tmp_path, **ports)
    assert ran.returncode == ExitCode.UNAVAILABLE
    assert ran.stderr == ""
    found = {finding["component"]: finding for finding in json.loads(ran.stdout)["findings"]}
    for component in ("broker", "clickhouse", "gateway", "console", "mail"):
        assert found[component]["state"] == "fault"
        assert found[component]["advice"]
    assert found["settings"]["state"] == "ok"
