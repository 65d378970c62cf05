"""`pulse policy simulate` over real tables: from the facts to what a policy would have done."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from consumers.runtime.clickhouse import Client
from pulse.commands import policy
from pulse.errors import Missing
from pulse.exit_codes import ExitCode
from pulse.local.ports import free_port
from pulse.policies.errors import PolicyFaults
from pulse.rehearsing import course
from pulse.rehearsing.errors import NoRehearsal
from pulse.rehearsing.reading import read
from pulse.rehearsing.run import Request, perform, planned
from schemas.catalogue import AnyEvent
from schemas.events.purchases import SubscriptionChange
from schemas.ids import AccountId
from streams.core.policies import default_policy
from tests.clickhouse.telling import Tell
from tests.core.bench import tables_with
from tests.core.building import DAY, At, acknowledged, contact, opened, order, profile, subscription, withdrawn
from tests.rehearsing.histories import WATCHFUL, flapping, told

pytestmark = pytest.mark.usefixtures("place")
LEAVES, STAYS = AccountId("B-1"), AccountId("B-2")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(policy.app, ["simulate", *arguments])


def figures(*arguments: str) -> dict[str, object]:
    ran = run(*arguments, "--json")
    assert ran.exit_code == 0, ran.output
    [line] = ran.stdout.splitlines()
    found: dict[str, object] = json.loads(line)
    assert all(not isinstance(value, (dict, list)) for value in found.values())
    return found


def leaving() -> list[AnyEvent]:
    """Two accounts whose business stands still on day 30; one of them cancels on day 70. The log ends on day 200."""
    found: list[AnyEvent] = []
    for name, owner in ((LEAVES, "M-1"), (STAYS, "M-2")):
        found.append(profile(At(0, f"p-{name}", name), owner))
        found.append(subscription(At(60, f"s-{name}", name), SubscriptionChange.STARTED))
        found.append(order(At(DAY, f"o-{name}", name)))
        found.append(opened(At(30 * DAY, f"c-{name}", name), severity=4))
    found.append(subscription(At(70 * DAY, "ended", LEAVES), SubscriptionChange.CANCELLED))
    found.append(contact(At(200 * DAY, "later", STAYS)))
    return found


@pytest.fixture
def watchful(tmp_path: Path) -> str:
    """A policy file by which a drop must hold for a day."""
    path = tmp_path / "watchful.yaml"
    path.write_text(yaml.safe_dump(WATCHFUL.policy.model_dump(mode="json") | {"version": 2}))
    return str(path)


def test_an_alert_and_the_loss_forty_days_later_are_seen_together(tell: Tell) -> None:
    tell(leaving())
    found = figures("default")
    assert found["alerts_band_dropped"] == 2
    assert (found["judged_band_dropped"], found["precision_band_dropped"]) == (2, 0.5)
    assert (found["lost"], found["lost_with_alert"], found["share_of_lost_with_alert"]) == (1, 1, 1.0)
    assert found["lead_time_days_median"] == 40.0
    assert (found["managers"], found["accounts"], found["facts"]) == (2, 2, 10)
    assert (found["policy"], found["policy_beside"]) == ("default/1", "default/1")
    assert found["alerts"] == found["alerts_beside"]


def test_flaps_that_a_policy_keeps_from_being_told_are_counted_beside_one_that_does_not(
    tell: Tell, watchful: str
) -> None:
    tell(flapping(3))
    found = figures(watchful)
    assert (found["policy"], found["alerts_band_dropped"], found["flaps_removed"]) == ("default/2", 0, 3)
    assert (found["policy_beside"], found["alerts_band_dropped_beside"], found["flaps_removed_beside"]) == (
        "default/1",
        3,
        0,
    )


def test_only_the_period_counts_though_all_that_was_before_is_known(tell: Tell) -> None:
    tell(flapping(3))
    found = figures("default", "--since", "2026-03-18T00:00Z", "--until", "2026-03-23T00:00Z")
    assert found["alerts_band_dropped"] == 1
    assert found["days"] == 5.0


def test_the_accounts_named_alone_count(tell: Tell) -> None:
    tell(leaving())
    found = figures("default", "--accounts", str(STAYS))
    assert (found["accounts"], found["alerts_band_dropped"], found["lost"]) == (1, 1, 0)


def test_it_says_the_same_again_and_in_other_chunks(tell: Tell, client: Client) -> None:
    tell(leaving() + flapping(2))
    other = tables_with(bands={"at_risk_below": 50}).policy
    whole, again, parted = (
        perform(client, planned(client, Request(default_policy(), other, chunk_facts=size))) for size in (1000, 1000, 6)
    )
    assert whole == again == parted
    assert len(planned(client, Request(default_policy(), other, chunk_facts=6)).chunks) > 1


def test_a_fact_told_twice_counts_once_and_what_people_did_about_alerts_counts_not_at_all(
    tell: Tell, client: Client
) -> None:
    facts = leaving()
    taken_back = withdrawn(At(2 * DAY, "back", LEAVES), facts[2])  # type: ignore[arg-type]
    tell([*facts, taken_back, *facts[:3], acknowledged(31 * DAY, "0" * 32)])
    [chunk] = planned(client, Request(default_policy(), default_policy())).chunks
    found, expected = read(client, chunk), told([*facts, taken_back])
    assert found.facts.events.tolist() == expected.facts.events.tolist()
    assert found.topic.tolist() == expected.topic.tolist()


def test_people_see_both_policies_side_by_side(tell: Tell, watchful: str) -> None:
    tell(flapping(3) + leaving())
    ran = run(watchful, "--beside", "default")
    assert ran.exit_code == 0, ran.output
    for words in ("default/2", "default/1", "band_dropped", "flaps kept from being told", "median lead time", "picked"):
        assert words in ran.stdout


def test_without_a_history_there_is_nothing_to_run_over(tell: Tell) -> None:
    ran = run("default")
    assert isinstance(ran.exception, NoRehearsal)
    assert ran.exception.exit_code is ExitCode.USAGE
    tell(leaving())
    assert "A-9" in str(run("default", "--accounts", "A-9").exception)
    for arguments in (("--since", "2030-01-01T00:00Z"), ("--until", "2020-01-01T00:00Z")):
        assert isinstance(run("default", *arguments).exception, NoRehearsal)


def test_all_faults_of_a_file_are_said_at_once_and_before_anything_is_read(place: Path) -> None:
    path = place / "faulty.yaml"
    document = default_policy().model_dump(mode="json")
    document["bands"]["hysteresis"] = 90
    document["alerts"]["sharp_drop_points"] = -1
    path.write_text(yaml.safe_dump(document))
    fault = run(str(path)).exception
    assert isinstance(fault, PolicyFaults)
    assert fault.exit_code is ExitCode.USAGE
    assert {one.path for one in fault.faults} == {"bands.hysteresis", "alerts.sharp_drop_points"}
    assert all(one.line for one in fault.faults)


def test_a_time_without_a_zone_is_refused() -> None:
    assert run("default", "--since", "2026-03-01T08:00").exit_code == ExitCode.USAGE


def test_without_clickhouse_it_says_where_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_CLICKHOUSE__URL", f"http://127.0.0.1:{free_port()}")
    assert isinstance(run("default").exception, Missing)


def test_ctrl_c_ends_it_as_interrupted(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(leaving())
    monkeypatch.setattr(course, "fold", _interrupted)
    assert run("default").exit_code == ExitCode.INTERRUPTED


def _interrupted(*_: object) -> Callable[..., None]:
    raise KeyboardInterrupt
