"""What is still to be delivered of what was decided before: by an earlier run, or by whoever had our partitions.

The receipts say all of it: what became of each notification, when it is due, and the step it tells of. A notification
that can no longer be made has failed, with a receipt that says why.
"""

from collections.abc import Callable
from dataclasses import dataclass

from consumers.delivery.decisions import Notification
from consumers.delivery.directory import Directory
from consumers.delivery.ledger import Deferred
from consumers.delivery.receipts import ReceiptDesk, of_lost
from consumers.delivery.routing import contacts_of
from consumers.delivery.sending import Sender
from schemas.deliveries import DIGESTED, DeliveryReceipt

GONE = "its recipient has no such channel any more, or it is not offered"


@dataclass(frozen=True, slots=True)
class Resumed:
    """How many deferred notifications are tried again, and how many could not be made any more."""

    again: int
    lost: int


def take_up(
    desk: ReceiptDesk, directory: Directory, sender: Sender, is_ours: Callable[[DeliveryReceipt], bool]
) -> Resumed:
    """Give every deferred notification of ours to the sender, in place of what it had.

    What waits for a digest stays in the ledger.
    """
    again = lost = 0
    sender.forget()
    for deferred in sorted(desk.ledger.deferred.values(), key=lambda it: it.since):
        if deferred.last.reason in DIGESTED or not is_ours(deferred.last):
            continue
        notification = rebuild(deferred, directory)
        if notification is None or notification.channel not in sender.channels:
            lost += 1
            desk.file(of_lost(deferred.last, GONE, desk.clock()))
        else:
            again += 1
            sender.again(notification, deferred)
    return Resumed(again, lost)


def rebuild(deferred: Deferred, directory: Directory) -> Notification | None:
    """The notification a receipt is about, None when it cannot be made any more."""
    receipt = deferred.last
    if deferred.step is None or receipt.recipient is None or receipt.channel is None:
        return None
    profile = directory.find(receipt.recipient)
    contact = contacts_of(profile, deferred.step.kind).get(receipt.channel) if profile else None
    if profile is None or contact is None:
        return None
    return Notification(deferred.step, receipt.recipient, profile, receipt.channel, contact.address)
