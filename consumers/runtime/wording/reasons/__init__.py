"""Why a step was taken, as a sentence: one module per family of alerts, one function per reason. Pure."""

from collections.abc import Callable
from typing import Final

from consumers.runtime.wording.reader import Reader
from consumers.runtime.wording.reasons import acting, climbing, complaints, health, money, owed, silence
from schemas.alerts import AlertKind, AlertStep, StepReason

Tell = Callable[[Reader, AlertStep], str]

_TELL: Final[dict[StepReason, Tell]] = {
    StepReason.BAND_WORSENED: health.band_worsened,
    StepReason.BAND_RECOVERED: health.band_recovered,
    StepReason.BAND_REGAINED: health.band_regained,
    StepReason.SCORE_FELL: health.score_fell,
    StepReason.SCORE_STEADIED: health.score_steadied,
    StepReason.ANSWER_DUE_PASSED: complaints.answer_due_passed,
    StepReason.MORE_OVERDUE: owed.due_passed,
    StepReason.ALL_ANSWERED: complaints.all_answered,
    StepReason.COMPLAINED_AGAIN: complaints.complained_again,
    StepReason.DUE_PASSED: owed.due_passed,
    StepReason.DELIVERY_DUE_PASSED: owed.due_passed,
    StepReason.ALL_SETTLED: owed.all_settled,
    StepReason.SILENCE_PASSED: silence.silence_passed,
    StepReason.HEARD_AGAIN: silence.heard_again,
    StepReason.BOUGHT_AGAIN: silence.bought_again,
    StepReason.MONEY_FALLS: money.money_falls,
    StepReason.MONEY_RISES: money.money_rises,
    StepReason.AGREES_AGAIN: money.agrees_again,
    StepReason.UPSELL_SIGNS: money.upsell_signs,
    StepReason.SIGNS_GONE: money.signs_gone,
    StepReason.CAUSE_WITHDRAWN: acting.cause_withdrawn,
    StepReason.UNACKNOWLEDGED: climbing.unacknowledged,
    StepReason.CLIMBS_AT_ONCE: climbing.climbs_at_once,
    StepReason.WENT_AWAY: climbing.went_away,
    StepReason.OWNER_CHANGED: climbing.owner_changed,
    StepReason.SNOOZE_OVER: climbing.snooze_over,
    StepReason.BY_PERSON: acting.by_person,
    StepReason.CLOSED_BY_TIME: acting.closed_by_time,
}
_OF_KIND: Final[dict[tuple[AlertKind, StepReason], Tell]] = {
    (AlertKind.COMPLAINT_OVERDUE, StepReason.MORE_OVERDUE): complaints.more_overdue,
    (AlertKind.COMPLAINT_REPEATED, StepReason.ALL_SETTLED): complaints.all_settled,
}
"""Where one reason is told differently of one kind."""


def reason(reader: Reader, step: AlertStep) -> str:
    """The sentence that says why; of an alert that went to somebody else first why it was raised."""
    raised_by = step.facts.get("raised_by")
    told = _told(reader, step)
    if raised_by is None or step.reason is StepReason.BY_PERSON:
        return told
    return f"{_told(reader, step.model_copy(update={'reason': StepReason(raised_by)}))} {told}"


def _told(reader: Reader, step: AlertStep) -> str:
    return _OF_KIND.get((step.kind, step.reason), _TELL[step.reason])(reader, step)
