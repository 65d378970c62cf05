"""Whether a notification may interrupt its recipient now: a function of it, of what the recipient has had, and of time.

In this order; the first that applies decides:

1. The inbox and the webhook interrupt nobody: at once.
2. An escalation, and a strategic account that is critical: at once, whatever the hour.
3. Whoever owns many accounts gets a digest.
4. Outside the recipient's working hours: when they begin again.
5. The end of an episode goes the way its beginning went: at once.
6. Whoever has had as many at once today as the budget allows gets the rest in the digest.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from consumers.delivery.attention.hours import next_digest, works_again, works_at
from consumers.delivery.decisions import Notification
from consumers.delivery.settings import AttentionSettings
from schemas.alerts import StepKind
from schemas.deliveries import OutcomeReason
from schemas.events.managers import ContactKind
from schemas.events.profiles import Segment
from schemas.health import Band

UNINTERRUPTING: Final = frozenset({ContactKind.CONSOLE, ContactKind.WEBHOOK})


@dataclass(frozen=True, slots=True)
class Situation:
    """The recipient at `now`: how many accounts are theirs, and how many alerts they were told at once today."""

    now: datetime
    accounts: int = 0
    interruptions: int = 0


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: due then, and why."""

    due_at: datetime
    reason: OutcomeReason


def when(notification: Notification, situation: Situation, settings: AttentionSettings) -> Later | None:
    """None for at once."""
    if not settings.spared or notification.channel in UNINTERRUPTING or is_urgent(notification):
        return None
    if settings.digest_from_accounts is not None and situation.accounts >= settings.digest_from_accounts:
        return _in_digest(notification, situation, settings, OutcomeReason.IN_DIGEST)
    if settings.quiet_hours and not works_at(notification.profile, situation.now):
        return Later(works_again(notification.profile, situation.now), OutcomeReason.QUIET_HOURS)
    is_end = notification.step.step is not StepKind.OPENED
    if is_end or settings.at_once_per_day is None or situation.interruptions < settings.at_once_per_day:
        return None
    return _in_digest(notification, situation, settings, OutcomeReason.OVER_BUDGET)


def is_urgent(notification: Notification) -> bool:
    """Whether it goes at once whatever the hour and the budget."""
    step = notification.step
    if step.step is StepKind.OPENED:
        return step.segment == Segment.STRATEGIC and step.facts.get("band_to") == Band.CRITICAL.value
    return step.step is StepKind.ESCALATED


def rank(notification: Notification) -> tuple[bool, float, int]:
    """The order in which a recipient should hear: what is urgent, the most value at risk, what is new.

    An account's first episode of a kind is news, its tenth is not.
    """
    step = notification.step
    return (not is_urgent(notification), -float(step.value_at_risk or 0), step.episode)


def _in_digest(
    notification: Notification, situation: Situation, settings: AttentionSettings, reason: OutcomeReason
) -> Later:
    return Later(next_digest(notification.profile, situation.now, settings.digest_at), reason)
