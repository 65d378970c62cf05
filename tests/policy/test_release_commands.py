"""`pulse policy promote`, `rollback`, `shadow` and `history` on a broker."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pulse.commands.policy import app
from pulse.exit_codes import ExitCode
from pulse.policies.releasing import NotReleased
from schemas.broker import Broker
from tests.policy.faulty import replaced, write


@pytest.fixture(autouse=True)
def settings(fresh_embedded_broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PULSE_BROKER__BOOTSTRAP", fresh_embedded_broker.bootstrap)
    monkeypatch.setenv("PULSE_BROKER__EMBEDDED", "true")
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> str:
    """What the command printed.

    Raises:
        NotReleased: it refused.
    """
    ran = CliRunner().invoke(app, arguments)
    if ran.exception is not None:
        raise ran.exception
    return ran.stdout


def history() -> list[tuple[str, str]]:
    found: dict[str, Any] = json.loads(run("history", "--json"))
    return [(one["kind"], one["policy"]) for one in found["releases"]]


def test_a_policy_is_promoted_once_taken_back_and_tried_out(tmp_path: Path) -> None:
    file = str(write(tmp_path, replaced(("version: 1", "version: 2"), ("hysteresis: 3", "hysteresis: 2"))))
    first = run("promote", file, "--reason", "quieter bands", "--author", "Example Author", "--yes")
    assert "bands.hysteresis: 3 → 2" in first
    assert "default/2 in force from" in first
    assert "nothing to do" in run("promote", "default/2", "--reason", "again", "--yes")
    assert "Example Author: quieter bands  (ahead)" in run("history")
    assert history() == [("promoted", "default/2")]
    run("rollback", "--reason", "too quiet", "--yes")
    assert ("promoted", "default/1") in history()


def test_what_cannot_be_promoted_ends_with_the_usage_code_and_writes_nothing(tmp_path: Path) -> None:
    same = str(write(tmp_path, replaced(("hysteresis: 3", "hysteresis: 2"))))
    other_sums = replaced(("version: 1", "version: 2"), ("half_life_d: 90", "half_life_d: 91"))
    slower = str(write(tmp_path, other_sums, "b.yaml"))
    good = str(write(tmp_path, replaced(("version: 1", "version: 2")), "c.yaml"))
    for arguments, said in (
        ((same, "--yes"), "raise the version"),
        ((slower, "--yes"), "pulse rebuild --policy FILE"),
        ((good, "--yes", "--from", "2026-01-01T00:00Z"), "workers may have passed it"),
        ((good,), "nobody to ask here: say --yes"),
    ):
        with pytest.raises(NotReleased, match=said) as refused:
            run("promote", *arguments, "--reason", "a try")
        assert refused.value.exit_code is ExitCode.USAGE
    assert history() == []


def test_a_policy_is_tried_out_and_the_trial_ended(tmp_path: Path) -> None:
    file = str(write(tmp_path, replaced(("version: 1", "version: 2"), ("hysteresis: 3", "hysteresis: 2"))))
    first = run("shadow", file, "--reason", "quieter bands?", "--author", "Example Author")
    assert "bands.hysteresis: 3 → 2" in first
    assert "default/2 tried out beside default/1" in first
    assert "nothing to do" in run("shadow", "default/2")
    assert "shadow        Example Author: quieter bands?" in run("history")
    ended: dict[str, Any] = json.loads(run("shadow", "--stop", "--json"))
    assert (ended["written"]["kind"], ended["written"]["policy"]) == ("shadow_ended", "default/2")
    assert "nothing to do" in run("shadow", "--stop")
    assert history() == [("shadow", "default/2"), ("shadow_ended", "default/2")]


def test_what_cannot_be_tried_out_ends_with_the_usage_code_and_writes_nothing(tmp_path: Path) -> None:
    same = str(write(tmp_path, replaced(("hysteresis: 3", "hysteresis: 2"))))
    other_sums = replaced(("version: 1", "version: 2"), ("half_life_d: 90", "half_life_d: 91"))
    slower = str(write(tmp_path, other_sums, "b.yaml"))
    for file, said in ((same, "raise the version"), (slower, "pulse rebuild --policy FILE")):
        with pytest.raises(NotReleased, match=said) as refused:
            run("shadow", file)
        assert refused.value.exit_code is ExitCode.USAGE
    for arguments in ((), (same, "--stop"), ("--stop", "--report")):
        assert CliRunner().invoke(app, ["shadow", *arguments]).exit_code == ExitCode.USAGE
    assert history() == []
