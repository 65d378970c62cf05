"""Whose attention is taken when: at once, later, in a digest, or not at all."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from consumers.delivery.settings import AttentionSettings
from consumers.runtime.errors import Retry
from consumers.runtime.homes import Place
from schemas.alerts import AlertStep, StepKind, StepReason
from schemas.deliveries import DIGESTED, Outcome, OutcomeReason
from schemas.events.managers import ContactKind, WorkingHours
from schemas.events.profiles import AccountProfileSet, Segment
from schemas.ids import ManagerId
from schemas.topics import ALERTS, MANAGERS
from tests.delivery.desk import Desk
from tests.delivery.mailserver import WELL, MailServer
from tests.delivery.samples import AT, OWNER, band_dropped, band_recovered, complaint_overdue, manager

DEFERRED, DELIVERED, SUPPRESSED, FAILED = Outcome.DEFERRED, Outcome.DELIVERED, Outcome.SUPPRESSED, Outcome.FAILED
SPARING = AttentionSettings(digest_from_accounts=100, at_once_per_day=2, digest_at=time(8))
WEEK = tuple(WorkingHours(weekday=day, start=time(8), end=time(17)) for day in range(5))
EVENING = datetime(2026, 3, 2, 20, tzinfo=UTC)
MANAGED = Place(MANAGERS.name, 0)
NEXT_MORNING = datetime(2026, 3, 3, 7, tzinfo=UTC)
"""Eight o'clock in Berlin."""


@pytest.fixture
def desk(mails: MailServer) -> Iterator[Desk]:
    made = Desk(mails.settings(timeout_s=0.3), attention=SPARING)
    made.directory.learn(manager(working_hours=WEEK))
    yield made
    made.sender.close()


def became(desk: Desk, step: AlertStep) -> tuple[Outcome, OutcomeReason]:
    """What finally became of the mail of a step."""
    mine = [it for it in desk.log.receipts if it.step_id == step.step_id and it.channel is ContactKind.EMAIL]
    return mine[-1].outcome, mine[-1].reason


def owned(account: str, by: str = OWNER) -> AccountProfileSet:
    data = {"name": "Example", "segment": Segment.LONG_TAIL, "annual_value": Decimal(1), "currency": "EUR", "owner": by}
    return AccountProfileSet.model_validate(
        {"id": f"p-{account}", "source": "tests", "subject": account, "time": AT, "data": data}
    )


def own_many(desk: Desk, accounts: int = 100) -> None:
    for number in range(accounts):
        desk.sender.desk.attention.portfolios.learn(owned(f"P-{number}"))


def until_the_clock_shows(desk: Desk, moment: datetime) -> None:
    desk.pass_time((moment - desk.now).total_seconds())


def test_in_working_hours_an_alert_goes_at_once(desk: Desk, mails: MailServer) -> None:
    desk.handle(band_dropped())
    assert len(mails.mails) == 1


def test_outside_working_hours_a_mail_waits_for_them_and_the_inbox_does_not(desk: Desk, mails: MailServer) -> None:
    desk.now = EVENING
    desk.handle(band_dropped())
    assert became(desk, band_dropped()) == (DEFERRED, OutcomeReason.QUIET_HOURS)
    assert desk.log.receipts[-1].due_at == NEXT_MORNING
    assert desk.log.outcomes()[0] == ("console", DELIVERED)
    until_the_clock_shows(desk, NEXT_MORNING - timedelta(seconds=1))
    assert mails.mails == []
    until_the_clock_shows(desk, NEXT_MORNING)
    assert len(mails.mails) == 1
    assert became(desk, band_dropped()) == (DELIVERED, OutcomeReason.ACCEPTED)


@pytest.mark.parametrize(
    "urgent",
    [
        band_dropped(segment=Segment.STRATEGIC.value),
        band_dropped(step=StepKind.ESCALATED, step_no=2, facts={}, escalation_chain=(OWNER,)),
    ],
)
def test_a_strategic_account_in_critical_and_an_escalation_go_whatever_the_hour(
    desk: Desk, mails: MailServer, urgent: AlertStep
) -> None:
    own_many(desk)
    desk.now = EVENING
    desk.handle(*(complaint_overdue(f"A-{number}") for number in range(9)), urgent)
    assert [mail.recipient for mail in mails.mails] == ["manager07@example.test"]


