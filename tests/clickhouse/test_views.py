"""What people read, over real tables. Everything is told two or three times: no view may show it."""

import itertools
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from consumers.clickhouse.blocks import to_blocks
from consumers.clickhouse.reading import sort
from consumers.clickhouse.writer import Writer
from consumers.runtime.clickhouse import ClickHouse, Client, rows
from schemas.alerts import AlertKind, AlertStep, StepKind, StepReason, alert_id
from schemas.catalogue import AnyEvent, topic_of
from schemas.codec import STRUCTURED_HEADERS, to_structured
from schemas.health import Band, HealthSnapshot, Override, OverrideReason, Part, PartKind
from schemas.ids import AccountId, ManagerId
from schemas.topics import ALERTS, HEALTH
from tests.clickhouse.facts import NOW, A, M, logged, manager, opened, ordered, profile, snapshot, step
from tests.clickhouse.test_reading import Record

B, C, D = (AccountId(f"B-{number}") for number in range(3))
Told = AnyEvent | HealthSnapshot | AlertStep
Tell = Callable[..., None]


@pytest.fixture
def tell(clickhouse: ClickHouse) -> Tell:
    """Write what is given three times: twice in one block, and once more afterwards, at other offsets."""
    writer = Writer(clickhouse)
    calls = itertools.count()

    def twice_and_again(*told: Told) -> None:
        first = next(calls) * 1000
        for start in (first, first + 100):
            records = [_record(one, start + number) for number, one in enumerate(told)]
            again = records if start == first else []
            assert writer.write(to_blocks(sort([*records, *again], 1, NOW), NOW)) == []

    return twice_and_again


def _record(told: Told, offset: int) -> Record:
    when = 1_700_000_000_000 + offset
    if isinstance(told, HealthSnapshot | AlertStep):
        topic = HEALTH if isinstance(told, HealthSnapshot) else ALERTS
        key, value, headers = told.account_id.encode(), told.model_dump_json().encode(), []
    else:
        topic, key, value, headers = topic_of(told), told.subject.encode(), to_structured(told), STRUCTURED_HEADERS
    return Record(topic.name, value, key, headers, partition=0, offset=offset, timestamp=when)


def column(client: Client, sql: str) -> Sequence[Any]:
    """The one column of a query."""
    return [next(iter(row.values())) for row in rows(client, sql)]


def test_facts_hold_each_fact_once_and_no_managers(tell: Tell, client: Client) -> None:
    tell(opened(1), opened(2), ordered(1), profile(), manager())
    assert column(client, "SELECT event_id FROM facts ORDER BY event_id") == [
        "c-1",
        "c-2",
        "o-1",
        "p-A-1-Example Retail 1",
    ]


def test_raw_records_can_still_be_counted(tell: Tell, client: Client) -> None:
    tell(opened(1), opened(2))
    assert column(client, "SELECT offset FROM records FINAL ORDER BY offset") == [0, 1, 100, 101]


def test_silence_is_what_the_latest_snapshot_says_of_days(tell: Tell, client: Client) -> None:
    days = {"last_purchase_on": date(2026, 3, 1), "purchase_expected_by": date(2026, 4, 2)}
    tell(snapshot(1), snapshot(2).model_copy(update=days), snapshot(1, account=B))
    found = rows(client, "SELECT * EXCEPT produced_at FROM silence FINAL ORDER BY account_id")
    nothing = dict.fromkeys(("last_purchase_on", "purchase_expected_by", "last_word_on", "word_expected_by"))
    assert found == [{"account_id": A} | nothing | days, {"account_id": B} | nothing]


def test_health_now_is_the_latest_decision_with_name_and_owner(tell: Tell, client: Client) -> None:
    older = snapshot(9, 80.5, at=NOW - timedelta(days=1))
    tell(manager(), profile(), profile(name="Old name", at=NOW - timedelta(days=9), owner=ManagerId("M-9")))
    tell(older, snapshot(2, 40.25, previous=80.5))
    (row,) = rows(client, "SELECT * FROM account_health_now")
    assert (row["account_id"], row["name"], row["owner"], row["owner_name"]) == (A, "Example Retail 1", M, "Manager 1")
    assert (row["score"], row["band"], row["version"], row["segment"]) == (40.25, "at_risk", 2, "mid")
    assert (row["commerce"], row["service"], row["relationship"]) == (40.25, None, None)


def test_an_account_without_profile_or_signal_is_shown_without_them(tell: Tell, client: Client) -> None:
    tell(snapshot(1, None))
    (row,) = rows(client, "SELECT name, owner, score, band FROM account_health_now")
    assert row == {"name": "", "owner": M, "score": None, "band": ""}


