"""A rebuild out of ClickHouse is the fold of the same facts; killed it goes on, done again it changes nothing."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consumers.runtime.clickhouse import ClickHouse, Client, rows
from pulse.exit_codes import ExitCode
from pulse.local.ports import free_port
from pulse.rebuilding.run import Request, Step, finish, opened, steps
from pulse.rebuilding.writing import PART_LABELS
from schemas.catalogue import AnyEvent
from schemas.events.complaints import ComplaintResolved
from schemas.events.profiles import Segment
from schemas.ids import AccountId
from streams.core.policies import default_policy
from streams.core.policy import Policy
from streams.core.score import MIDDLE
from streams.core.tables import to_tables
from tests.auditing.warehouse import store
from tests.core.bench import assessed, folded, tables_with
from tests.core.building import DAY, At, contact, course, order, profile, usage, when, withdrawn
from tests.core.building import opened as complaint
from tests.core.histories import survey
from tests.stack.test_cli import pulse

POLICY = default_policy()
NOW = when(40 * DAY)
AS_OF = when(30 * DAY)


def of(account: str) -> list[AnyEvent]:
    """A small history with something of everything, times to the microsecond."""
    name = AccountId(account)

    def at(days: float, name_of_fact: str) -> At:
        return At(days * DAY + 0.000123, f"{account} {name_of_fact}", name)

    told: list[AnyEvent] = [
        profile(at(0, "profile")),
        contact(at(1, "contact"), 0.25),
        order(at(2, "order"), lines=4),
        complaint(at(3, "opened"), severity=3, due_after_s=DAY),
        course(ComplaintResolved, at(4, "resolved")),
        survey(at(5, "survey"), 2),
        usage(at(6, "usage"), 0.5, 1800),
        usage(at(6.5, "more usage"), 90.0),
        order(at(6.75, "larger order"), "7300.25", "NOK"),
    ]
    return [*told, withdrawn(at(7, "taken back"), told[1]), contact(at(35, "later"), -1.0)]  # type: ignore[arg-type]


def perform(client: Client, request: Request) -> list[Step]:
    known = opened(client, request, NOW)
    done = list(steps(client, known))
    finish(client, known, NOW)
    return done


def written(client: Client) -> dict[str, dict[str, Any]]:
    """By account the rows of all rebuilds, which are one in these tests."""
    return {row["account_id"]: row for row in rows(client, "SELECT * EXCEPT written_at FROM rebuilt_health FINAL")}


def test_an_account_is_scored_by_the_rules_of_its_segment(client: Client) -> None:
    strategic = {"segments": {"mid": {"signals": {"orders": {"points": 9}}}}}
    policy = Policy.model_validate(POLICY.model_dump(mode="json") | strategic)
    store(client, [*of("A-1"), order(At(DAY, "an order", AccountId("A-2")))])
    perform(client, Request(policy, as_of=AS_OF))
    found = written(client)
    assert {account: row["policy"] for account, row in found.items()} == {"A-1": "default/1/mid", "A-2": "default/1"}
    past = folded(*(event for event in of("A-1") if event.time <= AS_OF))
    expected = assessed(past, 30 * DAY, to_tables(policy, Segment.MID))
    assert found["A-1"]["score"] == pytest.approx(float(expected.score[0]), abs=1e-9)


def test_it_is_the_fold_of_what_had_happened_by_then(client: Client) -> None:
    told = [*of("A-1"), *of("A-2")]
    store(client, told)
    perform(client, Request(POLICY, as_of=AS_OF))
    found = written(client)
    assert sorted(found) == ["A-1", "A-2"]
    past = folded(*(event for event in told if event.time <= AS_OF))
    for account, row in found.items():
        expected = assessed(past, 30 * DAY, account=account)
        assert row["score"] == pytest.approx(float(expected.score[0]), abs=1e-9)
        assert row["relationship"] == pytest.approx(float(expected.dimension[0, 0]), abs=1e-9)
        assert row["events_applied"] == past.rows["applied"][past.index[account]]
        assert sum(row["contributions"].values()) == pytest.approx(row["score"], abs=1e-9)
        assert row["contributions"]["base service"] == pytest.approx(MIDDLE * expected.share[0, 2], abs=1e-9)
        assert set(row["contributions"]) <= set(PART_LABELS)
        assert (row["as_of"], row["policy"]) == (AS_OF, "default/1")


def test_a_fact_told_again_with_another_time_counts_as_it_was_told_first(client: Client) -> None:
    first, again = order(At(DAY, "twice")), order(At(2 * DAY, "twice"))
    store(client, [again], record_at=when(6 * DAY))
    store(client, [first], record_at=when(5 * DAY))
    perform(client, Request(POLICY, as_of=AS_OF))
    row = written(client)["A-1"]
    assert row["events_applied"] == 1
    assert row["score"] == pytest.approx(float(assessed(folded(first), 30 * DAY).score[0]), abs=1e-9)


def test_rows_from_before_the_columns_were_there_are_read_from_their_payload(client: Client) -> None:
    store(client, of("A-1"))
    expected = _rebuilt(client)
    older = "event_id, type, topic, partition, offset, record_at, payload, account_id, time, source, sentiment, answer"
    older += ", scale_min, scale_max, complaint_id, severity, due_at, amount, currency"
    client.command("CREATE TABLE held AS events ENGINE = MergeTree ORDER BY account_id")
    client.command("INSERT INTO held SELECT * FROM events")
    client.command("TRUNCATE TABLE events")
    client.command(f"INSERT INTO events ({older}) SELECT {older} FROM held")  # noqa: S608 - names of columns
    client.command("DROP TABLE held")
    assert _rebuilt(client) == expected


def _rebuilt(client: Client) -> dict[str, Any]:
    perform(client, Request(POLICY, as_of=AS_OF, afresh=True))
    return written(client)


def test_only_the_accounts_asked_for_are_rebuilt(client: Client) -> None:
    store(client, [*of("A-1"), *of("A-2"), *of("A-3")])
    perform(client, Request(POLICY, ("A-3", "A-1", "A-9"), AS_OF))
    assert sorted(written(client)) == ["A-1", "A-3"]


def test_another_policy_is_another_rebuild(client: Client) -> None:
    store(client, of("A-1"))
    other = tables_with(dimensions={"relationship": 0.5, "commerce": 0.3, "service": 0.2}).policy
    ids = {opened(client, Request(policy, as_of=AS_OF), NOW).asked.rebuild_id for policy in (POLICY, other)}
    assert len(ids) == 2


def test_without_facts_there_is_nothing_to_write(client: Client) -> None:
    assert perform(client, Request(POLICY, as_of=AS_OF)) == []
    assert perform(client, Request(POLICY, ("A-9",), AS_OF)) == []
    assert written(client) == {}


MANY = [f"A-{number}" for number in range(5)]


def small(as_of: datetime | None = AS_OF, *, afresh: bool = False) -> Request:
    """A chunk an account."""
    return Request(POLICY, as_of=as_of, afresh=afresh, chunk_facts=1)


KILLED = """
import json, os, signal, sys
from consumers.runtime.clickhouse import ClickHouse, connect
from pulse.rebuilding.run import steps
from tests.rebuilding.test_rebuild import NOW, opened, small
client = connect(ClickHouse(**json.loads(sys.argv[1])))
for step in steps(client, opened(client, small(), NOW)):
    if step.chunks_done == 2:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_one_that_was_killed_goes_on_behind_its_last_finished_chunk(client: Client, clickhouse: ClickHouse) -> None:
    store(client, [event for account in MANY for event in of(account)])
    place = clickhouse.model_dump(mode="json") | {"password": clickhouse.password.get_secret_value()}
    ran = subprocess.run([sys.executable, "-c", KILLED, json.dumps(place)], timeout=60, check=False)
    assert ran.returncode == -signal.SIGKILL
    before = written(client)
    assert sorted(before) == MANY[:2]
    assert opened(client, small(None), NOW + timedelta(days=1)).asked.as_of == AS_OF
    client.command("DELETE FROM rebuilt_health WHERE account_id = 'A-0'")
    done = perform(client, small())
    assert [step.chunks_done for step in done] == [3, 4, 5]
    assert sorted(written(client)) == MANY[1:], "a chunk that was done is not done again"
    perform(client, small(afresh=True))
    assert sorted(written(client)) == MANY