def test_whoever_owns_many_accounts_gets_one_digest_with_the_most_valuable_first(desk: Desk, mails: MailServer) -> None:
    own_many(desk)
    values = (1_000, 90_000, 5_000)
    steps = [band_dropped(f"A-{value}", value_at_risk=Decimal(value), account_name=f"A {value}") for value in values]
    desk.handle(*steps)
    assert mails.mails == []
    assert {became(desk, step) for step in steps} == {(DEFERRED, OutcomeReason.IN_DIGEST)}
    until_the_clock_shows(desk, NEXT_MORNING)
    (mail,) = mails.mails
    text = str(mail.message)
    assert str(mail.message["Subject"]) == "Your digest: 3 alerts"
    assert text.index("A 90000") < text.index("A 5000") < text.index("A 1000")
    assert {became(desk, step) for step in steps} == {(DELIVERED, OutcomeReason.IN_DIGEST)}
    assert desk.balanced()
    desk.pass_time(3600)
    assert len(mails.mails) == 1


def test_beyond_the_days_budget_the_least_valuable_wait_for_the_digest(desk: Desk, mails: MailServer) -> None:
    steps = {value: band_dropped(f"A-{value}", value_at_risk=Decimal(value)) for value in (1, 4, 2, 3)}
    desk.handle(*steps.values())
    assert len(mails.mails) == 2
    assert became(desk, steps[4]) == became(desk, steps[3]) == (DELIVERED, OutcomeReason.ACCEPTED)
    assert became(desk, steps[2]) == became(desk, steps[1]) == (DEFERRED, OutcomeReason.OVER_BUDGET)
    until_the_clock_shows(desk, NEXT_MORNING)
    assert len(mails.mails) == 3
    desk.handle(complaint_overdue("A-9"))
    assert len(mails.mails) == 4, "a new day has a budget of its own"


def test_a_replay_of_receipts_spends_the_budget_once(desk: Desk, mails: MailServer) -> None:
    desk.handle(band_dropped("A-1"))
    for receipt in [*desk.log.receipts, *desk.log.receipts]:
        desk.sender.desk.attention.note(receipt)
    desk.handle(band_dropped("A-2"))
    assert len(mails.mails) == 2


@pytest.mark.parametrize("by", [StepKind.ACKNOWLEDGED, StepKind.SNOOZED])
def test_what_somebody_has_in_hand_is_told_to_nobody_any_more(desk: Desk, mails: MailServer, by: StepKind) -> None:
    own_many(desk)
    desk.handle(band_dropped())
    desk.handle(band_dropped(step_no=2, step=by, reason=StepReason.BY_PERSON, actor=ManagerId("M-01")))
    assert became(desk, band_dropped()) == (SUPPRESSED, OutcomeReason.OVERTAKEN)
    until_the_clock_shows(desk, NEXT_MORNING)
    assert mails.mails == []
    assert desk.balanced()


def test_an_episode_that_ended_before_it_was_told_is_not_told_at_all(desk: Desk, mails: MailServer) -> None:
    own_many(desk)
    desk.handle(band_dropped(), band_recovered())
    assert became(desk, band_dropped()) == became(desk, band_recovered()) == (SUPPRESSED, OutcomeReason.OVERTAKEN)
    until_the_clock_shows(desk, NEXT_MORNING)
    assert mails.mails == []
    told = [it for it in desk.log.receipts if it.channel is ContactKind.CONSOLE]
    assert [it.outcome for it in told] == [DELIVERED, DELIVERED]


def test_what_waits_for_a_server_that_is_away_is_overtaken_too(desk: Desk, mails: MailServer) -> None:
    mails.go_away()
    desk.handle(band_dropped())
    desk.handle(band_dropped(step_no=2, step=StepKind.ACKNOWLEDGED, reason=StepReason.BY_PERSON))
    mails.come_back()
    desk.pass_time(60)
    assert mails.mails == []
    assert became(desk, band_dropped()) == (SUPPRESSED, OutcomeReason.OVERTAKEN)