def test_reasons_of_now_sum_to_the_score(tell: Tell, client: Client) -> None:
    tell(snapshot(1, 80.1, at=NOW - timedelta(days=1)), snapshot(2, 40.25, previous=80.1))
    found = rows(client, "SELECT name, points FROM account_reasons_now ORDER BY no")
    assert [row["name"] for row in found] == ["base", "orders"]
    assert sum(row["points"] for row in found) == pytest.approx(40.25, abs=1e-9)


def test_both_scores_are_told_and_what_an_override_did(tell: Tell, client: Client) -> None:
    override = Override(value=90.0, author=M, reason="merger", set_at=NOW, expires_at=NOW + timedelta(days=9))
    part = Part(kind=PartKind.OVERRIDE, points=50.0, reason=OverrideReason.SET)
    told = snapshot(2, 90.0, previous=40.0).model_copy(
        update={"computed_score": 40.0, "override": override, "change": (part,)}
    )
    tell(told, snapshot(1, 40.0, at=NOW - timedelta(days=1)))
    (row,) = rows(client, "SELECT * FROM account_health_now")
    assert (row["score"], row["computed_score"], row["override_value"]) == (90.0, 40.0, 90.0)
    assert (row["override_author"], row["override_reason"]) == (M, "merger")
    assert (row["override_set_at"], row["override_expires_at"]) == (NOW, NOW + timedelta(days=9))
    assert column(client, "SELECT reason FROM changes FINAL WHERE kind = 'override'") == ["override_set"]
    found = rows(client, "SELECT reason, actor, score FROM account_timeline WHERE kind = 'health' ORDER BY version")
    assert found == [{"reason": "", "actor": "", "score": 40.0}, {"reason": "override_set", "actor": M, "score": 90.0}]


def test_what_comes_next_is_told_with_its_moment_and_nothing_where_nothing_comes(tell: Tell, client: Client) -> None:
    ahead = {"next_band": Band.CRITICAL, "next_band_at": NOW + timedelta(days=30)}
    tell(snapshot(1, 40.0).model_copy(update=ahead), snapshot(1, 40.0, account=B))
    assert rows(client, "SELECT next_band, next_band_at FROM account_health_now ORDER BY account_id") == [
        {"next_band": "critical", "next_band_at": NOW + timedelta(days=30)},
        {"next_band": "", "next_band_at": None},
    ]


def test_a_snapshot_without_an_override_has_one_score(tell: Tell, client: Client) -> None:
    tell(snapshot(1, 40.0))
    assert rows(client, "SELECT computed_score, override_value FROM account_health_now") == [
        {"computed_score": 40.0, "override_value": None}
    ]


def test_changes_sum_to_the_change(tell: Tell, client: Client) -> None:
    tell(snapshot(2, 40.25, previous=80.1))
    found = rows(client, "SELECT no, kind, points, event_id FROM changes FINAL ORDER BY no")
    assert [(row["no"], row["kind"], row["event_id"]) for row in found] == [(1, "decay", ""), (2, "event", "o-1")]
    assert sum(row["points"] for row in found) == pytest.approx(40.25 - 80.1, abs=1e-9)


@pytest.mark.parametrize(
    "kinds, state",
    [
        ([StepKind.OPENED], "open"),
        ([StepKind.OPENED, StepKind.UPDATED], "open"),
        ([StepKind.OPENED, StepKind.ACKNOWLEDGED], "acknowledged"),
        ([StepKind.OPENED, StepKind.ACKNOWLEDGED, StepKind.UPDATED, StepKind.COMMENTED], "acknowledged"),
        ([StepKind.OPENED, StepKind.SNOOZED], "snoozed"),
        ([StepKind.OPENED, StepKind.SNOOZED, StepKind.ESCALATED], "open"),
        ([StepKind.OPENED, StepKind.ACKNOWLEDGED, StepKind.RESOLVED], "resolved"),
        ([StepKind.OPENED, StepKind.RETRACTED, StepKind.RATED], "retracted"),
    ],
)
def test_an_episode_is_in_the_state_of_its_last_turn(
    tell: Tell, client: Client, kinds: list[StepKind], state: str
) -> None:
    tell(*(step(number, kind) for number, kind in enumerate(kinds, 1)))
    assert rows(client, "SELECT state, last_step FROM inbox") == [{"state": state, "last_step": kinds[-1].value}]


def test_the_inbox_tells_who_has_it_who_acknowledged_and_what_it_was_about(tell: Tell, client: Client) -> None:
    later = NOW + timedelta(minutes=5)
    tell(
        profile(),
        step(1, StepKind.OPENED, facts={"band_from": "watch"}, value_at_risk="12.50", currency="EUR", historic=True),
        step(2, StepKind.ACKNOWLEDGED, at=later, actor="M-7", reason=StepReason.BY_PERSON),
    )
    (row,) = rows(client, "SELECT * FROM inbox")
    assert row["alert_id"] == alert_id(A, AlertKind.BAND_DROPPED, 1)
    assert (row["owner"], row["account_owner"], row["account_name"]) == (M, M, "Example Retail 1")
    assert (row["acknowledged_by"], row["acknowledged_at"], row["closed_at"]) == ("M-7", later, None)
    assert (row["opened_at"], row["last_at"], row["last_reason"]) == (NOW, later, "by_person")
    assert (row["facts"], str(row["value_at_risk"]), row["currency"]) == ({"band_from": "watch"}, "12.5000", "EUR")
    assert row["historic"] is True


