"""A mail server that was down gets all of it when it is back: the weightiest first, in order, and without a flood."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from consumers.delivery.decisions import Notification
from consumers.delivery.settings import AttentionSettings
from consumers.delivery.waiting import Schedule, Waiting
from consumers.runtime.homes import Place
from schemas.alerts import AlertStep, StepKind, StepReason
from schemas.deliveries import Outcome, OutcomeReason
from schemas.events.managers import ContactKind
from schemas.events.profiles import Segment
from schemas.ids import ManagerId
from schemas.topics import ALERTS, MANAGERS
from tests.delivery.desk import Desk
from tests.delivery.mailserver import MailServer
from tests.delivery.samples import AT, OWNER, band_dropped, manager

MANY = 30
ABOVE = ManagerId("M-01")
ALL_PLACES = (*(Place(ALERTS.name, number) for number in range(4)), Place(MANAGERS.name, 0))


def worth(value: int, **changes: object) -> AlertStep:
    """An alert on an account that bears its value as its name."""
    return band_dropped(f"A-{value}", value_at_risk=Decimal(value), account_name=f"Worth {value}", **changes)


def shuffled() -> list[AlertStep]:
    """Thirty alerts of differing value, in no order."""
    return Random(7).sample([worth(1_000 + value) for value in range(MANY)], MANY)


def said(mails: MailServer) -> list[str]:
    """The alerts of the mails, as they came, each by its thread."""
    return [str(mail.message["References"]).strip("<>").partition("@")[0] for mail in mails.mails]


def by_value(steps: list[AlertStep]) -> list[str]:
    return [str(step.alert_id) for step in sorted(steps, key=lambda it: -(it.value_at_risk or 0))]


@pytest.fixture
def desk(mails: MailServer) -> Iterator[Desk]:
    made = Desk(mails.settings())
    made.directory.learn(manager(ABOVE, name="Above"))
    yield made
    made.sender.close()


def come_while_away(desk: Desk, mails: MailServer, steps: list[AlertStep]) -> None:
    mails.go_away()
    for at in range(0, len(steps), 4):
        desk.handle(*steps[at : at + 4])
        desk.pass_time(7)
    assert mails.mails == []
    mails.come_back()


def test_what_an_outage_held_back_comes_by_its_value(desk: Desk, mails: MailServer) -> None:
    steps = shuffled()
    come_while_away(desk, mails, steps)
    desk.pass_time(60)
    assert said(mails) == by_value(steps)
    assert desk.balanced()


def test_after_a_restart_too(desk: Desk, mails: MailServer) -> None:
    steps = shuffled()
    come_while_away(desk, mails, steps)
    again = Desk(mails.settings(), log=desk.log)
    again.now = desk.now
    again.follow()
    again.assign(*ALL_PLACES)
    again.pass_time(1)
    again.sender.close()
    assert said(mails) == by_value(steps)


def test_what_is_urgent_comes_before_what_is_worth_more(desk: Desk, mails: MailServer) -> None:
    urgent = worth(5, segment=Segment.STRATEGIC.value)
    steps = [*shuffled(), urgent]
    come_while_away(desk, mails, steps)
    desk.pass_time(60)
    assert said(mails)[0] == urgent.alert_id


def test_the_steps_of_an_episode_come_in_their_order_whatever_each_weighs(desk: Desk, mails: MailServer) -> None:
    """It climbs to whoever has it already: the escalation is urgent, and draws its beginning with it."""
    climbs = {"step": StepKind.ESCALATED, "reason": StepReason.BY_PERSON, "escalation_chain": (OWNER,)}
    steps = [worth(1, step_no=1), worth(900), worth(1, step_no=2, **climbs), worth(800)]
    come_while_away(desk, mails, steps)
    desk.pass_time(60)
    assert said(mails) == [steps[0].alert_id, steps[2].alert_id, steps[1].alert_id, steps[3].alert_id]
    subjects = [str(mail.message["Subject"]) for mail in mails.mails[:2]]
    assert subjects[0] != subjects[1]
    assert [mail.id.strip("<>").partition("@")[0] for mail in mails.mails[:2]] == [
        told(step).id for step in (steps[0], steps[2])
    ]


def test_an_outage_spends_no_more_than_the_days_budget_and_spends_it_on_the_weightiest(mails: MailServer) -> None:
    desk = Desk(mails.settings(), attention=AttentionSettings(at_once_per_day=3, incident_from=None))
    steps = shuffled()
    come_while_away(desk, mails, steps)
    desk.pass_time(60)
    assert said(mails) == by_value(steps)[:3]
    last = {it.notification_id: it for it in desk.log.receipts if it.channel is ContactKind.EMAIL}
    assert sum(it.reason is OutcomeReason.OVER_BUDGET for it in last.values()) == MANY - 3
    desk.pass_time(86_400)
    assert len(mails.mails) == 4, "three mails, and the rest in one digest"
    assert desk.ledger.counts[Outcome.DELIVERED] == 2 * MANY
    desk.sender.close()


def test_an_outage_that_is_one_incident_ends_in_few_mails_and_one_message(mails: MailServer) -> None:
    desk = Desk(mails.settings(), attention=AttentionSettings(at_once_per_day=None, incident_from=5))
    steps = shuffled()
    come_while_away(desk, mails, steps)
    desk.pass_time(60)
    desk.pass_time(61)
    assert said(mails)[:4] == by_value(steps)[:4]
    assert len(mails.mails) == 5
    assert desk.ledger.counts[Outcome.DELIVERED] == 2 * MANY
    desk.sender.close()


def told(step: AlertStep) -> Notification:
    return Notification(step, OWNER, manager().data, ContactKind.EMAIL, "manager07@example.test")


def waiting(step: AlertStep, *, spared: bool = False) -> Waiting:
    return Waiting(told(step), 1, AT, spared=spared)


def test_a_later_step_does_not_pass_one_that_was_put_off() -> None:
    schedule = Schedule(lambda _: False)
    first, second = worth(5, step_no=1), worth(5, step_no=2, step=StepKind.REOPENED)
    schedule.put(waiting(first), AT + timedelta(seconds=60))
    schedule.put(waiting(second), AT)
    assert schedule.take(AT + timedelta(seconds=59)) is None
    assert schedule.take(AT + timedelta(seconds=60)) == waiting(first)
    assert schedule.take(AT + timedelta(seconds=60)) == waiting(second)
    assert len(schedule) == 0


def test_one_that_rests_for_its_recipients_sake_holds_up_nothing() -> None:
    schedule = Schedule(lambda _: False)
    schedule.put(waiting(worth(5, step_no=1), spared=True), AT + timedelta(hours=9))
    climbs = waiting(worth(5, step_no=2, step=StepKind.ESCALATED))
    schedule.put(climbs, AT)
    assert schedule.take(AT) == climbs


def test_what_was_settled_otherwise_is_not_taken_and_holds_up_nothing() -> None:
    settled: set[str] = set()
    schedule = Schedule(settled.__contains__)
    first, second = waiting(worth(5, step_no=1)), waiting(worth(5, step_no=2, step=StepKind.REOPENED))
    schedule.put(first, AT + timedelta(hours=1))
    settled.add(first.notification.id)
    schedule.put(second, AT)
    assert schedule.take(AT) == second
    schedule.put(first, AT)
    assert schedule.take(AT) is None
