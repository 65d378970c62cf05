"""Timers are state from the log: every process dies between any two steps of an alert's way up, and nothing is missed
or told twice.

The story is told in the time of its events, which move the watermark from one due moment to the next, so nobody waits
for a clock; one of them is told again and again, which keeps the worker from taking its own clock's word. What brings
the next step is written while nobody lives: a timer that was no state would be gone. The worker dies as soon as a step
is on the log, delivery as soon as its receipts are.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Final, NamedTuple

from consumers.delivery.settings import DeliverySettings
from consumers.runtime.follower import Follower
from consumers.runtime.subscription import Record
from pulse import topics
from pulse.local.child import Child
from schemas.alerts import AlertKind, alert_id
from schemas.broker import Broker
from schemas.catalogue import AnyEvent
from schemas.deliveries import DeliveryReceipt, Outcome
from schemas.events.managers import ContactKind
from schemas.ids import AccountId
from schemas.topics import ALERTS, DELIVERIES
from tests.conftest import wipe
from tests.delivery.mailserver import MailServer, mail_server
from tests.delivery.running import start_child
from tests.delivery.samples import AT_ONCE
from tests.waiting import SESSION_S, until
from tests.worker.reporting_line import manager, owned_by
from tests.worker.running import Log, complaint, event, kill, start_worker

ACCOUNT: Final = "A1"
ANOTHER: Final = "B1"
"""Time passes by events of another account: nothing but its timer brings an alert on."""

ALERT: Final = alert_id(AccountId(ACCOUNT), AlertKind.COMPLAINT_OVERDUE, 1)
LINE: Final = {"Ann": "account_manager", "Leo": "lead", "Dora": "director", "Vic": "vice_president"}
WITHIN_S: Final = 45.0
OF_THE_CLOCK: Final = ("decided_at", "caused_by_record_at")
"""All else of a step follows from the log."""

Deed = Callable[[int, datetime], AnyEvent]
"""What somebody does that brings a step about, by its number, and the moment at which the step is due."""


class Chapter(NamedTuple):
    """A step, who has the alert then, how many hours after the beginning that is, who gets a mail, and what brings it
    about beside time.
    """

    step: str
    holder: str
    hours: float
    mails: tuple[str, ...]
    deed: Deed | None = None


def by(actor: str, what: str, **data: str) -> Deed:
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


def pleasant_calls(at: datetime) -> Iterator[AnyEvent]:
    """So many that the complaint by itself leaves the account well enough."""
    data = {"channel": "call", "direction": "inbound", "sentiment": 0.9}
    return (event("interaction.logged.v1", ACCOUNT, 200 + number, at, data) for number in range(5))


STORY: Final = (
    Chapter("opened", "Ann", 1, ("Ann",)),
    Chapter("escalated", "Leo", 3, ("Leo",)),
    Chapter("snoozed", "Leo", 4, (), snoozed_for_an_hour),
    Chapter("reopened", "Leo", 5, ("Leo",)),
    Chapter("escalated", "Dora", 9, ("Dora",)),
    Chapter("escalated", "Vic", 17, ("Vic",)),
    Chapter("acknowledged", "Vic", 17.5, (), by("Vic", "acknowledged")),
    Chapter("resolved", "", 18, tuple(LINE), answered),
)
"""By the policy as shipped: a complaint that is overdue leaves two working hours, then four, then eight."""

MAILS_SO_FAR: Final = tuple(accumulate(len(chapter.mails) for chapter in STORY))


class Run:
    """One telling of the story: what is written, what is waited for, and what came out."""

    def __init__(self, broker: Broker, mails: MailServer, log: Log, began: datetime) -> None:
        self._broker, self._mails, self._log, self._began = broker, mails, log, began
        self._steps: dict[str, dict[str, Any]] = {}
        self._receipts: list[DeliveryReceipt] = []
        self.follower = Follower(broker, (ALERTS.name, DELIVERIES.name), self._keep, threading.Event())
        people = [*LINE]
        for name, above in zip(people, [*people[1:], None], strict=True):
            channels = [{"kind": "email", "address": f"{name.lower()}@example.test"}]
            log.send(manager(name, LINE[name], above, channels=channels))
        due = began + timedelta(hours=STORY[0].hours)
        log.send(owned_by("Ann", 99), *pleasant_calls(began), complaint(ACCOUNT, 0, began, due, 1))

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
        self.follower.catch_up()
        assert len(self._steps) == number - 1, f"not as the story goes: {self._steps}"
        if (deed := STORY[number - 1].deed) is not None:
            self._log.send(deed(number, self._due(number)))
        self._say_time(number)

    def wait_for_step(self, number: int) -> None:
        """Until it is on the log."""
        self._wait(number, lambda: len(self._steps) >= number)

    def wait_for_mails(self, number: int) -> None:
        """Until delivery has receipts of all that the steps up to this one ask for."""
        self._wait(number, lambda: self._is_receipted(number))

    def _wait(self, number: int, done: Callable[[], bool]) -> None:
        def done_by_now() -> bool:
            self._say_time(number)
            self.follower.look(100)
            return done()

        until(done_by_now, WITHIN_S)

    def _say_time(self, number: int) -> None:
        """An event that does nothing else: it is a minute past what time brings about, or as late as what was done."""
        past = timedelta(minutes=1 if STORY[number - 1].deed is None else 0)
        data = {"hand_off_id": "H"}
        self._log.send(event("interaction.hand_off_closed.v1", ANOTHER, 100 + number, self._due(number) + past, data))

    def _due(self, number: int) -> datetime:
        return self._began + timedelta(hours=STORY[number - 1].hours)

    def outcome(self) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
        """The steps but for what the clock says of them, and the mails: for whom, and their ids."""
        self.follower.catch_up()
        plain = [{name: step[name] for name in step.keys() - set(OF_THE_CLOCK)} for step in self._steps.values()]
        return plain, sorted((mail.recipient.partition("@")[0], mail.id) for mail in self._mails.mails)

    def _keep(self, records: Sequence[Record]) -> None:
        """Every step once, in the order of the log; one that was told again must be what it was."""
        for record in records:
            if record.topic == DELIVERIES.name:
                self._receipts.append(DeliveryReceipt.model_validate_json(record.value or b""))
                continue
            step = json.loads(record.value or b"")
            assert self._steps.setdefault(step["step_id"], step) == step, "told again unlike"

    def _is_receipted(self, number: int) -> bool:
        told = [it for it in self._receipts if it.channel is ContactKind.EMAIL and it.outcome is Outcome.DELIVERED]
        decided = {it.step_id for it in self._receipts}
        return len(told) >= MAILS_SO_FAR[number - 1] and f"{ALERT}:{number}" in decided


@contextmanager
def a_run(broker: Broker, began: datetime) -> Iterator[Run]:
    """On a broker made empty; all accounts are in one partition, so that one's events are the other's time."""
    wipe(broker)
    topics.apply(broker)
    log = Log(broker)
    try:
        with mail_server() as mails:
            run = Run(broker, mails, log, began)
            with run.follower:
                yield run
    finally:
        log.close()


def test_an_alert_climbs_as_if_nobody_had_died_between_any_two_of_its_steps(kafka_broker: Broker) -> None:
    broker = kafka_broker.model_copy(update={"partitions": 1})
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
    with a_run(broker, began) as run, run.living():
        for number in range(1, len(STORY) + 1):
            run.cause(number)
            run.wait_for_step(number)
            run.wait_for_mails(number)
        unharmed = run.outcome()
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
        assert step == unharmed_step, step["step"]
    assert mails == unharmed[1]
    told = [(step["step"], [*step["escalation_chain"], ""][0], datetime.fromisoformat(step["at"])) for step in steps]
    assert told == [(it.step, it.holder, began + timedelta(hours=it.hours)) for it in STORY]
    assert [name for name, _ in mails] == sorted(name.lower() for chapter in STORY for name in chapter.mails)
    assert len({name for _, name in mails}) == len(mails)
