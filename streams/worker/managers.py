"""What the worker takes in of account.managers.

What the topic says is a fold (`Directory`), so reading a record again changes nothing. Records that cannot be read are
refused by delivery, with their bytes; here they are counted.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import structlog

from schemas.codec import decode
from schemas.errors import BadEvent
from schemas.events.managers import ManagerProfileSet
from schemas.records import Record
from streams.core.escalation.directory import Directory
from streams.worker import metrics

_log = structlog.get_logger()


def take_in(directory: Directory, clock: Callable[[], float], records: Iterable[Record]) -> None:
    """Take records of account.managers into the directory; one without a value takes the manager out."""
    now = datetime.fromtimestamp(clock(), UTC)
    for record in records:
        if record.value is None:
            directory.forget((record.key or b"").decode("utf-8", "replace"))
            continue
        try:
            event = decode(record.value, record.headers, now)
            if not isinstance(event, ManagerProfileSet):
                metrics.UNREADABLE_MANAGERS.inc()
                continue
        except BadEvent as error:
            metrics.UNREADABLE_MANAGERS.inc()
            _log.warning("manager_unreadable", offset=record.offset, reason=error.reason.value, detail=error.detail)
            continue
        directory.learn(event)
    metrics.MANAGERS.set(len(directory))
