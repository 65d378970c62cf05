"""Whether a notification may interrupt its recipient now: a function of it, of what the recipient has had, and of time.

In this order; the first that applies decides:

1. The inbox and the webhook interrupt nobody: at once.
2. An escalation, and a strategic account that is critical: at once, whatever the hour.
3. What was decided while history was loaded: in the digest, if it is still open then.
4. Many alerts of one kind within minutes have one cause: the first go their way, the rest is one message, soon.
5. Whoever owns many accounts gets a digest.
6. Outside the recipient's working hours: when they begin again.
7. What follows in an episode goes the way its beginning went: at once.
8. Whoever has had as many at once today as the budget allows, or has as many waiting, gets the rest in the digest.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from consumers.delivery.attention.hours import next_digest, works_from
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
    """The recipient at `now`: how many accounts are theirs, how many alerts they were told at once today, how many of
    this kind came for them within the last minutes, and how many wait for their working hours.
    """

    now: datetime
    accounts: int = 0
    interruptions: int = 0
    alike: int = 0
    resting: int = 0


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: due then, and why."""

    due_at: datetime
    reason: OutcomeReason


def when(notification: Notification, situation: Situation, settings: AttentionSettings) -> Later | None:
    """None for at once."""
    if not settings.spared or notification.channel in UNINTERRUPTING or is_urgent(notification):
        return None
    is_beginning = notification.step.step is StepKind.OPENED
    if together := _with_others(notification, situation, settings):
        return together
    begins = _awake(notification, situation.now, settings)
    told = situation.interruptions if begins == situation.now else situation.resting
    if is_beginning and _reached(told, settings.at_once_per_day):
        return _in_digest(notification, situation, settings, OutcomeReason.OVER_BUDGET)
    return None if begins == situation.now else Later(begins, OutcomeReason.QUIET_HOURS)


def _awake(notification: Notification, at: datetime, settings: AttentionSettings) -> datetime:
    """`at`, or when the recipient's working hours begin again."""
    return works_from(notification.profile, at) if settings.quiet_hours else at


def _with_others(notification: Notification, situation: Situation, settings: AttentionSettings) -> Later | None:
    """In the digest or as part of an incident, whatever the hour; None for neither."""
    step = notification.step
    if step.historic:
        return _in_digest(notification, situation, settings, OutcomeReason.IN_DIGEST)
    if step.step is StepKind.OPENED and _reached(situation.alike + 1, settings.incident_from):
        slot = _next_slot(situation.now, settings.incident_wait_s)
        return Later(_awake(notification, slot, settings), OutcomeReason.IN_INCIDENT)
    if _reached(situation.accounts, settings.digest_from_accounts):
        return _in_digest(notification, situation, settings, OutcomeReason.IN_DIGEST)
    return None


def _reached(count: int, line: int | None) -> bool:
    return line is not None and count >= line


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


def _next_slot(now: datetime, wait_s: float) -> datetime:
    """The end of the stretch of `wait_s` that `now` lies in: what comes within one is told together."""
    return datetime.fromtimestamp((now.timestamp() // wait_s + 1) * wait_s, UTC)


def _in_digest(
    notification: Notification, situation: Situation, settings: AttentionSettings, reason: OutcomeReason
) -> Later:
    return Later(next_digest(notification.profile, situation.now, settings.digest_at), reason)
