"""Receipts of what was decided and tried, and the desk that writes them to account.deliveries and keeps the ledger.

A receipt is in the ledger at once, so that nothing is sent twice by this process, and stays in the out-tray until the
broker has acknowledged it, so that none is lost when the broker is away for a while.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from consumers.delivery import metrics
from consumers.delivery.attention.watching import attention as watch
from consumers.delivery.channels.slack_threads import Threads
from consumers.delivery.decisions import Decision, Suppression
from consumers.delivery.ledger import Ledger
from consumers.delivery.settings import AttentionSettings
from consumers.runtime.producer import Outgoing
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason
from schemas.topics import DELIVERIES

log = structlog.get_logger()

_EVENTS = {outcome: f"notification_{outcome.value}" for outcome in Outcome}
_QUIET = frozenset({OutcomeReason.HISTORIC, OutcomeReason.NOT_NOTIFIED_STEP})


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt came to, or why there was none."""

    outcome: Outcome
    reason: OutcomeReason
    detail: str = ""
    due_at: datetime | None = None


class Writer(Protocol):
    """What the desk needs of `consumers.runtime.producer.Publisher`."""

    def start(self, record: Outgoing) -> None:
        """Hand the record over without waiting."""
        ...

    def settle(self) -> None:
        """Wait until all that was started is acknowledged, or raise `Retry`."""
        ...


class ReceiptDesk:
    """Writes receipts. `settle` must succeed before the offsets of what was decided are committed."""

    def __init__(
        self, ledger: Ledger, writer: Writer, clock: Callable[[], datetime], attention: AttentionSettings
    ) -> None:
        self.ledger = ledger
        self.clock = clock
        self.attention = watch(attention, clock)
        self.threads = Threads()
        self._writer = writer
        self._tray: list[Outgoing] = []

    def suppress(self, suppression: Suppression) -> None:
        """Receipt that somebody is not told."""
        self.write(suppression, Result(Outcome.SUPPRESSED, suppression.reason, suppression.detail), 1)

    def write(self, decision: Decision, result: Result, attempt: int) -> None:
        """Receipt what an attempt came to just now."""
        self.file(to_receipt(decision, result, attempt, self.clock()))

    def file(self, receipt: DeliveryReceipt) -> None:
        """Note the receipt and put it into the out-tray; one for a settled notification changes nothing."""
        if not self.note(receipt):
            return
        key = receipt.notification_id.encode()
        self.add(Outgoing(DELIVERIES.name, key, receipt.model_dump_json().encode()))
        tell(receipt)

    def note(self, receipt: DeliveryReceipt) -> bool:
        """Take in a receipt, ours or another's. False when it changed nothing."""
        news = self.ledger.note(receipt)
        if news:
            self.attention.note(receipt)
            self.threads.note(receipt)
        return news

    def add(self, record: Outgoing) -> None:
        """Put a record of any topic into the out-tray."""
        self._tray.append(record)

    def settle(self) -> None:
        """Return when everything written is acknowledged.

        Raises:
            Retry: the broker is away; the next call writes it again (the ledger ignores a receipt that comes twice).
        """
        metrics.UNWRITTEN.set(len(self._tray))
        for record in self._tray:
            self._writer.start(record)
        self._writer.settle()
        self._tray.clear()
        self.show()

    def show(self) -> None:
        """Set the gauges to what the ledger says."""
        metrics.UNWRITTEN.set(len(self._tray))
        metrics.DECIDED.set(self.ledger.decided)
        metrics.WAITING.set(len(self.ledger.deferred))
        metrics.REMEMBERED.set(self.ledger.remembered)
        for outcome, number in self.ledger.counts.items():
            metrics.NOTIFICATIONS.labels(outcome.value).set(number)


def to_receipt(decision: Decision, result: Result, attempt: int, now: datetime) -> DeliveryReceipt:
    """The receipt of one attempt, or of a suppression."""
    step = decision.step
    return DeliveryReceipt(
        notification_id=decision.id,
        alert_id=step.alert_id,
        step_id=step.step_id,
        account_id=step.account_id,
        recipient=decision.recipient,
        channel=decision.channel,
        attempt=attempt,
        outcome=result.outcome,
        reason=result.reason,
        detail=result.detail,
        at=now,
        caused_by_record_at=step.caused_by_record_at,
        kind=step.kind,
        due_at=result.due_at,
        step=step if result.outcome is Outcome.DEFERRED and attempt == 1 else None,
    )


def of_lost(deferred: DeliveryReceipt, detail: str, now: datetime) -> DeliveryReceipt:
    """The receipt of a deferred notification that can no longer be made."""
    ends = {"outcome": Outcome.FAILED, "reason": OutcomeReason.RECEIVER_AWAY, "detail": detail}
    return _ended(deferred, now, **ends)


def of_overtaken(deferred: DeliveryReceipt, detail: str, now: datetime) -> DeliveryReceipt:
    """The receipt of a deferred notification that nobody needs any more."""
    return _ended(deferred, now, outcome=Outcome.SUPPRESSED, reason=OutcomeReason.OVERTAKEN, detail=detail)


def of_digest(deferred: DeliveryReceipt, result: Result, now: datetime) -> DeliveryReceipt:
    """The receipt of a deferred notification that was told in a digest, or could not be."""
    return _ended(deferred, now, outcome=result.outcome, reason=result.reason, detail=result.detail)


def _ended(deferred: DeliveryReceipt, now: datetime, **ends: object) -> DeliveryReceipt:
    bare = {"at": now, "due_at": None, "step": None, "attempt": deferred.attempt + 1}
    return deferred.model_copy(update={**ends, **bare})


def tell(receipt: DeliveryReceipt) -> None:
    """Log what is worth knowing, and measure."""
    channel = receipt.channel.value if receipt.channel else "none"
    metrics.ATTEMPTS.labels(channel, receipt.outcome.value, receipt.reason.value).inc()
    waited = _waited_s(receipt)
    if receipt.outcome is Outcome.DELIVERED and waited is not None:
        metrics.EVENT_TO_SENT_SECONDS.labels(channel).observe(waited)
    if receipt.reason in _QUIET:
        return
    log.info(
        _EVENTS[receipt.outcome],
        notification_id=receipt.notification_id,
        account_id=receipt.account_id,
        recipient=receipt.recipient,
        channel=channel,
        reason=receipt.reason.value,
        attempt=receipt.attempt,
        detail=receipt.detail,
        event_to_sent_ms=None if waited is None else round(waited * 1000),
    )


def _waited_s(receipt: DeliveryReceipt) -> float | None:
    if receipt.caused_by_record_at is None:
        return None
    return (receipt.at - receipt.caused_by_record_at).total_seconds()
