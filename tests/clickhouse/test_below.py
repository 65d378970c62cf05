"""What a roll-up is told from, over real tables."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

from consumers.clickhouse.blocks import to_blocks
from consumers.clickhouse.reading import sort
from consumers.clickhouse.writer import Writer
from consumers.runtime.below import ask_below, scored_since
from consumers.runtime.clickhouse import ClickHouse, Client, rows
from schemas.alerts import AlertKind
from schemas.deliveries import Outcome, OutcomeReason
from schemas.events.managers import ContactKind
from schemas.health import Band
from schemas.ids import ManagerId
from schemas.rollups import RollUpReceipt, roll_up_id
from schemas.topics import DELIVERIES
from tests.clickhouse.test_reading import Record
from tests.clickhouse.test_teams import NOW, Account, Episode, Step, Told, lay

MINE, FOREIGN = ManagerId("M-1"), ManagerId("M-2")


def test_it_is_the_figures_the_worst_and_the_oldest_of_those_who_are_seen(client: Client) -> None:
    fell = [(1.0, "critical"), (200.0, "watch")]
    accounts = {
        "A-1": Account(value=Decimal(100), bands=fell),
        "A-2": Account(value=Decimal(900), bands=fell),
        "A-3": Account(value=Decimal(500), bands=fell),
        "B-1": Account(owner=FOREIGN, value=Decimal(9999), bands=fell),
    }
    waits = [Episode(name, [Step("opened", hours)]) for name, hours in (("A-1", 5), ("A-3", 50), ("B-1", 99))]
    lay(client, Told(accounts, waits))
    client.command("ALTER TABLE alerts UPDATE kind = 'band_dropped' WHERE true SETTINGS mutations_sync = 2")
    below = ask_below(partial(rows, client), {MINE}, 2)
    assert set(below.figures) == {MINE}
    mine = below.figures[MINE]
    assert (mine.accounts, mine.worsened, mine.unanswered, mine.critical) == (3, 3, 2, {"EUR": Decimal(1500)})
    assert mine.unanswered_since == NOW - timedelta(hours=50)
    assert [(one.account_id, one.before, one.band) for one in below.worsened] == [
        ("A-2", Band.WATCH, Band.CRITICAL),
        ("A-3", Band.WATCH, Band.CRITICAL),
    ]
    oldest = below.waiting[0]
    assert [one.account_id for one in below.waiting] == ["A-3", "A-1"]
    assert (oldest.name, oldest.kind, oldest.owner) == ("Name A-3", AlertKind.BAND_DROPPED, MINE)
    assert oldest.since == NOW - timedelta(hours=50)
    assert below.rates["USD"] == 0.5


def test_scores_are_told_since_the_first_of_them(client: Client) -> None:
    ask = partial(rows, client)
    lay(client, Told())
    assert scored_since(ask) is None
    lay(client, Told({"A-1": Account(bands=[(1.0, "watch"), (200.0, "watch")])}))
    assert scored_since(ask) == NOW - timedelta(hours=200)


def test_what_became_of_a_roll_up_is_a_delivery_that_is_about_no_alert(clickhouse: ClickHouse, client: Client) -> None:
    told = RollUpReceipt(
        notification_id=roll_up_id(MINE, NOW),
        recipient=MINE,
        channel=ContactKind.EMAIL,
        outcome=Outcome.DELIVERED,
        reason=OutcomeReason.ACCEPTED,
        at=NOW,
        period_due_at=NOW,
    )
    laid = Record(DELIVERIES.name, told.model_dump_json().encode(), told.notification_id.encode(), [], 0, 0, 1)
    assert Writer(clickhouse).write(to_blocks(sort([laid], 1, NOW), NOW)) == []
    (row,) = rows(client, "SELECT recipient, channel, outcome, alert_id, account_id FROM deliveries")
    assert list(row.values()) == [MINE, "email", "delivered", "", ""]
    assert rows(client, "SELECT * FROM delivery_gaps") == []
