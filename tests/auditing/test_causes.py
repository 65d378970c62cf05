"""An audit finds what was planted, names it by id where it can, and says when there is nothing."""

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consumers.runtime.clickhouse import ClickHouse, Client
from pulse.auditing.causes import Cause
from pulse.auditing.report import to_lines
from pulse.auditing.run import Audit, Patience, audit
from pulse.exit_codes import ExitCode
from schemas.catalogue import AnyEvent
from schemas.health import HealthSnapshot
from schemas.ids import AccountId
from streams.core.policies import default_tables
from streams.core.policy import Policy
from streams.core.rulebook import Rulebook
from streams.core.state import RING
from streams.core.tables import to_tables
from tests.auditing.warehouse import store, tell
from tests.core.bench import Bench
from tests.core.building import ACCOUNT, DAY, At, contact, order, profile
from tests.rebuilding.test_rebuild import run

A = str(ACCOUNT)
END_S = 200 * DAY
FACTS: Sequence[AnyEvent] = [contact(At(number * DAY, f"c-{number}"), 0.5) for number in range(3)]


def once() -> Patience:
    """None: nothing is looked at twice."""
    return Patience(itertools.count(0, 1000).__next__, float)


def snapshots_of(*told: AnyEvent) -> list[HealthSnapshot]:
    bench = Bench()
    bench.feed(*told)
    return bench.flush(END_S).snapshots


def look(client: Client) -> Audit:
    """The audit long after everything came: nothing waits to settle."""
    client.command("ALTER TABLE events UPDATE ingested_at = '2026-01-01' WHERE true", settings={"mutations_sync": 2})
    return audit(client, [default_tables()], once())


def causes(found: Audit) -> list[tuple[Cause, tuple[str, ...]]]:
    return [(finding.cause, finding.facts) for account in found.differing for finding in account.findings]


def test_where_all_agree_nothing_differs_and_the_last_line_says_so(client: Client) -> None:
    store(client, FACTS)
    tell(client, snapshots_of(*FACTS))
    found = look(client)
    assert list(to_lines(found)) == ["1 accounts compared three ways, 0 differ"]
    assert (found.compared, found.facts) == (1, 3)


def test_a_fact_that_the_warehouse_has_not_is_named(client: Client) -> None:
    store(client, FACTS[1:])
    tell(client, snapshots_of(*FACTS))
    assert causes(look(client)) == [(Cause.MISSING_FACT, ("/tests c-0",))]


def test_a_fact_that_no_score_rests_on_is_named(client: Client) -> None:
    store(client, FACTS)
    tell(client, snapshots_of(*FACTS[:2]))
    assert causes(look(client)) == [(Cause.NOT_APPLIED, ("/tests c-2",))]


def test_what_has_just_come_is_not_settled(client: Client) -> None:
    store(client, FACTS)
    tell(client, snapshots_of(*FACTS[:2]))
    found = audit(client, [default_tables()], once())
    assert causes(found) == [(Cause.NOT_SETTLED, ("/tests c-2",))]


def test_what_settles_while_the_audit_waits_does_not_differ(client: Client) -> None:
    store(client, FACTS)
    bench = Bench()
    bench.feed(*FACTS[:2])
    tell(client, bench.flush(END_S).snapshots)
    bench.feed(FACTS[2])
    waits = itertools.count()

    def settle(seconds: float) -> None:
        if next(waits) == 1:
            tell(client, bench.flush(END_S + 60).snapshots)

    found = audit(client, [default_tables()], Patience(lambda: 0.0, settle))
    assert found.differing == []
    assert next(waits) == 2


def test_a_fact_sent_again_beyond_the_ring_is_counted_twice_and_named(client: Client) -> None:
    between = [contact(At(10 * DAY + number, f"b-{number}")) for number in range(RING)]
    bench = Bench()
    snapshots: list[HealthSnapshot] = []
    for number, event in enumerate([FACTS[0], *between, FACTS[0]]):
        bench.feed(event)
        snapshots += bench.flush(END_S + number * 10).snapshots
    store(client, [FACTS[0], *between, FACTS[0]])
    tell(client, snapshots)
    assert causes(look(client)) == [(Cause.COUNTED_TWICE, ("/tests c-0",))]


