"""What the stage promises, with a real mail server: nobody twice, nothing lost, nobody held up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from consumers.runtime.errors import Retry, StoppedEarly
from consumers.runtime.subscription import Record
from schemas.alerts import AlertStep
from schemas.deliveries import Outcome, OutcomeReason
from schemas.events.managers import Contact, ContactKind
from schemas.topics import ALERTS, DEAD_LETTERS
from tests.delivery.desk import Desk, record
from tests.delivery.mailserver import WELL, MailServer
from tests.delivery.samples import AT, band_dropped, band_recovered, complaint_overdue, manager

ADDRESS = "manager07@example.test"
DELIVERED, DEFERRED, FAILED, SUPPRESSED = Outcome.DELIVERED, Outcome.DEFERRED, Outcome.FAILED, Outcome.SUPPRESSED


@pytest.fixture
def desk(mails: MailServer) -> Iterator[Desk]:
    made = Desk(mails.settings(timeout_s=0.3))
    yield made
    made.sender.close()


def test_an_opened_alert_is_mailed_and_receipted(desk: Desk, mails: MailServer) -> None:
    desk.handle(band_dropped())
    (mail,) = mails.until(1)
    assert mail.recipient == ADDRESS
    assert desk.log.outcomes() == [("console", DELIVERED), ("email", DELIVERED)]
    assert mail.id == f"<{desk.log.receipts[1].notification_id}@example.test>"


def test_a_replayed_step_tells_nobody_again_and_writes_no_receipt(desk: Desk, mails: MailServer) -> None:
    for _ in range(3):
        desk.handle(band_dropped(), band_dropped())
    assert len(mails.mails) == 1
    assert len(desk.log.records) == 2


def test_a_historic_step_is_receipted_and_never_sent(desk: Desk, mails: MailServer) -> None:
    desk.handle(band_dropped(historic=True))
    desk.pass_time(100_000)
    (receipt,) = desk.log.receipts
    assert (receipt.outcome, receipt.reason) == (SUPPRESSED, OutcomeReason.HISTORIC)
    assert mails.connections == 0


def test_beginning_and_end_of_an_episode_in_one_batch_are_both_told_in_order(desk: Desk, mails: MailServer) -> None:
    desk.handle(band_dropped(), band_recovered())
    first, second = mails.until(2)
    assert first.message["References"] == second.message["References"]
    assert first.id != second.id
    assert str(second.message["Subject"]).startswith("Resolved")


def test_one_connection_serves_many_mails(desk: Desk, mails: MailServer) -> None:
    desk.handle(*(band_dropped(f"A-{number}") for number in range(20)))
    desk.handle(*(complaint_overdue(f"A-{number}") for number in range(20)))
    assert len(mails.mails) == 40
    assert mails.connections == 1


def test_a_connection_the_server_closed_is_opened_anew_at_once(desk: Desk, mails: MailServer) -> None:
    desk.handle(band_dropped("A-1"))
    mails.go_away()
    mails.come_back()
    desk.handle(band_dropped("A-2"))
    assert len(mails.mails) == 2
    assert {outcome for _, outcome in desk.log.outcomes()} == {DELIVERED}


def test_a_recipient_refused_for_good_has_failed_and_others_are_told(desk: Desk, mails: MailServer) -> None:
    mails.on_rcpt = lambda address: "550 no such user" if address == "gone@example.test" else WELL
    desk.directory.learn(manager("M-1", channels=(Contact(kind=ContactKind.EMAIL, address="gone@example.test"),)))
    desk.handle(band_dropped("A-1", owner="M-1"), band_dropped("A-2"))
    assert [mail.recipient for mail in mails.mails] == [ADDRESS]
    assert desk.log.outcomes() == [("console", DELIVERED), ("email", FAILED), ("email", DELIVERED)]
    assert "550 no such user" in desk.log.receipts[1].detail
    desk.pass_time(100_000)
    assert len(desk.log.receipts) == 3


def test_a_recipient_put_off_is_tried_again_with_growing_pauses_and_the_same_id(desk: Desk, mails: MailServer) -> None:
    mails.on_data = lambda _: "451 try later"
    desk.handle(band_dropped())
    for seconds in (1.9, 0.2, 3.8, 0.3, 7.8):
        desk.pass_time(seconds)
    attempts = [receipt for receipt in desk.log.receipts if receipt.channel is ContactKind.EMAIL]
    assert [receipt.attempt for receipt in attempts] == [1, 2, 3]
    mails.on_data = lambda _: WELL
    desk.pass_time(0.3)
    assert desk.log.receipts[-1].outcome is DELIVERED
    assert {receipt.notification_id for receipt in desk.log.receipts[1:]} == {attempts[0].notification_id}
    assert desk.balanced()


def test_a_recipient_put_off_holds_up_no_other(desk: Desk, mails: MailServer) -> None:
    mails.on_rcpt = lambda address: "450 mailbox busy" if address == "busy@example.test" else WELL
    desk.directory.learn(manager("M-1", channels=(Contact(kind=ContactKind.EMAIL, address="busy@example.test"),)))
    desk.handle(band_dropped("A-1", owner="M-1"), band_dropped("A-2"), band_dropped("A-3"))
    assert [mail.recipient for mail in mails.mails] == [ADDRESS, ADDRESS]


def test_mails_wait_while_the_server_is_away_and_go_when_it_is_back(desk: Desk, mails: MailServer) -> None:
    mails.go_away()
    steps = [band_dropped(f"A-{number}", decided_at=AT + timedelta(seconds=number)) for number in range(5)]
    desk.handle(*steps)
    assert desk.log.outcomes() == [("console", DELIVERED)] * 5 + [("email", DEFERRED)] * 5
    desk.pass_time(2.1)
    mails.come_back()
    desk.pass_time(4.1)
    assert [mail.message["References"] for mail in mails.mails] == [f"<{it.alert_id}@example.test>" for it in steps]
    assert desk.ledger.counts == {DELIVERED: 10, DEFERRED: 0, FAILED: 0, SUPPRESSED: 0}


def test_only_one_mail_at_a_time_finds_out_whether_the_server_is_back(desk: Desk, mails: MailServer) -> None:
    mails.on_rcpt = lambda _: "421 closing"
    desk.handle(*(band_dropped(f"A-{number}") for number in range(50)))
    assert mails.connections == 1
    desk.pass_time(2.1)
    assert mails.connections == 2


@pytest.mark.parametrize("stage", ["on_rcpt", "on_data"])
def test_a_server_that_hangs_costs_one_timeout_and_the_inbox_none(desk: Desk, mails: MailServer, stage: str) -> None:
    setattr(mails, stage, lambda _: "hang")
    desk.handle(*(band_dropped(f"A-{number}") for number in range(30)))
    assert desk.log.outcomes() == [("console", DELIVERED)] * 30 + [("email", DEFERRED)] * 30
    assert mails.connections == 1


def test_after_the_horizon_a_notification_has_failed(desk: Desk, mails: MailServer) -> None:
    mails.go_away()
    desk.handle(band_dropped())
    desk.pass_time(3700)
    assert desk.log.receipts[-1].outcome is FAILED
    assert desk.sender.waiting == 0
    assert desk.balanced()


def test_receipts_wait_for_a_broker_that_is_away_and_nobody_is_told_twice(desk: Desk, mails: MailServer) -> None:
    desk.log.away = True
    for _ in range(3):
        with pytest.raises(Retry):
            desk.handle(band_dropped())
    desk.log.away = False
    desk.handle(band_dropped())
    assert len(mails.mails) == 1
    assert set(desk.log.outcomes()) == {("console", DELIVERED), ("email", DELIVERED)}


def test_a_stop_leaves_the_rest_of_the_batch_to_the_next_run(desk: Desk, mails: MailServer) -> None:
    def stop_after_the_first(_: str) -> str:
        desk.stop.set()
        return WELL

    mails.on_data = stop_after_the_first
    with pytest.raises(StoppedEarly):
        desk.handle(*(band_dropped(f"A-{number}") for number in range(5)))
    assert len(mails.mails) == 1
    assert sum(channel == "email" for channel, _ in desk.log.outcomes()) == 1


def test_an_unknown_owner_is_looked_for_on_the_log_before_giving_up(desk: Desk) -> None:
    desk.handle(band_dropped(owner="M-99"))
    assert desk.refreshed == 1
    assert desk.log.receipts[0].reason is OutcomeReason.UNKNOWN_MANAGER


def test_a_record_that_is_no_alert_becomes_a_dead_letter_and_stops_nothing(desk: Desk, mails: MailServer) -> None:
    good = record(ALERTS.name, band_dropped().model_dump_json().encode())
    desk.stage.handle([record(ALERTS.name, b'{"alert_id": 5}'), record(ALERTS.name, None), good])
    dead = [it for it in desk.log.records if it.topic == DEAD_LETTERS.name]
    assert [it.value for it in dead] == [b'{"alert_id": 5}', None]
    assert len(mails.mails) == 1


def test_while_the_log_is_away_no_attempt_leaves_another_receipt(desk: Desk, mails: MailServer) -> None:
    """What cannot be written is one batch's worth, however long it lasts and however often what is due is tried."""
    mails.go_away()
    steps = [band_dropped(f"A-{number}") for number in range(10)]
    desk.log.away = True
    offered = []
    for _ in range(20):
        with pytest.raises(Retry):
            desk.stage.handle([record(ALERTS.name, b"no alert"), *map(_record, steps)])
        offered.append(desk.log.offered)
        with pytest.raises(Retry):
            desk.pass_time(61)
        offered.append(desk.log.offered)
    assert set(offered) == {12}  # the dead letter, ten in the inbox, the mail that was on its way meanwhile
    desk.log.away = False
    desk.handle(*steps)
    assert desk.ledger.counts[DEFERRED] == 10
    assert [it.topic for it in desk.log.records].count(DEAD_LETTERS.name) == 1
    assert desk.balanced()


