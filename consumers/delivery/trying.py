"""Trying out a manager's channels: one message over each, marked as a test, sent once, with a receipt.

The receipt is handed back and not written to account.deliveries: nothing was decided about an account.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from consumers.delivery.channels.port import Channel, Gone, Refused, Undelivered
from consumers.delivery.decisions import Notification
from consumers.delivery.receipts import Result, to_receipt
from schemas.alerts import AlertStep
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason
from schemas.events.managers import Contact, ContactKind, ManagerProfileData
from schemas.ids import ManagerId

Clock = Callable[[], datetime]


def contacts_to_try(profile: ManagerProfileData, channel: ContactKind | None) -> list[Contact]:
    """Every contact of the channel, of all but the console where none is named: its inbox is not sent to."""
    if channel is not None:
        return [contact for contact in profile.channels if contact.kind is channel]
    return [contact for contact in profile.channels if contact.kind is not ContactKind.CONSOLE]


def try_out(
    step: AlertStep,
    manager: tuple[ManagerId, ManagerProfileData],
    contacts: Iterable[Contact],
    channels: Mapping[ContactKind, Channel],
    clock: Clock,
) -> list[DeliveryReceipt]:
    """Send the step over each contact, and say what came of it."""
    receipts = []
    for contact in contacts:
        notification = Notification(step, *manager, contact.kind, contact.address, test=True)
        result = _tried(notification, channels.get(contact.kind))
        receipts.append(to_receipt(notification, result, 1, clock()))
    return receipts


def _tried(notification: Notification, channel: Channel | None) -> Result:
    if channel is None:
        detail = "this channel is not set up here"
        return Result(Outcome.SUPPRESSED, OutcomeReason.CHANNEL_NOT_OFFERED, detail)
    if fault := channel.fault_of(notification.address):
        return Result(Outcome.SUPPRESSED, OutcomeReason.UNUSABLE_ADDRESS, fault)
    try:
        return Result(Outcome.DELIVERED, OutcomeReason.ACCEPTED, channel.send(notification))
    except Undelivered as error:
        return Result(Outcome.FAILED, _reason(error), error.detail)


def _reason(error: Undelivered) -> OutcomeReason:
    if isinstance(error, Gone):
        return OutcomeReason.RECEIVER_GONE
    return OutcomeReason.RECEIVER_REFUSED if isinstance(error, Refused) else OutcomeReason.RECEIVER_AWAY
