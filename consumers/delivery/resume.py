"""What an earlier run left behind: the notifications that are still to be delivered.

Receipts say what became of each notification, not what it says: the steps of those still deferred are read again from
account.alerts. A notification that can no longer be made has failed, with a receipt that says why.
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog

from consumers.delivery.decisions import Notification
from consumers.delivery.directory import Directory
from consumers.delivery.reading import to_step
from consumers.delivery.receipts import ReceiptDesk, of_lost
from consumers.delivery.routing import contacts_of
from consumers.delivery.sending import Sender
from consumers.runtime.follower import Follower
from consumers.runtime.subscription import Record
from schemas.alerts import AlertStep
from schemas.broker import Broker
from schemas.deliveries import DeliveryReceipt
from schemas.errors import BadEvent
from schemas.topics import ALERTS

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Resumed:
    """How many deferred notifications are tried again, and how many could not be made any more."""

    again: int
    lost: int


def take_up(desk: ReceiptDesk, steps: Mapping[str, AlertStep], directory: Directory, sender: Sender) -> Resumed:
    """Give every deferred notification back to the sender, oldest first; `steps` are by step id."""
    lost = 0
    for deferred in sorted(desk.ledger.deferred.values(), key=lambda it: it.since):
        notification = rebuild(deferred.last, steps, directory)
        if notification is None:
            lost += 1
            gone = "its step is no longer on the log, or its recipient has no such channel any more"
            desk.file(of_lost(deferred.last, gone, desk.clock()))
        else:
            sender.again(notification, deferred.last.attempt, deferred.since)
    return Resumed(len(desk.ledger.deferred), lost)


def rebuild(receipt: DeliveryReceipt, steps: Mapping[str, AlertStep], directory: Directory) -> Notification | None:
    """The notification a receipt is about, None when it cannot be made any more."""
    step = steps.get(receipt.step_id)
    if step is None or receipt.recipient is None or receipt.channel is None:
        return None
    profile = directory.find(receipt.recipient)
    contact = contacts_of(profile, step.kind).get(receipt.channel) if profile else None
    if profile is None or contact is None:
        return None
    return Notification(step, receipt.recipient, profile, receipt.channel, contact.address)


def read_steps(broker: Broker, wanted: Collection[str], stop: threading.Event) -> dict[str, AlertStep]:
    """The steps with these ids, read from the whole of account.alerts; nothing is read when none is wanted.

    Raises:
        Retry, StoppedEarly: as `Follower.catch_up`.
    """
    found: dict[str, AlertStep] = {}

    def keep(records: Sequence[Record]) -> None:
        for record in records:
            try:
                step = to_step(record)
            except BadEvent:
                continue  # the loop has buried it when it came by
            if step.step_id in wanted:
                found[step.step_id] = step

    if wanted:
        with Follower(broker, (ALERTS.name,), keep, stop) as follower:
            follower.catch_up()
    return found
