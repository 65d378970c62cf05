"""The delivery process on an in-memory broker and on Apache Kafka: restarts, kills, outages, speed."""

from collections import Counter

import httpx
import pytest
from structlog.testing import capture_logs

from consumers.delivery import rollups
from consumers.delivery.settings import DeliverySettings, RetrySettings
from consumers.runtime.clickhouse import ClickHouse
from pulse.local.ports import free_port
from schemas.broker import Broker
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason
from schemas.events.managers import ContactKind, Role
from schemas.ids import ManagerId
from tests.delivery.mailserver import WELL, MailServer
from tests.delivery.running import delivering, receipts_on, start_child, write, writing
from tests.delivery.samples import AT_ONCE, band_dropped, complaint_overdue, manager
from tests.waiting import SESSION_S, until

QUICK = RetrySettings(first_s=0.2, most_s=0.5)


def settings_for(mails: MailServer) -> DeliverySettings:
    return DeliverySettings(
        smtp=mails.settings(),
        retry=QUICK,
        attention=AT_ONCE,
        instance_id="delivery-1",
        session_timeout_s=SESSION_S,
    )


def outcomes(broker: Broker) -> Counter[tuple[ContactKind | None, Outcome]]:
    """What finally became of each notification."""
    last = {receipt.notification_id: receipt for receipt in receipts_on(broker)}
    return Counter((receipt.channel, receipt.outcome) for receipt in last.values())


def told(number: int) -> Counter[tuple[ContactKind | None, Outcome]]:
    """Everybody told, over both channels."""
    return Counter({(kind, Outcome.DELIVERED): number for kind in (ContactKind.CONSOLE, ContactKind.EMAIL)})


def test_an_alert_on_the_log_becomes_a_mail_within_tens_of_milliseconds(
    topics_applied: Broker, mails: MailServer
) -> None:
    broker = topics_applied
    with writing(broker) as put, delivering(settings_for(mails), broker):
        put([], [manager()])
        for number in range(10):
            put([band_dropped(f"A-{number}")], [])
            mails.until(number + 1)
        until(lambda: outcomes(broker) == told(10), 10)
    waits = sorted(map(waited_ms, receipts_on(broker)))
    assert waits[2] < 100, waits  # the quickest: how long we wait, not how busy the machine is


def test_a_restart_sends_none_again_and_what_came_meanwhile(topics_applied: Broker, mails: MailServer) -> None:
    broker = topics_applied
    steps = [band_dropped(f"A-{number}") for number in range(5)]
    write(broker, steps, [manager()])
    with delivering(settings_for(mails), broker):
        mails.until(5)
        until(lambda: outcomes(broker) == told(5), 10)
    write(broker, [*steps, *(complaint_overdue(f"A-{number}") for number in range(5))])
    with delivering(settings_for(mails), broker):
        mails.until(10)
        until(lambda: outcomes(broker) == told(10), 10)
    assert len({mail.id for mail in mails.mails}) == len(mails.mails) == 10


def test_history_is_receipted_and_pages_nobody(topics_applied: Broker, mails: MailServer) -> None:
    broker = topics_applied
    write(broker, [band_dropped(f"A-{number}", historic=True) for number in range(200)], [manager()])
    with delivering(settings_for(mails), broker):
        until(lambda: sum(outcomes(broker).values()) == 200, 15)
    assert {receipt.reason for receipt in receipts_on(broker)} == {OutcomeReason.HISTORIC}
    assert mails.connections == 0


def test_alerts_go_while_roll_ups_wait_for_a_clickhouse_that_is_away(
    topics_applied: Broker, mails: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker, lead = topics_applied, ManagerId("M-01")
    monkeypatch.setattr(rollups, "_LOOK_EVERY_S", 0.05)
    write(broker, [band_dropped()], [manager(reports_to=lead), manager(lead, role=Role.LEAD)])
    nowhere = ClickHouse(url=f"http://127.0.0.1:{free_port()}")
    with capture_logs() as logs, delivering(settings_for(mails), broker, nowhere):
        until(lambda: any(line["event"] == "roll_ups_wait" for line in logs), 20)
        mails.until(1)
        until(lambda: outcomes(broker) == told(1), 10)


def test_a_restart_takes_up_what_was_deferred(topics_applied: Broker, mails: MailServer) -> None:
    broker = topics_applied
    mails.go_away()
    write(broker, [band_dropped(f"A-{number}") for number in range(3)], [manager()])
    with delivering(settings_for(mails), broker):
        until(lambda: outcomes(broker)[ContactKind.EMAIL, Outcome.DEFERRED] == 3, 10)
        assert outcomes(broker)[ContactKind.CONSOLE, Outcome.DELIVERED] == 3
    mails.come_back()
    with delivering(settings_for(mails), broker):
        mails.until(3)
        until(lambda: outcomes(broker) == told(3), 10)


def test_a_kill_loses_nothing_and_repeats_at_most_the_mail_in_hand(topics_applied: Broker, mails: MailServer) -> None:
    broker, number, kills = topics_applied, 60, 2
    write(broker, managers=[manager()])
    child = start_child(settings_for(mails), broker)
    write(broker, [band_dropped(f"A-{account}") for account in range(number)])
    for kill in range(kills):
        mails.until(10 + 20 * kill, 60)
        child.kill()
        child.wait()
        child = start_child(settings_for(mails), broker)
    until(lambda: outcomes(broker) == told(number), 60)
    assert child.stop() == 0
    sent = Counter(mail.id for mail in mails.mails)
    assert len(sent) == number, "each was mailed, and a second mail has the id of the first"
    assert sent.total() <= number + kills


def test_a_delivery_that_has_its_partitions_says_that_it_is_ready(
    fresh_embedded_broker: Broker, mails: MailServer
) -> None:
    port = free_port()
    child = start_child(settings_for(mails).model_copy(update={"metrics_port": port}), fresh_embedded_broker)
    until(lambda: httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200, 10)
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).json()["partitions"]
    assert child.stop() == 0


def test_one_mailbox_that_is_busy_does_not_delay_the_others(topics_applied: Broker, mails: MailServer) -> None:
    broker = topics_applied
    busy = [True]
    mails.on_data = lambda _: "452 mailbox full" if busy[0] and len(mails.mails) == 2 else WELL
    write(broker, [band_dropped(f"A-{number}") for number in range(5)], [manager()])
    with delivering(settings_for(mails), broker):
        until(lambda: outcomes(broker)[ContactKind.EMAIL, Outcome.DEFERRED] > 0, 10)
        busy[0] = False
        mails.until(5)
        until(lambda: outcomes(broker) == told(5), 10)


def waited_ms(receipt: DeliveryReceipt) -> float:
    assert receipt.caused_by_record_at is not None
    return (receipt.at - receipt.caused_by_record_at).total_seconds() * 1000
