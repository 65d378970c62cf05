"""The delivery stage without Kafka: a clock that is moved by hand, a log that is a list, and channels as wanted."""

import threading
from datetime import datetime, timedelta

from kafka.consumer.fetcher import ConsumerRecord

from consumers.delivery.channels.inbox import Inbox
from consumers.delivery.channels.links import Links
from consumers.delivery.channels.mail_message import mail_bytes
from consumers.delivery.channels.port import Channel
from consumers.delivery.channels.smtp import Mail
from consumers.delivery.directory import Directory
from consumers.delivery.lanes import Patience
from consumers.delivery.ledger import Ledger
from consumers.delivery.receipts import ReceiptDesk
from consumers.delivery.sending import Sender
from consumers.delivery.settings import AttentionSettings, DeliverySettings, RetrySettings, SmtpSettings
from consumers.delivery.stage import Stage
from consumers.runtime.errors import Retry
from consumers.runtime.homes import Assigned, Place
from consumers.runtime.producer import Outgoing
from consumers.runtime.subscription import Record
from schemas.alerts import AlertStep
from schemas.deliveries import DeliveryReceipt, Outcome
from schemas.topics import ALERTS, DELIVERIES, MANAGERS
from tests.delivery.samples import AT, AT_ONCE, manager

WAITS = (2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0)
RETRY = RetrySettings(first_s=2, most_s=60, give_up_after_s=3600, email=WAITS, slack=WAITS, webhook=WAITS, jitter=0)


class Log:
    """Keeps what is written; refuses while `away`."""

    def __init__(self) -> None:
        self.records: list[Outgoing] = []
        self.away = False
        self.offered = 0
        self._started: list[Outgoing] = []

    def start(self, record: Outgoing) -> None:
        self._started.append(record)

    def settle(self) -> None:
        started, self._started = self._started, []
        self.offered = len(started)
        if self.away and started:
            raise Retry("the test's log is away")
        self.records += started

    @property
    def receipts(self) -> list[DeliveryReceipt]:
        values = [record.value or b"" for record in self.records if record.topic == DELIVERIES.name]
        return [DeliveryReceipt.model_validate_json(value) for value in values]

    def outcomes(self) -> list[tuple[str | None, Outcome]]:
        return [(it.channel.value if it.channel else None, it.outcome) for it in self.receipts]


class Desk:
    """A stage with everything it needs; time stands still until `pass_time`."""

    shipped = RetrySettings()
    patience = Patience(slow_after_s=5.0, turn_s=30.0)
    """So that all is said and done when `handle` returns."""

    def __init__(
        self,
        smtp: SmtpSettings | None = None,
        *more: Channel,
        retry: RetrySettings = RETRY,
        max_waiting: int = 1_000,
        attention: AttentionSettings = AT_ONCE,
        log: Log | None = None,
    ) -> None:
        self.now = AT
        self.log = log or Log()
        self._followed = 0
        self.ledger = Ledger(max_remembered=100)
        self.directory = Directory()
        self.stop = threading.Event()
        self.refreshed = 0
        settings = DeliverySettings(smtp=smtp or SmtpSettings(port=1), attention=attention)
        mail = Mail(settings.smtp, lambda told: mail_bytes(told, settings, Links(settings.console_url)))
        channels: tuple[Channel, ...] = (Inbox(), mail, *more)
        desk = ReceiptDesk(self.ledger, self.log, lambda: self.now, settings.attention)
        self.sender = Sender({channel.kind: channel for channel in channels}, desk, retry, max_waiting, self.patience)
        self.stage = Stage(self.directory, self.sender, desk, self.stop, self)
        self.directory.learn(manager())

    def handle(self, *steps: AlertStep) -> None:
        self.stage.handle([record(ALERTS.name, step.model_dump_json().encode(), at) for at, step in enumerate(steps)])

    def pass_time(self, seconds: float) -> datetime:
        """Time passes, and the loop calls `idle`."""
        self.now += timedelta(seconds=seconds)
        self.stage.idle()
        return self.now

    def balanced(self) -> bool:
        """Whether decided = delivered + failed + deferred + suppressed."""
        return self.ledger.decided == sum(self.ledger.counts.values())

    def refresh(self) -> None:
        self.refreshed += 1

    def follow(self) -> None:
        """What stands on the log by now, also what others wrote."""
        for receipt in self.log.receipts[self._followed :]:
            self.sender.desk.note(receipt)
        self._followed = len(self.log.receipts)

    def assign(self, *places: Place) -> None:
        """The group gives these partitions, of four, to this stage."""
        self.stage.assigned(Assigned(frozenset(places), {ALERTS.name: 4, MANAGERS.name: 1}))


def record(topic: str, value: bytes | None, offset: int = 0) -> Record:
    """A record as kafka-python hands it out."""
    fields = dict.fromkeys(ConsumerRecord._fields)
    given = {"topic": topic, "partition": 0, "offset": offset, "timestamp": 0, "value": value, "headers": []}
    made: Record = ConsumerRecord(**(fields | given))
    return made