def test_done_again_it_has_the_same_rows_and_does_nothing(client: Client) -> None:
    store(client, [event for account in MANY for event in of(account)])
    assert len(perform(client, small())) == 5
    rows_before = written(client)
    assert perform(client, small()) == []
    assert len(perform(client, small(afresh=True))) == 5
    assert written(client) == rows_before
    assert opened(client, small(None), NOW).asked.as_of == NOW, "a finished one is not gone on with"


def run(clickhouse: ClickHouse, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`pulse` with the warehouse of the room."""
    env = {
        "PULSE_CLICKHOUSE__URL": clickhouse.url,
        "PULSE_CLICKHOUSE__PASSWORD": clickhouse.password.get_secret_value(),
        "PULSE_CLICKHOUSE__DATABASE": clickhouse.database,
    }
    return pulse(*arguments, cwd=folder, **env)


def test_the_command_says_what_it_did(client: Client, clickhouse: ClickHouse, tmp_path: Path) -> None:
    store(client, of("A-1"))
    asked = ("rebuild", "--as-of", AS_OF.isoformat(), "--accounts", "A-1", "--json")
    told = json.loads(run(clickhouse, tmp_path, *asked).stdout)
    assert (told["facts"], told["accounts"], told["chunks"], told["chunks_before"]) == (11, 1, 1, 0)
    assert told["rebuild_id"] == written(client)["A-1"]["rebuild_id"]
    again = json.loads(run(clickhouse, tmp_path, *asked).stdout)
    assert (again["rebuild_id"], again["chunks_before"], again["facts"]) == (told["rebuild_id"], 1, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--as-of", "yesterday"], ExitCode.USAGE, "expected a time with a zone"),
        (["--as-of", "2026-03-01T08:00"], ExitCode.USAGE, "expected a time with a zone"),
        (["--policy", "none.yaml"], ExitCode.USAGE, "cannot be read"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(
    arguments: Sequence[str], code: ExitCode, said: str, tables: ClickHouse, tmp_path: Path
) -> None:
    ran = run(tables, tmp_path, "rebuild", *arguments)
    assert ran.returncode == code
    assert said in ran.stderr


def test_a_policy_that_does_not_hold_is_told_with_every_fault(tables: ClickHouse, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("policy: Default\nversion: 0\n", encoding="utf-8")
    ran = run(tables, tmp_path, "rebuild", "--policy", "policy.yaml")
    assert ran.returncode == ExitCode.USAGE
    assert "version" in ran.stderr
    assert "signals" in ran.stderr


def test_a_clickhouse_that_is_away_is_said_so(tmp_path: Path) -> None:
    ran = pulse("rebuild", cwd=tmp_path, PULSE_CLICKHOUSE__URL=f"http://127.0.0.1:{free_port()}")
    assert ran.returncode == ExitCode.UNAVAILABLE
    assert "no ClickHouse answers" in ran.stderr
