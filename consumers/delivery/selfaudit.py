"""Delivery looks at itself: do its books balance, was what is due tried? While all is well it sends a heartbeat.

A dead man's heartbeat: whoever listens for it tells the operator when it stays away, be it that delivery found a fault,
that it hangs, or that it is gone.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from consumers.delivery import metrics
from consumers.delivery.channels.outbound import Answer, Forbidden, Unreached
from consumers.delivery.ledger import Ledger
from schemas.events.managers import ContactKind

EVERY: Final = timedelta(seconds=60)
PATIENCE: Final = timedelta(minutes=15)
"""How long something may be due without being tried: longer than a channel that is away rests, and than a busy hour."""

log = structlog.get_logger()


def faults(ledger: Ledger, now: datetime, away: Collection[ContactKind]) -> Iterator[str]:
    """What is wrong, in words; nothing where all is well.

    Everything that was decided stands at one outcome. What is due was tried, unless its channel is away.
    """
    stand = sum(ledger.counts.values())
    if ledger.decided != stand:
        yield f"{ledger.decided} notifications were decided, and {stand} have an outcome"
    late = [one for one in ledger.deferred.values() if one.last.due_at and one.last.due_at < now - PATIENCE]
    untried = [one for one in late if one.last.channel not in away]
    if untried:
        oldest = min(one.last.due_at for one in untried if one.last.due_at)
        yield f"{len(untried)} notifications are due and were not tried, the oldest since {oldest:%Y-%m-%d %H:%M} UTC"


class Posting(Protocol):
    """What the heartbeat needs of `consumers.delivery.channels.outbound.Outbound`."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post, and what the other side answers."""
        ...


class SelfAudit:
    """Looks once a minute; `url` None sends no heartbeat."""

    def __init__(self, ledger: Ledger, url: str | None, outbound: Posting) -> None:
        self._ledger = ledger
        self._url = url
        self._outbound = outbound
        self._looked_at: datetime | None = None

    def turn(self, now: datetime, away: Collection[ContactKind]) -> None:
        """Look, if it is time; say what is wrong, or send the heartbeat."""
        if self._looked_at is not None and now - self._looked_at < EVERY:
            return
        self._looked_at = now
        found = list(faults(self._ledger, now, away))
        metrics.SELF_AUDIT_FAULTS.set(len(found))
        for fault in found:
            log.error("self_audit_found", fault=fault)
        if not found and self._url is not None:
            self._beat(self._url)

    def _beat(self, url: str) -> None:
        try:
            answer = self._outbound.post(url, {"user-agent": "account-pulse"}, b"")
        except (Unreached, Forbidden) as error:
            log.warning("heartbeat_not_taken", error=str(error))
            return
        if not answer.well:
            log.warning("heartbeat_not_taken", error=answer.line)
