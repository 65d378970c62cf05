"""What a policy tried out says otherwise, in the warehouse: by account, by manager, and as it is printed."""

from collections.abc import Sequence
from datetime import datetime
from io import StringIO

import pytest
from rich.console import Console

from consumers.clickhouse.blocks import to_blocks
from consumers.clickhouse.reading import sort
from consumers.clickhouse.writer import Writer
from consumers.runtime.clickhouse import ClickHouse, Client, rows
from pulse.commands.shadow_report import show_report
from pulse.errors import Missing
from pulse.policies.shadowed import Move, OfOwner, report_of, to_json
from schemas.alerts import AlertKind
from schemas.health import Band
from schemas.ids import AccountId, ManagerId
from schemas.policies import ReleaseKind
from schemas.shadow import ShadowAlert, ShadowChange, ShadowDifference
from schemas.topics import SHADOW
from tests.clickhouse.facts import NOW
from tests.clickhouse.test_policies import tell
from tests.clickhouse.test_reading import Record
from tests.core.building import DAY, HOUR, when
from tests.core.test_changeover import policy
from tests.core.test_releases import release

TRIED, ENDED = release(DAY, policy(2), ReleaseKind.SHADOW), release(3 * DAY, policy(2), ReleaseKind.SHADOW_ENDED)
ADDED = ShadowAlert(kind=AlertKind.BAND_DROPPED, now=ShadowChange.ADDED, added=2, removed=1)


def difference(account: str, bands: tuple[Band | None, Band | None], **changes: object) -> ShadowDifference:
    said = ShadowDifference(
        account_id=AccountId(account),
        owner=ManagerId("M-1"),
        as_of=when(2 * DAY),
        produced_at=when(2 * DAY),
        tried_since=TRIED.in_force_from,
        began_at=when(DAY + 1),
        policy="default/1",
        shadow_policy="default/2",
        score=None if bands[0] is None else 60.0,
        shadow_score=None if bands[1] is None else 50.0,
        band=bands[0],
        shadow_band=bands[1],
    )
    return said.model_copy(update=changes)


def put(clickhouse: ClickHouse, said: Sequence[ShadowDifference], partition: int = 0, start: int = 0) -> None:
    records = [
        Record(
            SHADOW.name,
            one.model_dump_json().encode(),
            one.account_id.encode(),
            partition=partition,
            offset=offset,
            timestamp=0,
        )
        for offset, one in enumerate(said, start)
    ]
    assert Writer(clickhouse).write(to_blocks(sort(records, 4, NOW), NOW)) == []


def test_the_latest_difference_of_an_account_counts(clickhouse: ClickHouse, client: Client) -> None:
    tell(clickhouse, [TRIED])
    worse = difference("A-1", (Band.WATCH, Band.AT_RISK), alerts=(ADDED,), produced_at=when(2 * DAY + 1))
    put(clickhouse, [difference("A-1", (Band.WATCH, Band.CRITICAL)), worse, difference("A-2", (Band.WATCH, None))])
    put(clickhouse, [difference("A-2", (Band.WATCH, Band.WATCH), produced_at=when(2 * DAY + 1))], start=3)
    put(clickhouse, [worse], start=1)
    [first, second] = rows(client, "SELECT * FROM shadow_accounts ORDER BY account_id")
    assert (first["band"], first["shadow_band"], first["score"], first["shadow_score"]) == ("watch", "at_risk", 60, 50)
    assert (first["alerts_added_now"], first["alerts_added"], first["alerts_removed"]) == (1, 2, 1)
    assert (second["band"], second["shadow_band"]) == ("watch", "watch")


def test_what_another_trial_or_a_worker_before_its_restart_said_counts_no_more(
    clickhouse: ClickHouse, client: Client
) -> None:
    tell(clickhouse, [release(0, policy(3), ReleaseKind.SHADOW), TRIED])
    other = difference("A-1", (Band.WATCH, Band.CRITICAL), tried_since=when(0))
    before = difference("A-2", (Band.WATCH, Band.CRITICAL))
    elsewhere, again = difference("A-3", before_bands()), difference("A-4", before_bands(), began_at=when(DAY + HOUR))
    put(clickhouse, [other, before, again])
    put(clickhouse, [elsewhere], partition=1)
    assert [row["account_id"] for row in rows(client, "SELECT account_id FROM shadow_accounts ORDER BY ALL")] == [
        "A-3",
        "A-4",
    ]


def before_bands() -> tuple[Band, Band]:
    return Band.HEALTHY, Band.WATCH


def test_the_report_counts_moves_and_alerts_by_manager(clickhouse: ClickHouse, client: Client) -> None:
    with pytest.raises(Missing, match="no policy was tried out yet"):
        report_of(client)
    tell(clickhouse, [TRIED])
    assert report_of(client).owners == ()
    moved = [difference(f"A-{number}", (Band.WATCH, Band.AT_RISK), alerts=(ADDED,)) for number in range(2)]
    kept = difference("A-8", (Band.WATCH, Band.WATCH), alerts=(ADDED.model_copy(update={"now": None}),))
    nothing = difference("A-9", (Band.WATCH, Band.WATCH), owner=ManagerId("M-2"), shadow_score=40.0)
    put(clickhouse, [*moved, difference("A-7", (Band.HEALTHY, None)), kept, nothing])
    found = report_of(client)
    moves = (Move("watch", "at_risk", 2), Move("healthy", "", 1))
    assert (found.policy, found.ended_at) == ("default/2", None)
    assert found.owners == (OfOwner("M-1", "", moves, alerts_added=6, alerts_removed=3),)
    tell(clickhouse, [TRIED, ENDED])
    ended = report_of(client)
    assert (ended.ended_at, ended.owners) == (ENDED.in_force_from, found.owners)
    assert datetime.fromisoformat(to_json(ended)["ended_at"]) == ENDED.in_force_from
    printed = StringIO()
    show_report(ended, Console(file=printed, width=100))
    assert "watch → at risk" in printed.getvalue()
    assert "healthy → no score" in printed.getvalue()
