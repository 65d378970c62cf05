"""`pulse migrate` over real tables: the rates of the policy in force come along."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumers.runtime.clickhouse import Client, rows
from pulse.commands import migrate
from streams.core.policies import default_tables


@pytest.mark.usefixtures("place")
def test_the_rates_of_the_policy_in_force_are_laid_down_and_then_there_is_nothing_to_do(client: Client) -> None:
    ran = CliRunner().invoke(migrate.app, [])
    assert (ran.exit_code, ran.stdout) == (0, f"laid down the rates of {default_tables().policy.name}\n"), ran.output
    found = {row["currency"]: row["rate"] for row in rows(client, "SELECT currency, rate FROM currency_rates FINAL")}
    assert found == default_tables().policy.currencies.rates
    assert CliRunner().invoke(migrate.app, []).stdout == "nothing to apply\n"


def test_a_policy_file_that_does_not_hold_is_told_before_anything_is_done(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "policy.yaml").write_text("policy: x\n")
    monkeypatch.setenv("PULSE_WORKER__POLICY_FILE", str(place / "policy.yaml"))
    ran = CliRunner().invoke(migrate.app, [])
    assert ran.exit_code != 0
    assert "the policy has" in str(ran.exception)
