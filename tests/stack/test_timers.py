"""Timers are state from the log: every process dies between any two steps of an alert's way up, and nothing is missed
or told twice.

The story is told in the time of its events, which move the watermark from one due moment to the next, so nobody waits
for a clock. What brings the next step is written while nobody lives: a timer that was no state would be gone. The
worker dies as soon as a step is on the log, delivery as soon as its receipts are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Final, NamedTuple

from consumers.delivery.settings import DeliverySettings
from pulse import topics
from pulse.local.child import Child
from schemas.alerts import AlertKind, alert_id
from schemas.broker import Broker
from schemas.catalogue import AnyEvent
from schemas.deliveries import Outcome
from schemas.events.managers import ContactKind
from schemas.ids import AccountId
from schemas.topics import ALERTS
from tests.conftest import wipe
from tests.delivery.mailserver import MailServer, mail_server
from tests.delivery.running import receipts_on, start_child
from tests.delivery.samples import AT_ONCE
from tests.waiting import SESSION_S, until
from tests.worker.reporting_line import manager, owned_by
from tests.worker.running import Log, complaint, event, kill, start_worker

ACCOUNT: Final = "A1"
ALERT: Final = alert_id(AccountId(ACCOUNT), AlertKind.COMPLAINT_OVERDUE, 1)
LINE: Final = {"Ann": "account_manager", "Leo": "lead", "Dora": "director", "Vic": "vice_president"}
WITHIN_S: Final = 45.0
OF_THE_CLOCK: Final = ("decided_at", "caused_by_record_at")
"""All else of a step follows from the log."""

Cause = Callable[[int, datetime], AnyEvent]
"""What brings a step about, by its number, and the moment at which the step is due."""


class Chapter(NamedTuple):
    """A step, who has the alert then, how many hours after the beginning that is, and who gets a mail."""

    step: str
    holder: str
    hours: float
    mails: tuple[str, ...]
    cause: Cause


def time_passes(number: int, due: datetime) -> AnyEvent:
    """It only says what time it is: a minute later."""
    data = {"hand_off_id": "H"}
    return event("interaction.hand_off_closed.v1", ACCOUNT, number, due + timedelta(minutes=1), data)


def by(actor: str, what: str, **data: str) -> Cause:
    """Somebody does something about the alert."""

    def act(number: int, due: datetime) -> AnyEvent:
        return event(f"alert.{what}.v1", ACCOUNT, number, due, {"alert_id": ALERT, "actor": actor, **data})

    return act


def snoozed_for_an_hour(number: int, due: datetime) -> AnyEvent:
    """By the lead."""
    return by("Leo", "snoozed", until=(due + timedelta(hours=1)).isoformat())(number, due)


def answered(number: int, due: datetime) -> AnyEvent:
    """The client got what was owed."""
    return event("complaint.answered.v1", ACCOUNT, number, due, {"complaint_id": "c0"})


STORY: Final = (
    Chapter("opened", "Ann", 1, ("Ann",), time_passes),
    Chapter("escalated", "Leo", 3, ("Leo",), time_passes),
    Chapter("snoozed", "Leo", 4, (), snoozed_for_an_hour),
    Chapter("reopened", "Leo", 5, ("Leo",), time_passes),
    Chapter("escalated", "Dora", 9, ("Dora",), time_passes),
    Chapter("escalated", "Vic", 17, ("Vic",), time_passes),
    Chapter("acknowledged", "Vic", 17.5, (), by("Vic", "acknowledged")),
    Chapter("resolved", "", 18, tuple(LINE), answered),
)
"""By the policy as shipped: a complaint that is overdue leaves two working hours, then four, then eight."""

MAILS_SO_FAR: Final = tuple(accumulate(len(chapter.mails) for chapter in STORY))


class Run:
    """One telling of the story: what is written, what is waited for, and what came out."""

    def __init__(self, broker: Broker, mails: MailServer, log: Log, began: datetime) -> None:
        self._broker, self._mails, self._log, self._began = broker, mails, log, began
        people = [*LINE]
        for name, above in zip(people, [*people[1:], None], strict=True):
            channels = [{"kind": "email", "address": f"{name.lower()}@example.test"}]
            log.send(manager(name, LINE[name], above, channels=channels))
        log.send(owned_by("Ann", 100), complaint(ACCOUNT, 0, began, began + timedelta(hours=STORY[0].hours), 1))

    @contextmanager
    def living(self) -> Iterator[tuple[Child, Child]]:
        """Worker and delivery, each a process."""
        worker = start_worker(self._broker, "worker-1")
        settings = DeliverySettings(
            smtp=self._mails.settings(), attention=AT_ONCE, instance_id="delivery-1", session_timeout_s=SESSION_S
        )
        try:
            delivery = start_child(settings, self._broker)
            try:
                yield worker, delivery
            finally:
                delivery.stop()
        finally:
            worker.stop()

    def cause(self, number: int) -> None:
        """Write what brings the next step about."""
        chapter = STORY[number - 1]
        self._log.send(chapter.cause(number, self._began + timedelta(hours=chapter.hours)))

    def wait_for_step(self, number: int) -> None:
        """Until it is on the log, and no later one."""
        until(lambda: len(self.steps()) >= number, WITHIN_S)
        assert len(self.steps()) == number, "time ran ahead of the story"

    def wait_for_mails(self, number: int) -> None:
        """Until delivery has receipts of all that the steps up to this one ask for."""
        until(lambda: self._is_receipted(number), WITHIN_S)

    def steps(self) -> list[dict[str, Any]]:
        """Every step once, in the order of the log; one that was told again must be what it was."""
        by_id: dict[str, dict[str, Any]] = {}
        for step in self._log.snapshots(ALERTS).get(ACCOUNT, []):
            assert by_id.setdefault(step["step_id"], step) == step, "told again unlike"
        return list(by_id.values())

    def outcome(self) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
        """The steps but for what the clock says of them, and the mails: for whom, and their ids."""
        plain = [{name: step[name] for name in step.keys() - set(OF_THE_CLOCK)} for step in self.steps()]
        return plain, sorted((mail.recipient.partition("@")[0], mail.id) for mail in self._mails.mails)

    def _is_receipted(self, number: int) -> bool:
        receipts = receipts_on(self._broker)
        mails = [it for it in receipts if it.channel is ContactKind.EMAIL and it.outcome is Outcome.DELIVERED]
        decided = {it.step_id for it in receipts}
        return len(mails) >= MAILS_SO_FAR[number - 1] and f"{ALERT}:{number}" in decided


@contextmanager
def a_run(broker: Broker, began: datetime) -> Iterator[Run]:
    """On a broker that is empty."""
    topics.apply(broker)
    log = Log(broker)
    try:
        with mail_server() as mails:
            yield Run(broker, mails, log, began)
    finally:
        log.close()


def test_an_alert_climbs_as_if_nobody_had_died_between_any_two_of_its_steps(fresh_kafka_broker: Broker) -> None:
    broker, began = fresh_kafka_broker, datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
    with a_run(broker, began) as run, run.living():
        for number in range(1, len(STORY) + 1):
            run.cause(number)
            run.wait_for_step(number)
            run.wait_for_mails(number)
        unharmed = run.outcome()
    wipe(broker)
    with a_run(broker, began) as run:
        for number in range(1, len(STORY) + 1):
            run.cause(number)
            with run.living() as (worker, delivery):
                run.wait_for_step(number)
                kill(worker)
                run.wait_for_mails(number)
                kill(delivery)
        steps, mails = run.outcome()
    for step, unharmed_step in zip(steps, unharmed[0], strict=True):
        assert step == unharmed_step
    assert mails == unharmed[1]
    told = [(step["step"], [*step["escalation_chain"], ""][0], datetime.fromisoformat(step["at"])) for step in steps]
    assert told == [(it.step, it.holder, began + timedelta(hours=it.hours)) for it in STORY]
    assert [name for name, _ in mails] == sorted(name.lower() for chapter in STORY for name in chapter.mails)
    assert len({name for _, name in mails}) == len(mails)
