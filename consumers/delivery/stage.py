"""The handler of the delivery loop: read, route, send, receipt. Decides nothing itself.

Order within a batch: first everything that needs no network, then the mails, so that a slow mail server holds up nobody
who is told otherwise. A batch is done when every decision in it has a receipt on account.deliveries.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from consumers.delivery import metrics
from consumers.delivery.attention.rules import UNINTERRUPTING
from consumers.delivery.decisions import Decision, Notification, Suppression
from consumers.delivery.digests import due
from consumers.delivery.directory import Directory
from consumers.delivery.gate import overtake
from consumers.delivery.reading import learn_manager, to_dead_letter, to_step
from consumers.delivery.receipts import ReceiptDesk, of_lost
from consumers.delivery.resume import GONE, take_up
from consumers.delivery.routing import ENDS, Offered, route
from consumers.delivery.sending import Sender
from consumers.runtime.errors import Retry, StoppedEarly
from consumers.runtime.homes import Assigned, Place
from consumers.runtime.subscription import Record
from schemas.alerts import AlertStep, StepKind
from schemas.deliveries import OutcomeReason
from schemas.errors import BadEvent
from schemas.events.managers import ContactKind
from schemas.ids import AlertId, ManagerId
from schemas.topics import ALERTS, MANAGERS

_LOOK_EVERY = timedelta(seconds=1)
_SEEN = frozenset({StepKind.ACKNOWLEDGED, StepKind.SNOOZED})
"""Steps of a person who knows of the alert."""

log = structlog.get_logger()


class Following(Protocol):
    """The tables that are followed beside the loop."""

    def refresh(self) -> None:
        """Bring the managers up to date with what is on the log now."""
        ...

    def follow(self) -> None:
        """Take in what others have written since the last time: receipts and profiles."""
        ...


class Stage:
    """Implements the loop's `Handler`."""

    def __init__(
        self,
        directory: Directory,
        sender: Sender,
        desk: ReceiptDesk,
        stop: threading.Event,
        following: Following,
    ) -> None:
        self._directory = directory
        self._sender = sender
        self._desk = desk
        self._ledger = desk.ledger
        self._stop = stop
        self._following = following
        self._sends_digests = True
        self._looked_at: datetime | None = None

    def assigned(self, assigned: Assigned) -> None:
        """Take up what is deferred in the partitions that are ours now, and the digests with the managers' one."""
        self._sender.finish()
        self._following.follow()
        self._sends_digests = Place(MANAGERS.name, 0) in assigned.places
        resumed = take_up(
            self._desk, self._directory, self._sender, lambda it: assigned.holds(ALERTS.name, it.account_id)
        )
        self._desk.settle()
        log.info("deferred_taken_up", again=resumed.again, digests=self._sends_digests)
        if resumed.lost:
            log.error("deferred_lost", count=resumed.lost)

    def handle(self, records: Sequence[Record]) -> None:
        """Decide, send and receipt every alert step among the records; take in the managers.

        Raises:
            Retry: receipts could not be written, what was sent is known and not sent again; or so many notifications
                wait for their channel that no more are taken.
            StoppedEarly: a stop was asked for before all was sent; the rest is done by the next run.
        """
        self._check_room()
        steps = self._steps(records)
        self._sender.finish({step.alert_id for step in steps})
        fresh = self._fresh(self._route_all(steps))
        self._suppress(fresh)
        self._overtake([step for step in steps if step.step in _SEEN or (step.historic and step.step in ENDS)])
        notifications = [decision for decision in fresh if isinstance(decision, Notification)]
        for notification in sorted(notifications, key=_in_turn):
            self._sender.tell(notification)
        self._sender.work(self._stop)
        self._put_off([it for it in notifications if not self._ledger.is_decided(it.id)])
        self._desk.settle()

    def idle(self) -> None:
        """Write receipts that are still in the tray, and try what is due again once they are written.

        Raises:
            Retry: they cannot be written. Nothing is tried then: each attempt would leave another receipt.
        """
        self._desk.settle()
        self._sender.work(self._stop)
        now = self._desk.clock()
        if self._looked_at is None or now - self._looked_at >= _LOOK_EVERY:
            self._looked_at = now
            self._following.follow()
            self._tell_digests(now)
        self._desk.settle()

    def _put_off(self, unsent: Sequence[Notification]) -> None:
        """Those whose turn has not come, or whose channel is slow."""
        if unsent and self._stop.is_set():
            raise StoppedEarly
        for notification in unsent:
            self._sender.put_off(notification)

    def _overtake(self, seen: Sequence[AlertStep]) -> None:
        """Somebody has the alert in hand: what was not told of it yet is told to nobody."""
        for step in seen:
            overtake(self._desk, self._ledger.waiting(step.alert_id), step.step.value)

    def _tell_digests(self, now: datetime) -> None:
        for digest, waiting in list(due(self._ledger, self._directory, now)) if self._sends_digests else ():
            if self._stop.is_set():
                return
            if digest is not None:
                self._sender.digest(digest, waiting)
                continue
            for deferred in waiting:
                self._desk.file(of_lost(deferred.last, GONE, now))

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
        if step.historic:
            return self._of_history(step, offered)
        decisions = route(step, self._directory, told, offered)
        if any(isinstance(it, Suppression) and it.reason is OutcomeReason.UNKNOWN_MANAGER for it in decisions):
            self._following.refresh()
            decisions = route(step, self._directory, told, offered)
        return decisions

    def _of_history(self, step: AlertStep, offered: Offered) -> list[Decision]:
        """Told to nobody; what it opened waits for the digest where there is one, until it ends."""
        nobody = route(step, self._directory, (), offered)
        settings = self._desk.attention.settings
        if not (settings.spared and settings.history and step.step is StepKind.OPENED):
            return nobody
        told = route(step.model_copy(update={"historic": False}), self._directory, (), offered)
        interrupting = (it for it in told if isinstance(it, Notification) and it.channel not in UNINTERRUPTING)
        return [replace(it, step=step) for it in interrupting] or nobody

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


def _in_turn(notification: Notification) -> tuple[bool, float]:
    """What needs no network first, then the most value at risk: a budget that runs out runs out on the least.

    Steps of one episode stay in their order: they bear the same value, and sorting is stable.
    """
    return (notification.channel is not ContactKind.CONSOLE, -float(notification.step.value_at_risk or 0))
