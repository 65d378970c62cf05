"""Records of account.alerts, account.managers and account.deliveries to what they say; bad ones become dead letters."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError

from consumers.delivery import metrics
from consumers.delivery.attention.portfolios import Portfolios
from consumers.delivery.directory import Directory
from consumers.delivery.receipts import ReceiptDesk
from consumers.runtime.producer import Outgoing
from consumers.runtime.subscription import Record
from schemas.alerts import AlertStep
from schemas.codec import decode, to_bad_event
from schemas.deadletters import DeadLetter
from schemas.deliveries import DeliveryReceipt
from schemas.errors import BadEvent, Reason
from schemas.events.managers import ManagerProfileSet
from schemas.events.profiles import AccountProfileSet
from schemas.ids import ManagerId
from schemas.rollups import Receipt, RollUpReceipt
from schemas.topics import DEAD_LETTERS

READER = "delivery"
_RECEIPT: Final[TypeAdapter[DeliveryReceipt | RollUpReceipt]] = TypeAdapter(Receipt)

log = structlog.get_logger()


def to_step(record: Record) -> AlertStep:
    """The alert step in a record.

    Raises:
        BadEvent: it is none.
    """
    if record.value is None:
        raise BadEvent(Reason.NO_VALUE, "the record has no value")
    try:
        return AlertStep.model_validate_json(record.value)
    except ValidationError as error:
        raise to_bad_event(error) from None


def learn_manager(record: Record, directory: Directory, now: datetime) -> None:
    """Take a record of account.managers into the directory; one without a value deletes the manager.

    Raises:
        BadEvent: it is no manager.
    """
    if record.value is None:
        directory.forget(ManagerId((record.key or b"").decode("utf-8", "replace")))
        return
    event = decode(record.value, record.headers, now)
    if not isinstance(event, ManagerProfileSet):
        raise BadEvent(Reason.WRONG_TOPIC, f"type: {event.type} does not belong here")
    directory.learn(event)


def learn_profile(record: Record, portfolios: Portfolios, now: datetime) -> None:
    """Take a record of account.profiles into the portfolios; one without a value deletes the account.

    Raises:
        BadEvent: it is no profile.
    """
    if record.value is None:
        portfolios.forget((record.key or b"").decode("utf-8", "replace"))
        return
    event = decode(record.value, record.headers, now)
    if not isinstance(event, AccountProfileSet):
        raise BadEvent(Reason.WRONG_TOPIC, f"type: {event.type} does not belong here")
    portfolios.learn(event)


def fold_receipts(
    records: Sequence[Record], desk: ReceiptDesk, note_roll_up: Callable[[RollUpReceipt], None] | None = None
) -> None:
    """Take records of account.deliveries in; one that is no receipt is logged and counted."""
    for record in records:
        try:
            receipt = _RECEIPT.validate_json(record.value or b"")
        except ValidationError as error:
            metrics.UNREADABLE.labels(record.topic).inc()
            place = {"partition": record.partition, "offset": record.offset}
            log.exception("receipt_unreadable", **place, error=to_bad_event(error).detail)
            continue
        if not isinstance(receipt, RollUpReceipt):
            desk.note(receipt)
        elif note_roll_up is not None:
            note_roll_up(receipt)


def to_dead_letter(record: Record, error: BadEvent, now: datetime) -> Outgoing:
    """The record as it is kept among the dead letters: untouched, with our headers added."""
    letter = DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=error.reason,
        detail=error.detail,
        refused_by=READER,
        refused_at=now,
    )
    return Outgoing(DEAD_LETTERS.name, record.key, record.value, letter.to_headers(record.headers))