def test_when_as_many_wait_as_may_no_more_are_taken_until_their_channel_is_back(mails: MailServer) -> None:
    desk = Desk(mails.settings(timeout_s=0.3), max_waiting=10)
    mails.go_away()
    left = [[band_dropped(f"A-{batch}-{number}") for number in range(4)] for batch in range(5)]
    for batch in left[:3]:
        desk.handle(*batch)
    for _ in range(5):
        with pytest.raises(Retry, match="12 notifications wait"):
            desk.handle(*left[3])
        desk.pass_time(10)
    assert (desk.sender.waiting, desk.ledger.decided) == (12, 24)
    mails.come_back()
    desk.pass_time(61)
    for batch in left:
        desk.handle(*batch)
    assert sorted(mail.id for mail in mails.mails) == sorted({mail.id for mail in mails.mails})
    assert (len(mails.mails), desk.ledger.counts[DELIVERED]) == (20, 40)
    desk.sender.close()


def test_a_replay_older_than_memory_tells_nobody_again(desk: Desk, mails: MailServer) -> None:
    """Memory holds a hundred; each step leaves two receipts."""
    mails.on_data = lambda _: WELL
    decided_at = [AT + timedelta(seconds=number) for number in range(80)]
    steps = [band_dropped(f"A-{number}", decided_at=at) for number, at in enumerate(decided_at)]
    for step, at in zip(steps, decided_at, strict=True):
        desk.now = at
        desk.handle(step)
    told = len(mails.mails)
    assert desk.ledger.remembered <= 100
    for step in steps:
        desk.handle(step)
    assert (told, len(mails.mails)) == (80, 80)
    assert desk.ledger.decided == 160


def _record(step: AlertStep) -> Record:
    return record(ALERTS.name, step.model_dump_json().encode())
