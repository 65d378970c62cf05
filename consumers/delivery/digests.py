"""The digests that are due: what each recipient has waiting over each channel, as one message. Pure: time is passed in.

A digest that was due while nobody ran goes as soon as somebody does, once, with everything that is due by then.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from consumers.delivery.attention.rules import rank
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.directory import Directory
from consumers.delivery.ledger import Deferred, Ledger
from consumers.delivery.resume import rebuild
from schemas.alerts import AlertKind
from schemas.deliveries import OutcomeReason


def due(ledger: Ledger, directory: Directory, now: datetime) -> Iterator[tuple[Digest | None, list[Deferred]]]:
    """Each digest that is due, None where it can no longer be made, with what it settles."""
    for waiting in [[ledger.deferred[name] for name in names] for names in ledger.digests.values()]:
        messages: defaultdict[AlertKind | None, list[Deferred]] = defaultdict(list)
        for one in waiting:
            if _due_at(one) <= now:
                messages[incident_of(one)].append(one)
        for of, ready in messages.items():
            yield _digest(of, ready, directory), ready


def incident_of(deferred: Deferred) -> AlertKind | None:
    """The kind of the incident it waits for, None where it waits for the digest."""
    return deferred.last.kind if deferred.last.reason is OutcomeReason.IN_INCIDENT else None


def _digest(of: AlertKind | None, ready: list[Deferred], directory: Directory) -> Digest | None:
    members = [rebuild(one, directory) for one in ready]
    told = sorted((one for one in members if one is not None), key=_order)
    return Digest(max(map(_due_at, ready)), tuple(told), of) if told else None


def _order(member: Notification) -> tuple[bool, float, int, str]:
    return (*rank(member), member.step.step_id)


def _due_at(deferred: Deferred) -> datetime:
    return deferred.last.due_at or deferred.since
