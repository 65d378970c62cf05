"""Alert episodes: one open per account and kind; every step numbered, so that its id is the same on every replay.

Pure: an episode and what was found in, the next episode and a step out. Sending is somebody else's business.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from schemas.alerts import AlertKind, CalledRole, StepKind, StepReason, Suggestion
from schemas.plain import Plain
from streams.core.facts import seconds
from streams.core.ledgers import DELIVERY_OF
from streams.core.overrides import Said
from streams.core.phases import Phase, Refusal, refusal_of
from streams.core.phases import following as after
from streams.core.state import Episode

_BAND, _COMPLAINT, _REPEATED = AlertKind.BAND_DROPPED, AlertKind.COMPLAINT_OVERDUE, AlertKind.COMPLAINT_REPEATED
_SHIPMENT, _INVOICE = AlertKind.SHIPMENT_LATE, AlertKind.INVOICE_OVERDUE
_CALLBACK, _HAND_OFF = AlertKind.CALLBACK_OVERDUE, AlertKind.HAND_OFF_OVERDUE
_REVENUE, _UPSELL = AlertKind.REVENUE_DISAGREES, AlertKind.UPSELL_READY

OVERDUE_KINDS: Final = (_COMPLAINT, _SHIPMENT, _INVOICE, _CALLBACK, _HAND_OFF)
"""Raised when something owed has not come."""
BY_TIME: Final = frozenset((*OVERDUE_KINDS, AlertKind.PURCHASE_OVERDUE, AlertKind.GONE_SILENT))
"""Raised by time, whatever record comes just then."""

ROLE: Final = {
    _BAND: CalledRole.SALES,
    _COMPLAINT: CalledRole.SERVICE,
    _REPEATED: CalledRole.SERVICE,
    _SHIPMENT: CalledRole.SERVICE,
    _INVOICE: CalledRole.FINANCE,
    AlertKind.PURCHASE_OVERDUE: CalledRole.SALES,
    AlertKind.GONE_SILENT: CalledRole.SALES,
    _CALLBACK: CalledRole.SALES,
    _HAND_OFF: CalledRole.SERVICE,
    AlertKind.SHARP_DROP: CalledRole.SALES,
    AlertKind.RECOVERED: CalledRole.SALES,
    _REVENUE: CalledRole.SALES,
    _UPSELL: CalledRole.SALES,
}
SUGGESTION: Final = {
    _BAND: Suggestion.CALL_CLIENT,
    _COMPLAINT: Suggestion.ANSWER_COMPLAINT,
    _REPEATED: Suggestion.OWN_THE_COMPLAINT,
    _SHIPMENT: Suggestion.NAME_SHIPPING_DATE,
    _INVOICE: Suggestion.ASK_FOR_PAYMENT,
    AlertKind.PURCHASE_OVERDUE: Suggestion.ASK_FOR_ORDER,
    AlertKind.GONE_SILENT: Suggestion.GET_IN_TOUCH,
    _CALLBACK: Suggestion.CALL_BACK,
    _HAND_OFF: Suggestion.CLOSE_HAND_OFF,
    AlertKind.SHARP_DROP: Suggestion.CALL_CLIENT,
    AlertKind.RECOVERED: Suggestion.THANK_CLIENT,
    _REVENUE: Suggestion.REVIEW_ACCOUNT,
    _UPSELL: Suggestion.OFFER_MORE,
}
_NAMED_IN: Final = {
    _COMPLAINT: "complaint_ids",
    _SHIPMENT: "order_ids",
    _INVOICE: "invoice_ids",
    _CALLBACK: "contact_ids",
    _HAND_OFF: "hand_off_ids",
}

MONEY_KINDS: Final = (_REVENUE, _UPSELL)
"""Told by `streams.core.money`."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step decided: of which episode, why, and for which moment (epoch seconds)."""

    kind: AlertKind
    episode: Episode
    step: StepKind
    reason: StepReason
    at: float
    facts: Mapping[str, str]
    actor: str | None = None
    comment: str | None = None
    chain: tuple[str, ...] = ()
    """Who has it after the step, then who would be told."""


@dataclass(frozen=True, slots=True)
class BandChange:
    """`dropped`: it got worse and reached the alert's line; `better`: it is above the line; `at` when it counted."""

    dropped: bool
    better: bool
    at: float


def of_band(episode: Episode, change: BandChange, facts: Mapping[str, str]) -> Step | None:
    """The step after a change of band."""
    kind, at = AlertKind.BAND_DROPPED, change.at
    if change.dropped and not episode.open:
        return Step(kind, opened(episode), StepKind.OPENED, StepReason.BAND_WORSENED, at, facts)
    if change.dropped:
        return Step(kind, following(episode), StepKind.UPDATED, StepReason.BAND_WORSENED, at, facts)
    if change.better and episode.open:
        return Step(kind, closed(episode), StepKind.RESOLVED, StepReason.BAND_RECOVERED, at, facts)
    return None


