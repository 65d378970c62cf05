"""The handler of the delivery loop: read, route, send, receipt. Decides nothing itself.

Order within a batch: first everything that needs no network, then the mails, so that a slow mail server holds up nobody
who is told otherwise. A batch is done when every decision in it has a receipt on account.deliveries.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

import structlog

from consumers.delivery import metrics
from consumers.delivery.decisions import Decision, Notification, Suppression
from consumers.delivery.directory import Directory
from consumers.delivery.reading import learn_manager, to_dead_letter, to_step
from consumers.delivery.receipts import ReceiptDesk
from consumers.delivery.routing import route
from consumers.delivery.sending import Sender
from consumers.runtime.errors import Retry, StoppedEarly
from consumers.runtime.subscription import Record
from schemas.alerts import AlertStep
from schemas.deliveries import OutcomeReason
from schemas.errors import BadEvent
from schemas.events.managers import ContactKind
from schemas.ids import AlertId, ManagerId
from schemas.topics import MANAGERS

_RETRY_FOR = timedelta(seconds=1)

log = structlog.get_logger()


class Stage:
    """Implements the loop's `Handler`. `refresh` brings the directory up to date with what is on the log now."""

    def __init__(
        self,
        directory: Directory,
        sender: Sender,
        desk: ReceiptDesk,
        stop: threading.Event,
        refresh: Callable[[], None],
    ) -> None:
        self._directory = directory
        self._sender = sender
        self._desk = desk
        self._ledger = desk.ledger
        self._stop = stop
        self._refresh = refresh

    def handle(self, records: Sequence[Record]) -> None:
        """Decide, send and receipt every alert step among the records; take in the managers.

        Raises:
            Retry: receipts could not be written, what was sent is known and not sent again; or so many notifications
                wait for their channel that no more are taken.
            StoppedEarly: a stop was asked for before all was sent; the rest is done by the next run.
        """
        self._check_room()
        fresh = self._fresh(self._route_all(self._steps(records)))
        self._suppress(fresh)
        notifications = [decision for decision in fresh if isinstance(decision, Notification)]
        for notification in sorted(notifications, key=_needs_network):
            if self._stop.is_set():
                break
            self._sender.first(notification)
        self._desk.settle()
        if self._stop.is_set() and any(not self._ledger.is_decided(it.id) for it in notifications):
            raise StoppedEarly

    def idle(self) -> None:
        """Write receipts that are still in the tray, and try what is due again once they are written.

        Raises:
            Retry: they cannot be written. Nothing is tried then: each attempt would leave another receipt.
        """
        self._desk.settle()
        self._sender.due(_RETRY_FOR)
        self._desk.settle()

    def _check_room(self) -> None:
        """Whatever is away: one batch of receipts and `max_waiting` notifications are held, the log holds the rest."""
        self._desk.settle()
        if self._sender.full:
            raise Retry(f"{self._sender.waiting} notifications wait for their channel: no more are taken")

    def _steps(self, records: Sequence[Record]) -> list[AlertStep]:
        """The alert steps among the records, in order; managers are learned on the way."""
        steps = []
        for record in records:
            try:
                if record.topic == MANAGERS.name:
                    learn_manager(record, self._directory, self._desk.clock())
                else:
                    steps.append(to_step(record))
            except BadEvent as error:
                self._bury(record, error)
        return steps

    def _bury(self, record: Record, error: BadEvent) -> None:
        metrics.UNREADABLE.labels(record.topic).inc()
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        log.error("record_unreadable", **place, reason=error.reason.value, detail=error.detail)
        self._desk.add(to_dead_letter(record, error, self._desk.clock()))

    def _route_all(self, steps: Sequence[AlertStep]) -> list[Decision]:
        """All decisions, in order; who is told by one step of an episode is known to the next."""
        decided: list[Decision] = []
        telling: defaultdict[AlertId, set[ManagerId]] = defaultdict(set)
        for step in steps:
            decisions = self._route(step, self._ledger.told(step.alert_id) | telling[step.alert_id])
            telling[step.alert_id] |= {it.recipient for it in decisions if isinstance(it, Notification)}
            decided += decisions
        return decided

    def _route(self, step: AlertStep, told: Collection[ManagerId]) -> list[Decision]:
        offered = {kind: channel.fault_of for kind, channel in self._sender.channels.items()}
        decisions = route(step, self._directory, told, offered)
        if any(isinstance(it, Suppression) and it.reason is OutcomeReason.UNKNOWN_MANAGER for it in decisions):
            self._refresh()
            decisions = route(step, self._directory, told, offered)
        return decisions

    def _fresh(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Those that no receipt is known of, each once; what may have been told before memory begins is left out."""
        fresh = {decision.id: decision for decision in decisions if not self._ledger.is_decided(decision.id)}
        metrics.REPEATED.inc(len(decisions) - len(fresh))
        known = [it for it in fresh.values() if not self._ledger.is_beyond_memory(it.step.decided_at)]
        if forgotten := len(fresh) - len(known):
            metrics.BEYOND_MEMORY.inc(forgotten)
            log.warning("steps_beyond_memory", count=forgotten, forgotten_until=self._ledger.forgotten_until)
        return known

    def _suppress(self, decisions: Sequence[Decision]) -> None:
        suppressed = [decision for decision in decisions if isinstance(decision, Suppression)]
        for suppression in suppressed:
            self._desk.suppress(suppression)
        if suppressed:
            log.info("steps_suppressed", **Counter(suppression.reason.value for suppression in suppressed))


def _needs_network(notification: Notification) -> bool:
    return notification.channel is not ContactKind.CONSOLE