def test_an_alert_handed_over_belongs_to_its_new_owner(tell: Tell, client: Client) -> None:
    tell(profile(), step(1, StepKind.OPENED, owner="M-1"), step(2, StepKind.REASSIGNED, owner="M-2"))
    assert rows(client, "SELECT owner, account_owner FROM inbox") == [{"owner": "M-2", "account_owner": "M-1"}]


def test_a_step_told_again_keeps_its_first_telling(tell: Tell, client: Client) -> None:
    tell(step(1, StepKind.OPENED))
    tell(step(1, StepKind.OPENED, decided_at=NOW + timedelta(hours=1)))
    assert column(client, "SELECT decided_at FROM inbox") == [NOW]


def test_the_timeline_is_one_story_in_the_order_of_event_time(tell: Tell, client: Client) -> None:
    moments = [NOW - timedelta(hours=hours) for hours in (4, 3, 2, 1)]
    tell(
        ordered(1, at=moments[0]),
        logged(2, at=moments[1]),
        snapshot(3, 40.25, at=moments[2], previous=50.0),
        step(1, StepKind.OPENED, at=moments[3], facts={"score": "40"}),
        opened(9, account=AccountId("A-2")),
    )
    found = rows(client, "SELECT * FROM account_timeline WHERE account_id = {a:String} ORDER BY at", {"a": A})
    assert [(row["at"], row["kind"], row["what"]) for row in found] == [
        (moments[0], "event", "purchase.order_placed.v1"),
        (moments[1], "event", "interaction.logged.v1"),
        (moments[2], "health", "at_risk"),
        (moments[3], "alert", "band_dropped opened"),
    ]
    assert (found[2]["score"], found[2]["change"], found[3]["detail"]) == (40.25, -9.75, '{"score":"40"}')


def test_the_worklist_ranks_alerts_then_bands_then_money_within_an_owner(tell: Tell, client: Client) -> None:
    other = ManagerId("M-2")
    tell(*(profile(account, f"Name {account}") for account in (A, B, C)), profile(D, "Name D", owner=other))
    tell(
        snapshot(1, 90.0, account=A),
        snapshot(1, 40.0, account=B),
        snapshot(1, 10.0, account=C),
        snapshot(1, 50.0, account=D),
    )
    tell(step(1, StepKind.OPENED, account=A))
    found = rows(client, "SELECT owner, rank, account_id, open_alerts FROM worklist ORDER BY owner, rank")
    assert [(row["owner"], row["rank"], row["account_id"]) for row in found] == [
        (M, 1, A),
        (M, 2, C),
        (M, 3, B),
        (other, 1, D),
    ]
    assert [row["open_alerts"] for row in found] == [1, 0, 0, 0]


def test_the_worklist_compares_with_the_score_of_seven_days_ago(tell: Tell, client: Client) -> None:
    days = {10: 70.0, 8: 80.0, 3: 60.0, 0: 40.0}
    tell(*(snapshot(20 - ago, score, at=NOW - timedelta(days=ago)) for ago, score in days.items()))
    tell(snapshot(1, 40.0, account=B))
    found = rows(client, "SELECT account_id, change_7d FROM worklist ORDER BY account_id")
    assert [(row["account_id"], row["change_7d"]) for row in found] == [(A, -40.0), (B, None)]


def test_freshness_tells_the_newest_record_of_every_partition(tell: Tell, client: Client) -> None:
    tell(opened(1), ordered(1))
    found = rows(client, "SELECT topic, partition, age_s FROM pipeline_freshness ORDER BY topic")
    assert [(row["topic"], row["partition"]) for row in found] == [("account.complaints", 0), ("account.purchases", 0)]
    assert all(row["age_s"] > 0 for row in found)


def test_a_row_the_database_refuses_is_found_and_handed_back(clickhouse: ClickHouse, client: Client) -> None:
    client.command(
        "CREATE MATERIALIZED VIEW picky TO alerts AS SELECT toUInt32(JSONExtractString(payload, 'comment')) AS step_no"
        " FROM arriving_alerts"
    )
    told = [step(number, StepKind.OPENED, comment="x" if number == 3 else "1") for number in range(1, 8)]
    batch = sort([_record(one, number) for number, one in enumerate(told, 1)], 1, NOW)
    refused = Writer(clickhouse).write(to_blocks(batch, NOW))
    client.command("DROP VIEW picky")
    assert [record.offset for record, _ in refused] == [3]
