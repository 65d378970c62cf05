"""Roll-ups: due once a period by the reader's clock, told once, made up for, and in the reader's words."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from consumers.delivery.channels.offered import mail_of
from consumers.delivery.directory import Directory
from consumers.delivery.reading import fold_receipts
from consumers.delivery.rollups import RollUps, Ways
from consumers.delivery.settings import DeliverySettings, Every, RollUpSettings
from consumers.runtime import below
from consumers.runtime.clickhouse import ClickHouseAway
from schemas.deliveries import Outcome
from schemas.events.managers import Role, WorkingHours
from schemas.ids import ManagerId
from schemas.rollups import RollUpReceipt
from schemas.topics import DELIVERIES
from tests.delivery.desk import Desk, Log, record
from tests.delivery.mailserver import MailServer
from tests.delivery.samples import BOTH, OWNER, manager

LEAD: Final = ManagerId("M-01")
MONDAY: Final = datetime(2026, 3, 2, 7, tzinfo=UTC)
"""Eight o'clock in Berlin."""
FIGURES: Final[Mapping[str, Any]] = {
    "owner": OWNER,
    **dict.fromkeys(("healthy", "unscored"), 0),
    "accounts": 12,
    "critical": 2,
    "at_risk": 3,
    "watch": 7,
    "annual_value": {"EUR": Decimal(900_000), "JPY": Decimal(5_000_000)},
    "critical_value": {"EUR": Decimal(125_000)},
    "at_risk_value": {"EUR": Decimal(60_000), "JPY": Decimal(5_000_000)},
    "worsened_7d": 4,
    "improved_7d": 1,
    "alerts_opened_7d": 9,
    "alerts_acknowledged_7d": 5,
    "alerts_resolved_7d": 3,
    "alerts_unanswered": 2,
    "unanswered_since": datetime(2026, 2, 27, 7, tzinfo=UTC),
    "acknowledged_after_s": [600, 5400, 7200],
}
MOVED: Final[Mapping[str, Any]] = {
    "account_id": "A-1",
    "name": "Example Retail <1>",
    "owner": OWNER,
    "segment": "mid",
    "annual_value": Decimal(125_000),
    "currency": "EUR",
    "band_before": "watch",
    "band": "critical",
}
WAITING: Final[Mapping[str, Any]] = {
    "account_id": "A-2",
    "alert_id": "e",
    "account_name": "Example Works",
    "kind": "complaint_overdue",
    "owner_now": OWNER,
    "unanswered_since": datetime(2026, 2, 27, 7, tzinfo=UTC),
    "value_at_risk": Decimal(60_000),
    "currency": "EUR",
}
GOLDEN: Final = Path(__file__).parent / "golden"


