"""The delivery process: puts its parts together, folds what is on the log, then runs the loop."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog

from consumers.delivery import metrics
from consumers.delivery.channels.offered import channels, mail_of
from consumers.delivery.channels.outbound import Outbound
from consumers.delivery.directory import Directory
from consumers.delivery.lanes import Patience
from consumers.delivery.ledger import Ledger
from consumers.delivery.reading import fold_receipts, learn_manager, learn_profile
from consumers.delivery.receipts import ReceiptDesk
from consumers.delivery.rollups import RollUps, Ways
from consumers.delivery.selfaudit import SelfAudit
from consumers.delivery.sending import Sender
from consumers.delivery.settings import DeliverySettings
from consumers.delivery.stage import Stage
from consumers.runtime import loop
from consumers.runtime.below import Ask
from consumers.runtime.clickhouse import ClickHouse, connect, rows
from consumers.runtime.errors import Retry, StoppedEarly
from consumers.runtime.follower import Follower
from consumers.runtime.homes import Place
from consumers.runtime.producer import Publisher
from consumers.runtime.status import Status
from consumers.runtime.stopping import stop_signals
from consumers.runtime.subscription import Record
from schemas.broker import Broker
from schemas.errors import BadEvent
from schemas.topics import ALERTS, DELIVERIES, DELIVERY_GROUP, MANAGERS, PROFILES

_CLIENT = "account-pulse-delivery"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Beside:
    """What delivery does without where it must: `status` is kept true, `clickhouse` is for roll-ups."""

    status: Status | None = None
    clickhouse: ClickHouse | None = None


def run(
    settings: DeliverySettings,
    broker: Broker,
    on_ready: Callable[[], None],
    status: Status,
    clickhouse: ClickHouse | None = None,
) -> None:
    """Deliver until SIGTERM or SIGINT; `status` is kept true. Must run in the main thread.

    Without ClickHouse there are no roll-ups.
    """
    with stop_signals() as stop:
        run_until(settings, broker, stop, on_ready, Beside(status, clickhouse))


def run_until(
    settings: DeliverySettings,
    broker: Broker,
    stop: threading.Event,
    on_ready: Callable[[], None],
    beside: Beside = Beside(),
) -> None:
    """Deliver until `stop` is set; then finish what is being sent and write its receipt."""
    try:
        with ExitStack() as stack:
            process = _Process(settings, broker, stop, stack)
            if beside.clickhouse is not None:
                process.roll_up(beside.clickhouse, stack)
            process.run(on_ready, beside.status or Status())
    except StoppedEarly:
        log.info("stopped_early")


def utc_now() -> datetime:
    """The clock of the process."""
    return datetime.now(UTC)


class _Process:
    """The parts of one run. `stack` closes what was opened, last first."""

    def __init__(self, settings: DeliverySettings, broker: Broker, stop: threading.Event, stack: ExitStack) -> None:
        self._settings = settings
        self._broker = broker
        self._stop = stop
        self._directory = Directory()
        ledger = Ledger(settings.max_remembered)
        metrics.REMEMBERED_LIMIT.set(settings.max_remembered)
        publisher = stack.enter_context(Publisher(broker, _CLIENT, stop))
        self._desk = ReceiptDesk(ledger, publisher, utc_now, settings.attention)
        offered = channels(settings, utc_now, self._desk.threads)
        sender = Sender(offered, self._desk, settings.retry, settings.max_waiting, Patience())
        self._sender = stack.enter_context(closing(sender))
        heartbeat = settings.heartbeat_url.get_secret_value() if settings.heartbeat_url else None
        self._audit = SelfAudit(ledger, heartbeat, Outbound(settings.targets.outbound))
        self._managers = stack.enter_context(Follower(broker, (MANAGERS.name,), self._learn, stop))
        self._receipts = stack.enter_context(Follower(broker, (DELIVERIES.name,), self._fold, stop))
        self._profiles: Follower | None = None
        if settings.attention.spared and settings.attention.digest_from_accounts is not None:
            self._profiles = stack.enter_context(Follower(broker, (PROFILES.name,), self._learn_profiles, stop))
        self._roll_ups: RollUps | None = None
        self._stage = Stage(self._directory, self._sender, self._desk, stop, self)

    def roll_up(self, clickhouse: ClickHouse, stack: ExitStack) -> None:
        """Tell roll-ups beside everything else, over a connection of its own to whatever it needs."""

        @contextmanager
        def asking() -> Iterator[Ask]:
            with closing(connect(clickhouse)) as client:
                yield partial(rows, client)

        publisher = stack.enter_context(Publisher(self._broker, _CLIENT, self._stop))
        mail = stack.enter_context(closing(mail_of(self._settings)))
        self._roll_ups = RollUps(self._settings, self._directory, Ways(asking, mail.hand_over, publisher))
        ended = threading.Event()
        thread = threading.Thread(target=self._roll_ups.run, args=(utc_now, ended), name="roll-ups")
        stack.callback(thread.join)
        stack.callback(ended.set)
        thread.start()

    def run(self, on_ready: Callable[[], None], status: Status) -> None:
        """Fold the log, then handle alerts and what was deferred of those in our partitions."""
        while not self._folded():
            self._stop.wait(1)
        loop.run(self._subscription(status), self._broker, self._stage, self._stop, on_ready)

    def _folded(self) -> bool:
        """Whether the log could be folded; doing it again changes nothing."""
        try:
            self._managers.catch_up()
            if self._profiles is not None:
                self._profiles.catch_up()
            self._receipts.catch_up()
        except Retry as error:
            log.warning("log_not_folded", reason=error.reason)
            return False
        log.info("log_folded", managers=len(self._directory), decided=self._desk.ledger.decided)
        return True

    def _assigned(self, assigned: loop.Assigned) -> None:
        """Receipts that others wrote up to now count."""
        self._receipts.catch_up()
        self._stage.assigned(assigned)
        if self._roll_ups is not None:
            self._roll_ups.mine = Place(MANAGERS.name, 0) in assigned.places

    def refresh(self) -> None:
        """As `Following` says."""
        self._managers.catch_up()

    def follow(self) -> None:
        """As `Following` says."""
        self._receipts.look()
        if self._profiles is not None:
            self._profiles.look()
        self._audit.turn(utc_now(), self._sender.away)

    def _subscription(self, status: Status) -> loop.Subscription:
        """Small batches, short waits and few commits: an alert is worth milliseconds, and what is read again after a
        crash is known by its receipts. Those of others count after a rebalance.
        """
        return loop.Subscription(
            group=DELIVERY_GROUP,
            topics=(ALERTS.name, MANAGERS.name),
            max_records=500,
            max_bytes=self._settings.max_batch_bytes,
            fetch_bytes=self._settings.max_fetch_bytes,
            poll_s=0.1,
            commit_every_s=0.5,
            embedded_fetch_wait_ms=5,
            session_timeout_s=self._settings.session_timeout_s,
            instance_id=self._settings.instance_id,
            on_assigned=self._assigned,
            status=status,
        )

    def _learn(self, records: Sequence[Record]) -> None:
        for record in records:
            try:
                learn_manager(record, self._directory, utc_now())
            except BadEvent as error:
                log.warning("manager_unreadable", offset=record.offset, reason=error.reason.value)

    def _fold(self, records: Sequence[Record]) -> None:
        fold_receipts(records, self._desk, self._roll_ups.note if self._roll_ups else None)

    def _learn_profiles(self, records: Sequence[Record]) -> None:
        for record in records:
            try:
                learn_profile(record, self._desk.attention.portfolios, utc_now())
            except BadEvent as error:
                log.warning("profile_unreadable", offset=record.offset, reason=error.reason.value)