def of_override(episode: Episode, override: Said, facts: Mapping[str, str]) -> Step | None:
    """Whoever sets a score above the line by hand declares the matter settled; nothing else follows from it."""
    if not episode.open:
        return None
    kind, reason, said = AlertKind.BAND_DROPPED, StepReason.BY_PERSON, (override.author, override.reason)
    return Step(kind, closed(episode), StepKind.RESOLVED, reason, override.at, facts, *said)


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is overdue of one kind by a watermark: `due_at` (epoch seconds) by name, as `Ledger.dues` has it.

    `withdrawn` are names whose opening was taken back, `facts` what else the sentence may use.
    """

    kind: AlertKind
    watermark: float
    due_at: Mapping[str, float]
    withdrawn: Collection[str] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def of_overdue(episode: Episode, overdue: Overdue, now_at: float) -> Step | None:
    """The step after looking at what is owed."""
    kind, members = overdue.kind, tuple(sorted(overdue.due_at))
    if not members:
        return _settled(episode, overdue, now_at) if episode.open else None
    # What a person closed the episode over is settled for us; only another one opens the next.
    fresh = [name for name in members if name not in episode.members]
    if not fresh:
        return None
    at, facts = min(overdue.due_at[name] for name in fresh), _facts(overdue)
    if episode.open:
        updated = replace(following(episode), members=members, watermark=overdue.watermark)
        return Step(kind, updated, StepKind.UPDATED, StepReason.MORE_OVERDUE, at, facts)
    first = replace(opened(episode), members=members, watermark=overdue.watermark)
    return Step(kind, first, StepKind.OPENED, _reason(kind, fresh), at, facts)


def _facts(overdue: Overdue) -> dict[str, str]:
    late = overdue.due_at
    names = _ids(late)
    facts = {_NAMED_IN[overdue.kind]: ", ".join(names), "due_at": _iso(min(late.values())), "count": str(len(names))}
    if undelivered := [name for name in names if name not in late]:
        facts["undelivered_ids"] = ", ".join(undelivered)
    return facts | dict(overdue.facts)


def _ids(members: Iterable[str]) -> list[str]:
    """What they are about, each once."""
    return sorted({name.removeprefix(DELIVERY_OF) for name in members})


def _reason(kind: AlertKind, fresh: Collection[str]) -> StepReason:
    if kind is _COMPLAINT:
        return StepReason.ANSWER_DUE_PASSED
    if all(name.startswith(DELIVERY_OF) for name in fresh):
        return StepReason.DELIVERY_DUE_PASSED
    return StepReason.DUE_PASSED


def _settled(episode: Episode, overdue: Overdue, now_at: float) -> Step:
    """Nothing is overdue any more: it came, or it should never have been told."""
    kind, withdrawn = overdue.kind, set(episode.members) <= set(overdue.withdrawn)
    step = StepKind.RETRACTED if withdrawn else StepKind.RESOLVED
    over = replace(closed(episode, step), members=())
    facts = {_NAMED_IN[kind]: ", ".join(_ids(episode.members))}
    if withdrawn:
        return Step(kind, over, step, StepReason.CAUSE_WITHDRAWN, now_at, facts)
    reason = StepReason.ALL_ANSWERED if kind is _COMPLAINT else StepReason.ALL_SETTLED
    return Step(kind, over, step, reason, now_at, facts)


DECISIONS: Final = {
    "alert.acknowledged.v1": StepKind.ACKNOWLEDGED,
    "alert.snoozed.v1": StepKind.SNOOZED,
    "alert.resolved.v1": StepKind.RESOLVED,
    "alert.reassigned.v1": StepKind.REASSIGNED,
    "alert.commented.v1": StepKind.COMMENTED,
    "alert.rated.v1": StepKind.RATED,
}
"""What people decide about alerts."""


def of_person(kind: AlertKind, episode: Episode, event: Plain) -> Step | Refusal:
    """The step that a person's decision on an alert makes, or why it makes none."""
    step, data, at = DECISIONS[event["type"]], event["data"], seconds(event["time"])
    refusal = refusal_of(episode.phase, step) or _pointless(step, episode, data, at)
    if refusal:
        return refusal
    over = step is StepKind.RESOLVED
    facts = {name: str(value) for name, value in data.items() if name not in _SAID_APART and value is not None}
    after_it = closed(episode, step) if over else following(episode, step)
    if over:  # what opens again only after some time counts it from here
        after_it = replace(after_it, watermark=max(episode.watermark, at))
    actor, comment = data.get("actor"), data.get("comment")
    return Step(kind, after_it, step, StepReason.BY_PERSON, at, facts, actor=actor, comment=comment)


def _pointless(step: StepKind, episode: Episode, data: Plain, at: float) -> Refusal | None:
    holder = episode.climb.holder if episode.climb else None
    if step is StepKind.ACKNOWLEDGED and episode.phase is Phase.ACKNOWLEDGED and holder == data["actor"]:
        return Refusal.ALREADY_TAKEN_ON
    if step is StepKind.SNOOZED and seconds(data["until"]) <= at:
        return Refusal.PUT_OFF_TO_THE_PAST
    return None


_SAID_APART: Final = frozenset(("alert_id", "actor", "comment"))


def opened(episode: Episode) -> Episode:
    """The next episode, at its first step."""
    return Episode(number=episode.number + 1, phase=after(episode.phase, StepKind.OPENED), step_no=1)


def following(episode: Episode, step: StepKind = StepKind.UPDATED) -> Episode:
    """The same episode, one step on.

    Raises:
        ForbiddenStepError: the step may not follow here.
    """
    return replace(episode, phase=after(episode.phase, step), step_no=episode.step_no + 1)


def closed(episode: Episode, step: StepKind = StepKind.RESOLVED) -> Episode:
    """The same episode, one step on and over: nobody has it any more."""
    return replace(following(episode, step), climb=None, raised_by="", facts={})


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
