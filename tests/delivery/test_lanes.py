"""A channel that is slow holds up nobody who is told over another, and of each no more than two messages are unsure."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from consumers.delivery.attention.watching import attention
from consumers.delivery.decisions import Notification
from consumers.delivery.lanes import Patience
from consumers.delivery.settings import AttentionSettings
from consumers.runtime.errors import Retry
from consumers.runtime.homes import Place
from schemas.alerts import StepKind, StepReason
from schemas.deliveries import Outcome, OutcomeReason
from schemas.events.managers import Contact, ContactKind
from schemas.ids import ManagerId
from schemas.topics import ALERTS
from tests.delivery.desk import Desk, Log
from tests.delivery.mailserver import WELL, MailServer
from tests.delivery.samples import AT, OWNER, band_dropped, manager
from tests.delivery.test_webhook import Clock, channel
from tests.delivery.webserver import Reply, Request, WebServer
from tests.waiting import until

BOTH = (
    Contact(kind=ContactKind.EMAIL, address="manager07@example.test"),
    Contact(kind=ContactKind.WEBHOOK, address="crm"),
)
TOLD = (Outcome.DELIVERED, OutcomeReason.ACCEPTED)
TO_COME = (Outcome.DEFERRED, OutcomeReason.PACED)


class Brisk(Desk):
    """Waits for nobody for long, as in production."""

    patience = Patience()


@pytest.fixture
def desk(mails: MailServer, web: WebServer) -> Iterator[Desk]:
    made = Brisk(mails.settings(), channel(web, Clock()))
    made.directory.learn(manager(channels=BOTH))
    yield made
    web.released.set()
    made.sender.close()


def over(desk: Desk, kind: ContactKind) -> list[tuple[Outcome, OutcomeReason]]:
    return [(it.outcome, it.reason) for it in desk.log.receipts if it.channel is kind]


@pytest.fixture
def slow(web: WebServer) -> threading.Event:
    """The web server answers nothing before this is set, and then well."""

    def wait(_: Request) -> Reply:
        web.released.wait(20)
        return Reply()

    web.reply = wait
    return web.released


def turn(desk: Desk) -> Desk:
    """The loop calls `idle`, and no time passes by the desk's clock."""
    desk.pass_time(0)
    return desk


@pytest.mark.usefixtures("slow")
def test_a_webhook_that_hangs_holds_up_no_mail_and_what_it_holds_is_durable(desk: Desk, web: WebServer) -> None:
    for number in range(3):
        desk.handle(band_dropped(f"A-{number}"))
        until(lambda: over(turn(desk), ContactKind.EMAIL).count(TOLD) > number, 10)  # noqa: B023 - asked at once
    assert over(desk, ContactKind.WEBHOOK) == [TO_COME] * 3
    assert len(web.requests) == 1
    assert desk.balanced()


def test_what_waited_for_a_slow_one_goes_by_itself_when_it_has_answered(
    desk: Desk, web: WebServer, slow: threading.Event
) -> None:
    desk.handle(*(band_dropped(f"A-{number}") for number in range(3)))
    assert over(desk, ContactKind.WEBHOOK) == [TO_COME] * 3
    slow.set()
    until(lambda: turn(desk).ledger.counts[Outcome.DELIVERED] == 6, 20)
    names = [request.headers["webhook-id"] for request in web.requests]
    assert (len(names), len(set(names))) == (3, 3)


def test_an_acknowledgement_waits_for_what_is_being_told_of_its_alert(desk: Desk, slow: threading.Event) -> None:
    """Else a receipt would say that nobody was told of what somebody is reading."""
    desk.handle(band_dropped("A-1"))
    threading.Timer(0.3, slow.set).start()
    desk.handle(band_dropped("A-1", step_no=2, step=StepKind.ACKNOWLEDGED, reason=StepReason.BY_PERSON))
    assert over(desk, ContactKind.WEBHOOK)[:2] == [TO_COME, TOLD]


def test_what_is_being_told_is_finished_before_partitions_are_taken_up(desk: Desk, slow: threading.Event) -> None:
    desk.handle(band_dropped("A-1"))
    threading.Timer(0.3, slow.set).start()
    desk.assign(*(Place(ALERTS.name, number) for number in range(4)))
    assert over(desk, ContactKind.WEBHOOK) == [TO_COME, TOLD]
    assert desk.sender.waiting == 0


def test_while_receipts_are_not_durable_no_more_than_two_mails_are_unsure(mails: MailServer) -> None:
    class Failing(Log):
        """Goes away when the first mail has been taken."""

        def settle(self) -> None:
            self.away = bool(mails.mails)
            super().settle()

    desk = Desk(mails.settings(), log=Failing())
    for _ in range(5):
        with pytest.raises(Retry):
            desk.handle(*(band_dropped(f"A-{number}") for number in range(20)))
    desk.sender.close()
    assert 1 <= len(mails.mails) <= 2


def test_what_is_read_again_while_it_waits_is_tried_once(mails: MailServer) -> None:
    """The broker was away for a moment: the same records come again, and most have no receipt yet."""
    asked: list[str] = []

    def put_off_the_fifth(address: str) -> str:
        asked.append(address)
        return "451 later" if len(asked) == 5 else WELL

    mails.on_data = put_off_the_fifth

    class Faltering(Log):
        faltered = False

        def settle(self) -> None:
            self.away, self.faltered = bool(mails.mails) and not self.faltered, self.faltered or bool(mails.mails)
            super().settle()

    desk, steps = Desk(mails.settings(), log=Faltering()), [band_dropped(f"A-{number}") for number in range(10)]
    with pytest.raises(Retry):
        desk.handle(*steps)
    desk.handle(*steps)
    desk.sender.close()
    assert (len(asked), len({mail.id for mail in mails.mails}), len(mails.mails)) == (10, 9, 9)
    assert over(desk, ContactKind.EMAIL).count(TOLD) == 9


def test_what_is_being_told_counts_toward_the_days_budget_and_an_incident() -> None:
    known = attention(AttentionSettings(at_once_per_day=1, incident_from=None, quiet_hours=False), lambda: AT)
    first, second = (Notification(band_dropped(name), OWNER, manager().data, ContactKind.EMAIL) for name in "AB")
    later = known.later(second, [first])
    assert known.later(second) is None
    assert later is not None
    assert later.reason is OutcomeReason.OVER_BUDGET
    assert known.later(first, [replace(first, channel=ContactKind.SLACK)]) is None, "one alert counts once"
    assert known.later(second, [replace(first, recipient=ManagerId("M-99"))]) is None
    alike = attention(AttentionSettings(at_once_per_day=None, incident_from=2, quiet_hours=False), lambda: AT)
    together = alike.later(second, [first])
    assert together is not None
    assert together.reason is OutcomeReason.IN_INCIDENT


def test_what_is_being_sent_at_a_stop_is_finished_and_receipted(desk: Desk, slow: threading.Event) -> None:
    desk.handle(band_dropped())
    assert over(desk, ContactKind.WEBHOOK) == [TO_COME]
    threading.Timer(0.3, slow.set).start()
    desk.sender.close()
    assert over(desk, ContactKind.WEBHOOK) == [TO_COME, TOLD]