class World:
    """A warehouse that answers, a log, and a clock; every `process` begins anew on what is on the log."""

    def __init__(self, mails: MailServer, every: Every = Every.WEEKLY) -> None:
        self.settings = DeliverySettings(smtp=mails.settings(timeout_s=0.5), roll_ups=RollUpSettings(every=every))
        self.log = Log()
        self.people = [manager(reports_to=LEAD), manager(LEAD, name="Lea Lead", role=Role.LEAD)]
        self.scored_since = MONDAY - timedelta(days=30)
        self.figures: Mapping[str, Any] = FIGURES
        self.away = False
        self.asked = 0

    def ask(self, sql: str, given: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        self.asked += 1
        if self.away:
            raise ClickHouseAway("the test's warehouse is away")
        answers = {below.FIGURES: [self.figures], below.MOVES: [MOVED], below.UNANSWERED: [WAITING]}
        rated = {below.RATES: [{"currency": "EUR", "rate": 1.0}]}
        return (answers | rated).get(sql, [{"since": self.scored_since, "snapshots": 1}])

    @contextmanager
    def process(self) -> Iterator[RollUps]:
        @contextmanager
        def asking() -> Iterator[below.Ask]:
            yield self.ask

        directory = Directory()
        for person in self.people:
            directory.learn(person)
        with closing(mail_of(self.settings)) as mail:
            made = RollUps(self.settings, directory, Ways(asking, mail.hand_over, self.log))
            for receipt in self.receipts:
                made.note(receipt)
            yield made

    def turn(self, *at: datetime) -> None:
        """One process looks at each of these moments."""
        with self.process() as process:
            for now in at:
                process.turn(now)

    @property
    def receipts(self) -> list[RollUpReceipt]:
        return [RollUpReceipt.model_validate_json(one.value or b"") for one in self.log.records]


@pytest.fixture
def world(mails: MailServer) -> World:
    return World(mails)


def test_it_is_told_on_monday_morning_of_the_readers_clock_and_once_a_week(world: World, mails: MailServer) -> None:
    world.turn(MONDAY - timedelta(days=3))
    assert len(world.receipts) == 1, "last week's, for nobody had told it"
    world.turn(MONDAY - timedelta(seconds=1))
    assert len(world.receipts) == 1
    world.turn(MONDAY, *(MONDAY + timedelta(hours=hours) for hours in range(1, 160, 13)))
    assert [one.period_due_at for one in world.receipts] == [MONDAY - timedelta(days=7), MONDAY]
    assert [mail.recipient for mail in mails.mails] == ["manager07@example.test"] * 2
    assert str(mails.mails[1].message["To"]) == "Lea Lead <manager07@example.test>"


def test_a_restart_does_not_tell_it_again(world: World, mails: MailServer) -> None:
    for hours in range(5):
        world.turn(MONDAY + timedelta(hours=hours))
    assert len(mails.mails) == len(world.receipts) == 1


def test_who_was_down_at_that_hour_makes_up_for_it_once(world: World, mails: MailServer) -> None:
    world.turn(MONDAY + timedelta(days=2, hours=5), MONDAY + timedelta(days=3))
    world.turn(MONDAY + timedelta(days=4))
    assert [one.period_due_at for one in world.receipts] == [MONDAY]
    assert len(mails.mails) == 1


def test_without_clickhouse_it_stays_due(world: World, mails: MailServer) -> None:
    world.away = True
    world.turn(MONDAY, MONDAY + timedelta(hours=1))
    assert (mails.mails, world.receipts) == ([], [])
    world.away = False
    world.turn(MONDAY + timedelta(hours=2))
    assert [one.period_due_at for one in world.receipts] == [MONDAY]


def test_while_the_mail_server_is_away_it_stays_due_and_keeps_its_id(world: World, mails: MailServer) -> None:
    mails.go_away()
    world.turn(MONDAY)
    assert world.receipts == []
    mails.come_back()
    mails.on_data = lambda _: "451 not now"
    world.turn(MONDAY + timedelta(minutes=1), MONDAY + timedelta(minutes=2))
    assert (mails.mails, world.receipts) == ([], [])
    mails.on_data = lambda _: "250 OK"
    world.turn(MONDAY + timedelta(minutes=10))
    ((mail,), (receipt,)) = mails.mails, world.receipts
    assert mail.id == f"<{receipt.notification_id}@example.test>"


def test_a_mail_that_is_refused_for_good_has_failed_and_is_not_tried_again(world: World, mails: MailServer) -> None:
    mails.on_rcpt = lambda _: "550 no such mailbox"
    world.turn(MONDAY, MONDAY + timedelta(hours=1))
    assert [one.outcome for one in world.receipts] == [Outcome.FAILED]
    mails.on_rcpt = lambda _: "250 OK"
    world.turn(MONDAY + timedelta(hours=2))
    assert mails.mails == []


def test_nobody_is_told_more_before_the_receipt_of_the_last_is_durable(world: World, mails: MailServer) -> None:
    boss = ManagerId("M-00")
    world.people[1] = manager(LEAD, name="Lea Lead", role=Role.LEAD, reports_to=boss)
    world.people.append(manager(boss, name="Bo Boss", role=Role.DIRECTOR))
    with world.process() as process:
        world.log.away = True
        process.turn(MONDAY)
        process.turn(MONDAY + timedelta(minutes=1))
        assert (len(mails.mails), world.receipts) == (1, [])
        world.log.away = False
        process.turn(MONDAY + timedelta(minutes=2))
    assert len(mails.mails) == 2
    assert sorted(one.recipient for one in world.receipts) == [boss, LEAD]


def _no_mail(world: World) -> None:
    world.people[1] = manager(LEAD, role=Role.LEAD, channels=BOTH[:1])


def _nobody_below(world: World) -> None:
    world.people[0] = manager()


def _first_score_after_it_was_due(world: World) -> None:
    world.scored_since = MONDAY + timedelta(seconds=1)


def _no_accounts(world: World) -> None:
    world.figures = {**FIGURES, "accounts": 0}


def _off(world: World) -> None:
    world.settings = world.settings.model_copy(update={"roll_ups": RollUpSettings(every=Every.OFF)})


@pytest.mark.parametrize("change", [_no_mail, _nobody_below, _first_score_after_it_was_due, _no_accounts, _off])
def test_there_is_none_for(world: World, mails: MailServer, change: Callable[[World], None]) -> None:
    change(world)
    world.turn(MONDAY, MONDAY + timedelta(hours=30))
    assert (mails.mails, world.receipts) == ([], [])


def test_every_day_is_every_day_on_which_the_reader_works(mails: MailServer) -> None:
    world = World(mails, Every.DAILY)
    hours = tuple(WorkingHours.model_validate({"weekday": day, "start": time(9), "end": time(17)}) for day in (1, 3))
    world.people[1] = manager(LEAD, role=Role.LEAD, working_hours=hours)
    world.turn(*(MONDAY + timedelta(days=day, hours=1) for day in range(7)))
    assert [one.period_due_at for one in world.receipts] == [MONDAY + timedelta(days=day) for day in (-4, 1, 3)]


def test_one_process_tells_and_the_others_look_on(world: World, mails: MailServer) -> None:
    class Turns(threading.Event):
        left = 3

        def wait(self, timeout: float | None = None) -> bool:
            self.left -= 1
            return self.left < 0

    with world.process() as process:
        process.run(lambda: MONDAY, Turns())
        assert (world.asked, mails.mails) == (0, [])
        process.mine = True
        process.run(lambda: MONDAY, Turns())
    assert len(mails.mails) == 1


def test_receipts_of_roll_ups_leave_the_books_of_alerts_alone(world: World) -> None:
    world.turn(MONDAY)
    desk, noted = Desk(), list[RollUpReceipt]()
    fold_receipts([record(DELIVERIES.name, one.value) for one in world.log.records], desk.sender.desk, noted.append)
    assert noted == world.receipts
    assert (desk.ledger.decided, desk.balanced()) == (0, True)


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
def test_it_reads_as_written(world: World, mails: MailServer, locale: str) -> None:
    world.people[1] = manager(LEAD, name="Lea Lead", role=Role.LEAD, locale=locale)
    world.turn(MONDAY)
    (mail,) = mails.mails
    body = mail.message.get_body(("plain",))
    assert body is not None
    text = f"Subject: {mail.message['Subject']}\n\n{body.get_content()}".replace("\r\n", "\n")
    assert text == (GOLDEN / f"roll_up.{locale}.txt").read_text()


def test_what_a_client_is_called_is_no_markup(world: World, mails: MailServer) -> None:
    world.turn(MONDAY)
    body = mails.mails[0].message.get_body(("html",))
    assert body is not None
    assert "Example Retail &lt;1&gt;" in body.get_content()