def test_a_digest_that_the_server_puts_off_goes_later_with_the_same_id(desk: Desk, mails: MailServer) -> None:
    own_many(desk)
    ids: list[str] = []

    def refuse(mail: object) -> str:
        ids.append(str(mail))
        return "451 try later"

    mails.on_data = refuse
    desk.handle(band_dropped("A-1"), band_dropped("A-2"))
    until_the_clock_shows(desk, NEXT_MORNING)
    assert len(ids) == 1
    assert {it.outcome for it in desk.log.receipts if it.channel is ContactKind.EMAIL} == {DEFERRED}
    mails.on_data = lambda _: WELL
    desk.pass_time(61)
    assert len(mails.mails) == 1
    assert desk.ledger.counts[DELIVERED] == 4


def test_a_digest_refused_for_good_has_failed_with_all_that_was_in_it(desk: Desk, mails: MailServer) -> None:
    own_many(desk)
    mails.on_rcpt = lambda _: "550 no such user"
    desk.handle(band_dropped("A-1"), band_dropped("A-2"))
    until_the_clock_shows(desk, NEXT_MORNING)
    assert desk.ledger.counts[FAILED] == 2
    assert desk.balanced()


def test_a_recipient_without_the_channel_any_more_is_said_to_be_lost(desk: Desk, mails: MailServer) -> None:
    own_many(desk)
    desk.handle(band_dropped())
    desk.directory.forget(OWNER)
    until_the_clock_shows(desk, NEXT_MORNING)
    assert became(desk, band_dropped()) == (FAILED, OutcomeReason.RECEIVER_AWAY)
    assert mails.mails == []


def another(desk: Desk, mails: MailServer, *places: Place) -> Desk:
    """A process that begins now, on the same log."""
    made = Desk(mails.settings(timeout_s=0.3), attention=SPARING, log=desk.log)
    made.now = desk.now
    made.directory.learn(manager(working_hours=WEEK))
    made.assign(*places)
    return made


def test_a_digest_that_was_due_while_nobody_ran_goes_once_as_soon_as_somebody_does(
    desk: Desk, mails: MailServer
) -> None:
    own_many(desk)
    desk.handle(band_dropped("A-1"), band_dropped("A-2"))
    desk.now = NEXT_MORNING + timedelta(hours=30)
    for _ in range(2):
        desk = another(desk, mails, *EVERYWHERE)
        desk.pass_time(1)
        desk.sender.close()
    assert len(mails.mails) == 1
    assert [it.outcome for it in desk.log.receipts if it.channel is ContactKind.EMAIL].count(DELIVERED) == 2


def test_a_crash_between_a_digest_and_its_receipts_repeats_it_under_the_same_id(desk: Desk, mails: MailServer) -> None:
    own_many(desk)
    desk.handle(band_dropped("A-1"), band_dropped("A-2"))
    desk.log.away = True
    with pytest.raises(Retry):
        until_the_clock_shows(desk, NEXT_MORNING)
    desk.log.away = False
    again = another(desk, mails, *EVERYWHERE)
    again.pass_time(1)
    again.sender.close()
    first, second = mails.mails
    assert first.id == second.id


def test_what_waits_for_working_hours_outlives_a_restart(desk: Desk, mails: MailServer) -> None:
    desk.now = EVENING
    desk.handle(band_dropped())
    again = another(desk, mails, *EVERYWHERE)
    again.pass_time(1)
    assert mails.mails == []
    until_the_clock_shows(again, NEXT_MORNING)
    again.sender.close()
    assert len(mails.mails) == 1
    assert became(again, band_dropped()) == (DELIVERED, OutcomeReason.ACCEPTED)


def test_of_several_processes_each_takes_up_its_own_and_one_sends_the_digests(desk: Desk, mails: MailServer) -> None:
    desk.now = EVENING
    desk.handle(band_dropped("A-1"), complaint_overdue("A-2"))
    own_many(desk)
    desk.handle(*(band_dropped(f"B-{number}") for number in range(2)), complaint_overdue("B-3"))
    halves = [EVERYWHERE[:2], EVERYWHERE[2:]]
    several = [another(desk, mails, *half) for half in halves]
    for one in several:
        until_the_clock_shows(one, NEXT_MORNING)
    for one in several:
        one.pass_time(1)
        one.sender.close()
    subjects = [str(mail.message["Subject"]) for mail in mails.mails]
    assert max(subjects) == "Your digest: 3 alerts"
    assert len(subjects) == len({mail.id for mail in mails.mails}) == 3


