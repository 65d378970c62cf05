"""What people did, and what ended without anybody."""

from typing import Final

from consumers.runtime.wording.marks import N_
from consumers.runtime.wording.plain import one_line
from consumers.runtime.wording.reader import Reader
from consumers.runtime.wording.reasons.facts import account
from schemas.alerts import AlertStep, StepKind

_DID: Final = {
    StepKind.ACKNOWLEDGED: N_("%(actor)s took on the alert for %(account)s."),
    StepKind.SNOOZED: N_("%(actor)s put off the alert for %(account)s."),
    StepKind.REASSIGNED: N_("%(actor)s passed on the alert for %(account)s."),
    StepKind.COMMENTED: N_("%(actor)s wrote a comment on the alert for %(account)s."),
    StepKind.RATED: N_("%(actor)s rated the alert for %(account)s."),
    StepKind.RESOLVED: N_("%(actor)s closed the alert for %(account)s."),
}


def by_person(reader: Reader, step: AlertStep) -> str:
    """Somebody did something to the alert."""
    actor = one_line(step.actor) if step.actor else reader.text(N_("Somebody"))
    text = _DID.get(step.step, N_("%(actor)s acted on the alert for %(account)s."))
    return reader.text(text) % {"actor": actor, "account": account(step)}


def cause_withdrawn(reader: Reader, step: AlertStep) -> str:
    """What raised the alert was taken back."""
    text = N_("The alert for %(account)s rested on a report that was taken back since.")
    return reader.text(text) % {"account": account(step)}


def closed_by_time(reader: Reader, step: AlertStep) -> str:
    """The alert was news, and news age."""
    text = N_("The alert for %(account)s was closed because its time had passed.")
    return reader.text(text) % {"account": account(step)}
