"""The digests that are due: what each recipient has waiting over each channel, as one message. Pure: time is passed in.

A digest that was due while nobody ran goes as soon as somebody does, once, with everything that is due by then.
"""

from collections.abc import Iterator
from datetime import datetime

from consumers.delivery.attention.rules import rank
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.directory import Directory
from consumers.delivery.ledger import Deferred, Ledger
from consumers.delivery.resume import rebuild


def due(ledger: Ledger, directory: Directory, now: datetime) -> Iterator[tuple[Digest | None, list[Deferred]]]:
    """Each digest that is due, None where it can no longer be made, with what it settles."""
    for waiting in [[ledger.deferred[name] for name in names] for names in ledger.digests.values()]:
        ready = [one for one in waiting if _due_at(one) <= now]
        if ready:
            yield _digest(ready, directory), ready


def _digest(ready: list[Deferred], directory: Directory) -> Digest | None:
    members = [rebuild(one, directory) for one in ready]
    told = sorted((one for one in members if one is not None), key=_order)
    return Digest(max(map(_due_at, ready)), tuple(told)) if told else None


def _order(member: Notification) -> tuple[bool, float, int, str]:
    return (*rank(member), member.step.step_id)


def _due_at(deferred: Deferred) -> datetime:
    return deferred.last.due_at or deferred.since