def test_within_the_ring_it_counts_once(client: Client) -> None:
    store(client, [*FACTS, FACTS[0]])
    tell(client, snapshots_of(*FACTS, FACTS[0]))
    assert look(client).differing == []


@pytest.mark.parametrize("off", [2e-6, -0.5])
def test_a_score_that_is_off_by_more_than_a_millionth_differs_from_both_others(client: Client, off: float) -> None:
    (snapshot,) = snapshots_of(*FACTS)
    assert snapshot.score is not None
    store(client, FACTS)
    tell(client, [snapshot.model_copy(update={"score": snapshot.score + off})])
    found = look(client)
    assert causes(found) == [(Cause.UNKNOWN, ())]
    (account,) = found.differing
    assert [(one.what, one.between) for one in account.differences] == [
        ("score", ("live", "rebuilt")),
        ("score", ("live", "sql")),
    ]


def test_a_contribution_that_is_off_differs_though_the_score_is_right(client: Client) -> None:
    (snapshot,) = snapshots_of(*FACTS)
    first, *rest = snapshot.contributions
    moved = first.model_copy(update={"points": first.points + 0.001})
    store(client, FACTS)
    tell(client, [snapshot.model_copy(update={"contributions": (moved, *rest)})])
    (account,) = look(client).differing
    assert {one.what for one in account.differences} == {"base relationship"}


def test_an_account_without_a_snapshot_differs(client: Client) -> None:
    store(client, FACTS)
    assert causes(look(client)) == [(Cause.NOT_APPLIED, ("/tests c-0", "/tests c-1", "/tests c-2"))]


def test_an_account_without_facts_differs(client: Client) -> None:
    tell(client, snapshots_of(*FACTS))
    found = look(client)
    assert found.compared == 1
    assert causes(found) == [(Cause.MISSING_FACT, ("/tests c-0", "/tests c-1", "/tests c-2"))]


def test_a_snapshot_of_another_policy_is_held_against_that_one(client: Client) -> None:
    document = default_tables().policy.model_dump(mode="json") | {"version": 2}
    document["signals"]["contact"]["points"] = 3.0
    other = to_tables(Policy.model_validate(document))
    bench = Bench(tables=other)
    bench.feed(*FACTS)
    store(client, [*FACTS, order(At(0.0, "o-1", AccountId("A-2")))])
    tell(client, bench.flush(END_S).snapshots)
    tell(client, snapshots_of(order(At(0.0, "o-1", AccountId("A-2")))))
    assert audit(client, [default_tables(), other], once()).differing == []
    assert causes(audit(client, [default_tables()], once())) == [(Cause.NO_SUCH_POLICY, ())]


def test_a_snapshot_by_the_rules_of_a_segment_is_held_against_these(client: Client) -> None:
    segments = {"segments": {"mid": {"signals": {"contact": {"points": 3}}, "complaints": {"beta": 1}}}}
    rules = Rulebook.of(Policy.model_validate(default_tables().policy.model_dump(mode="json") | segments))
    bench, told = Bench(rules=rules), [profile(0.0), *FACTS]
    bench.feed(*told)
    store(client, told)
    tell(client, bench.flush(END_S).snapshots)
    assert bench.told.snapshots[-1].policy == "default/1/mid"
    assert audit(client, rules.tables, once()).differing == []
    assert audit(client, [default_tables()], once()).differing != []


def test_the_command_ends_with_0_only_when_nothing_differs(
    client: Client, clickhouse: ClickHouse, tmp_path: Path
) -> None:
    store(client, FACTS)
    tell(client, snapshots_of(*FACTS))
    ran = run(clickhouse, tmp_path, "audit", "--json")
    assert ran.returncode == ExitCode.DONE, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    assert (told["accounts_compared"], told["accounts_differing"], told["differing"]) == (1, 0, [])
    (snapshot,) = snapshots_of(*FACTS[:2])
    tell(client, [snapshot.model_copy(update={"produced_at": datetime.now(UTC) + timedelta(days=400)})])
    look(client)
    ran = run(clickhouse, tmp_path, "audit", "--accounts", A, "--settle", "0")
    assert ran.returncode == ExitCode.FAILED
    assert ran.stdout.splitlines()[-1] == "1 accounts compared three ways, 1 differ"
