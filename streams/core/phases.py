"""The life of an alert episode as a machine of states: which step may follow where, and why not where it may not.

`TRANSITIONS` is all there is to it: what decides, what draws the page and what tests it read the same table.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from schemas.alerts import StepKind


class Phase(StrEnum):
    """Where an episode stands. `open` and `escalated` are nobody's yet: they climb."""

    NONE = "none"
    OPEN = "open"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    RETRACTED = "retracted"


class Refusal(StrEnum):
    """Why a step is not taken."""

    UNKNOWN_ALERT = "unknown_alert"
    NOT_OPENED = "not_opened"
    ALREADY_OPEN = "already_open"
    ALREADY_CLOSED = "already_closed"
    ALREADY_TAKEN_ON = "already_taken_on"
    TAKEN_ON = "taken_on"
    PUT_OFF = "put_off"
    NOT_PUT_OFF = "not_put_off"
    PUT_OFF_TO_THE_PAST = "put_off_to_the_past"


CLIMBING: Final = frozenset({Phase.OPEN, Phase.ESCALATED})
CLOSED: Final = frozenset({Phase.RESOLVED, Phase.RETRACTED})
LIVE: Final = frozenset(Phase) - CLOSED - {Phase.NONE}

_REMARKS: Final = (StepKind.COMMENTED, StepKind.RATED)


def _live(phase: Phase, **further: Phase) -> dict[StepKind, Phase]:
    """What may happen to every open episode, and what `further` may to one in this phase."""
    stays = dict.fromkeys((StepKind.UPDATED, *_REMARKS), phase)
    everywhere = {
        StepKind.ACKNOWLEDGED: Phase.ACKNOWLEDGED,
        StepKind.SNOOZED: Phase.SNOOZED,
        StepKind.REASSIGNED: Phase.OPEN,
        StepKind.RESOLVED: Phase.RESOLVED,
        StepKind.RETRACTED: Phase.RETRACTED,
    }
    return {**stays, **everywhere, **{StepKind(step): after for step, after in further.items()}}


def _closed(phase: Phase) -> dict[StepKind, Phase]:
    return {**dict.fromkeys(_REMARKS, phase), StepKind.OPENED: Phase.OPEN}


TRANSITIONS: Final[Mapping[Phase, Mapping[StepKind, Phase]]] = {
    Phase.NONE: {StepKind.OPENED: Phase.OPEN},
    Phase.OPEN: _live(Phase.OPEN, escalated=Phase.ESCALATED),
    Phase.ESCALATED: _live(Phase.ESCALATED, escalated=Phase.ESCALATED),
    Phase.ACKNOWLEDGED: _live(Phase.ACKNOWLEDGED),
    Phase.SNOOZED: _live(Phase.SNOOZED, reopened=Phase.OPEN),
    Phase.RESOLVED: _closed(Phase.RESOLVED),
    Phase.RETRACTED: _closed(Phase.RETRACTED),
}


class ForbiddenStepError(ValueError):
    """A rule wanted a step that the machine does not allow: a mistake in the rule."""

    def __init__(self, phase: Phase, step: StepKind, refusal: Refusal) -> None:
        super().__init__(f"{step.value} of an episode that is {phase.value}: {refusal.value}")
        self.phase, self.step, self.refusal = phase, step, refusal


def refusal_of(phase: Phase, step: StepKind) -> Refusal | None:
    """Why a step may not follow in a phase, None when it may.

    >>> refusal_of(Phase.RESOLVED, StepKind.ACKNOWLEDGED).value
    'already_closed'
    """
    if step in TRANSITIONS[phase]:
        return None
    if phase is Phase.NONE:
        return Refusal.NOT_OPENED
    if phase in CLOSED:
        return Refusal.ALREADY_CLOSED
    if step is StepKind.ESCALATED:
        return Refusal.TAKEN_ON if phase is Phase.ACKNOWLEDGED else Refusal.PUT_OFF
    return Refusal.ALREADY_OPEN if step is StepKind.OPENED else Refusal.NOT_PUT_OFF


def following(phase: Phase, step: StepKind) -> Phase:
    """The phase after a step.

    Raises:
        ForbiddenStepError: it may not follow here.
    """
    refusal = refusal_of(phase, step)
    if refusal is not None:
        raise ForbiddenStepError(phase, step, refusal)
    return TRANSITIONS[phase][step]
