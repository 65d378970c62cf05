"""An alert episode in the reader's words. The sentences are those of the mails. Pure."""

from dataclasses import dataclass
from typing import Final

from consumers.console.models import Episode, EpisodeState
from consumers.runtime.wording import AlertWords, Reader
from schemas.alerts import AlertKind, AlertStep, StepKind, StepReason
from schemas.ids import AccountId, AlertId


@dataclass(frozen=True, slots=True)
class Told:
    """What it is, why, and what to do next (empty when nothing is left to do)."""

    title: str
    sentence: str
    suggestion: str


_WHY: Final = {
    AlertKind.BAND_DROPPED: StepReason.BAND_WORSENED,
    AlertKind.COMPLAINT_OVERDUE: StepReason.ANSWER_DUE_PASSED,
    AlertKind.SHIPMENT_LATE: StepReason.DUE_PASSED,
    AlertKind.INVOICE_OVERDUE: StepReason.DUE_PASSED,
    AlertKind.CALLBACK_OVERDUE: StepReason.DUE_PASSED,
    AlertKind.HAND_OFF_OVERDUE: StepReason.DUE_PASSED,
    AlertKind.SHARP_DROP: StepReason.SCORE_FELL,
    AlertKind.COMPLAINT_REPEATED: StepReason.COMPLAINED_AGAIN,
    AlertKind.GONE_SILENT: StepReason.SILENCE_PASSED,
    AlertKind.PURCHASE_OVERDUE: StepReason.SILENCE_PASSED,
    AlertKind.UPSELL_READY: StepReason.UPSELL_SIGNS,
    AlertKind.RECOVERED: StepReason.BAND_REGAINED,
}
_STEP: Final = {EpisodeState.RESOLVED: StepKind.RESOLVED, EpisodeState.RETRACTED: StepKind.RETRACTED}


def tell(episode: Episode, reader: Reader) -> Told:
    """The episode as it stands. After a person acted it is still told why it was raised, not who acted."""
    reason = episode.reason
    if reason is StepReason.BY_PERSON and not episode.closed:
        reason = _raised_by(episode)
    words = AlertWords(reader, _as_step(episode, reason))
    return Told(words.kind, words.reason, words.suggestion)


def _raised_by(episode: Episode) -> StepReason:
    """Why the episode was raised. Which way money went that disagrees with the score, its percent say."""
    if episode.kind is AlertKind.REVENUE_DISAGREES:
        falls = float(episode.facts.get("percent", 0)) < 0
        return StepReason.MONEY_FALLS if falls else StepReason.MONEY_RISES
    return _WHY[episode.kind]


def _as_step(episode: Episode, reason: StepReason) -> AlertStep:
    return AlertStep(
        alert_id=AlertId(episode.alert_id),
        step_id=f"{episode.alert_id}:{episode.last_step_no}",
        account_id=AccountId(episode.account_id),
        account_name=episode.account_name,
        kind=episode.kind,
        episode=episode.episode,
        step_no=max(1, episode.last_step_no),
        step=_STEP.get(episode.state, StepKind.UPDATED),
        reason=reason,
        at=episode.last_at,
        decided_at=episode.last_at,
        historic=episode.historic,
        facts=dict(episode.facts),
        role=episode.role,
        suggestion=episode.suggestion,
    )