def test_a_night_of_alerts_is_so_many_mails_in_the_morning_and_one_digest(desk: Desk, mails: MailServer) -> None:
    desk.now = EVENING
    desk.handle(*(band_dropped(f"A-{number}") for number in range(4)))
    until_the_clock_shows(desk, NEXT_MORNING)
    subjects = sorted(str(mail.message["Subject"])[:11] for mail in mails.mails)
    assert subjects == ["Health drop", "Health drop", "Your digest"]


def test_an_incident_at_night_waits_for_the_morning(desk: Desk, mails: MailServer) -> None:
    desk.now = EVENING
    desk.handle(*(band_dropped(f"A-{number}") for number in range(9)))
    desk.pass_time(600)
    assert mails.mails == []
    until_the_clock_shows(desk, NEXT_MORNING)
    assert "Health dropped on 5 accounts at once" in [str(mail.message["Subject"]) for mail in mails.mails]


def test_many_alerts_of_a_kind_within_minutes_are_one_message_soon(desk: Desk, mails: MailServer) -> None:
    desk.handle(*(complaint_overdue(f"A-{number}") for number in range(2)))
    assert len(mails.mails) == 2
    desk.handle(band_dropped("B-1"))
    assert became(desk, band_dropped("B-1")) == (DEFERRED, OutcomeReason.OVER_BUDGET), "another kind, another cause"
    late = [complaint_overdue(f"A-{number}") for number in range(2, 40)]
    desk.handle(*late[:2])
    assert {became(desk, step) for step in late[:2]} == {(DEFERRED, OutcomeReason.OVER_BUDGET)}
    desk.handle(*late[2:])
    assert {became(desk, step) for step in late[2:]} == {(DEFERRED, OutcomeReason.IN_INCIDENT)}
    desk.pass_time(60)
    (mail,) = mails.mails[2:]
    assert str(mail.message["Subject"]) == "Complaint overdue on 36 accounts at once"
    assert {became(desk, step) for step in late[2:]} == {(DELIVERED, OutcomeReason.IN_INCIDENT)}
    assert desk.balanced()


def test_an_incident_reaches_also_whoever_gets_digests(desk: Desk, mails: MailServer) -> None:
    own_many(desk)
    desk.handle(*(complaint_overdue(f"A-{number}") for number in range(10)))
    assert mails.mails == []
    desk.pass_time(60)
    (mail,) = mails.mails
    assert str(mail.message["Subject"]) == "Complaint overdue on 6 accounts at once"


def test_alerts_of_a_kind_that_are_far_apart_are_no_incident(desk: Desk, mails: MailServer) -> None:
    for number in range(6):
        desk.handle(complaint_overdue(f"A-{number}"))
        desk.pass_time(SPARING.incident_within_s + 1)
    assert OutcomeReason.IN_INCIDENT not in {it.reason for it in desk.log.receipts}


def test_what_a_load_of_history_opened_and_is_still_open_comes_in_one_digest(desk: Desk, mails: MailServer) -> None:
    opened = [band_dropped(f"A-{number}", historic=True) for number in range(6)]
    desk.handle(*opened)
    desk.handle(*(band_recovered(f"A-{number}", historic=True) for number in range(4)))
    until_the_clock_shows(desk, NEXT_MORNING)
    (mail,) = mails.mails
    assert str(mail.message["Subject"]) == "Your digest: 2 alerts"
    assert [became(desk, step)[0] for step in opened] == [SUPPRESSED] * 4 + [DELIVERED] * 2
    assert desk.balanced()


def test_of_a_load_of_history_only_so_many_wait_for_one_manager(mails: MailServer) -> None:
    desk = Desk(mails.settings(timeout_s=0.3), attention=SPARING.model_copy(update={"history_most": 3}))
    desk.handle(*(band_dropped(f"A-{number}", historic=True) for number in range(6)))
    assert [it.reason for it in desk.log.receipts].count(OutcomeReason.IN_DIGEST) == 3
    assert [it.reason for it in desk.log.receipts].count(OutcomeReason.HISTORIC) == 3
    desk.sender.close()


EVERYWHERE = (Place(ALERTS.name, 0), Place(ALERTS.name, 1), Place(ALERTS.name, 2), Place(ALERTS.name, 3), MANAGED)


def test_only_reasons_of_a_digest_wait_for_one() -> None:
    assert {OutcomeReason.IN_DIGEST, OutcomeReason.OVER_BUDGET, OutcomeReason.IN_INCIDENT} == DIGESTED
