"""docs/alerts.md: the life of an alert, drawn from the table that decides, and how it climbs the reporting line."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from pulse.reference.markdown import table
from schemas.alerts import LineGap, StepKind, StepReason
from schemas.events.managers import Role
from streams.core.phases import CLOSED, TRANSITIONS, Phase, Refusal

_HEAD: Final = """# Alerts

An alert is an episode of one kind on one account. Whatever happens to it is a step on `account.alerts`, with who, when
and why, and an id that follows from account, kind, episode and number: told again it is the same step. Kinds and fields
are in [schemas/](schemas/), what an alert is raised by in [policy.md](policy.md).

Written from the code by `python -m pulse.reference docs`.

## The life of an episode
"""
_STEPS: Final = {
    StepKind.OPENED: "a rule, when what it watches came about",
    StepKind.UPDATED: "the rule, when there is more of it",
    StepKind.ACKNOWLEDGED: "a person (`alert.acknowledged`): it is theirs, and climbs no further",
    StepKind.SNOOZED: "a person (`alert.snoozed`), until the time they name",
    StepKind.REOPENED: "time: the snooze is over; whoever put it off has it, and the clock runs again",
    StepKind.ESCALATED: "time: nobody took it on; or at once, where the policy says so",
    StepKind.REASSIGNED: "a person (`alert.reassigned`), or a handover of the account: somebody else has it",
    StepKind.COMMENTED: "a person (`alert.commented`), also when it is over",
    StepKind.RATED: "a person (`alert.rated`), also when it is over",
    StepKind.RESOLVED: "the rule, when its cause is gone; or a person (`alert.resolved`)",
    StepKind.RETRACTED: "the rule, when its cause was taken back",
}
_REFUSALS: Final = {
    Refusal.UNKNOWN_ALERT: "no alert of the account has this id, or a later episode has begun",
    Refusal.NOT_OPENED: "there has been no episode yet",
    Refusal.ALREADY_OPEN: "an episode is open: there is one at a time",
    Refusal.ALREADY_CLOSED: "the episode is over",
    Refusal.ALREADY_TAKEN_ON: "this person has taken it on before",
    Refusal.TAKEN_ON: "somebody took it on: it climbs no further",
    Refusal.PUT_OFF: "somebody put it off: it does not climb meanwhile",
    Refusal.NOT_PUT_OFF: "nobody put it off",
    Refusal.PUT_OFF_TO_THE_PAST: "the time until which it was put off had passed",
}
_CLIMB: Final = """## Up the reporting line

An open alert that nobody took on goes one rung up, by who reports to whom:
{rungs}.
How long the holder has is working time in the holder's own hours, time zone and absences: `delay_h` of the holder's
rung times `pace` of the kind, both in [policy.md](policy.md). Days on which clocks change are as long as they are. The
first of `escalation_chain` has the alert, the others would be told.

* Whoever is absent when it comes to them is stood in for by their delegate, a delegate by theirs. Where nobody stands
  in, the rung is passed over. When all above are away, the first who comes back is told.
* Whoever goes away while it is with them passes it on at the first working moment they miss.
* Nobody is told twice of one episode; nobody outside the line and its delegates is told, but whom a person named.
* When the account gets another owner, the alert goes to them and starts anew, unless they have taken it on already.
* Somebody new in the line counts as soon as their profile is read. Who left is not waited for: it goes on above them.
* An edited policy changes nothing for who has the alert: its delays count from the next rung on.
* An alert that was historic when it opened was told to nobody, and climbs nowhere. One that was told goes on however
  long no worker ran: what came due meanwhile is made up for at once, each step with the moment it was due.
* Time is the watermark's. It moves on a quiet system too, half a second behind the clock.

| why a step takes it to somebody | means |
|---|---|
"""
_WHY: Final = {
    StepReason.UNACKNOWLEDGED: "the holder's time was up",
    StepReason.CLIMBS_AT_ONCE: "`starts_with` or `at_once` of the policy",
    StepReason.WENT_AWAY: "the holder is absent",
    StepReason.OWNER_CHANGED: "the account was handed over",
    StepReason.SNOOZE_OVER: "it was put off until now",
}
_GAPS: Final = {
    LineGap.NO_OWNER: "no profile of the account says who owns it",
    LineGap.UNKNOWN_OWNER: "the owner has no profile",
    LineGap.UNKNOWN_MANAGER: "somebody in the line reports to a manager without a profile: it ends there",
    LineGap.REPORTS_CYCLE: "managers report to one another in a circle: it ends at the highest role in it",
    LineGap.ENDS_BELOW_TOP: "the last in the line reports to nobody and is no vice president",
    LineGap.VACANT_LEVEL: "a level between this manager and the next is filled by nobody",
    LineGap.ABSENT: "away without a delegate: passed over",
    LineGap.DELEGATE_CYCLE: "away, and the delegates stand in for one another: passed over",
    LineGap.UNKNOWN_DELEGATE: "away, and the delegate has no profile: passed over",
    LineGap.ALREADY_TOLD: "they, or who stands in for them, were told of the episode before: passed over",
}


def alerts_page() -> str:
    """The page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    yield from _diagram()
    yield from table(("step", "taken by"), ((f"`{step}`", _STEPS[step]) for step in StepKind))
    yield "A decision of a person that cannot be taken changes nothing and is counted by its reason in"
    yield "`pulse_worker_refused_decisions`.\n"
    yield from table(("refused as", "because"), ((f"`{one}`", _REFUSALS[one]) for one in Refusal))
    rungs = " → ".join(role.value.replace("_", " ") for role in Role)
    yield _CLIMB.format(rungs=rungs).rstrip("\n")
    yield from (f"| `{reason}` | {means} |" for reason, means in _WHY.items())
    yield "\nWhat is missing in the line is named in the step's facts, as `gaps`, with the manager it is missing at.\n"
    yield from table(("gap", "means"), ((f"`{gap}`", _GAPS[gap]) for gap in LineGap))


def _diagram() -> Iterator[str]:
    """A mermaid state diagram: steps that lead from one phase to the same other one stand at one arrow."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for phase, steps in TRANSITIONS.items():
        by_end: defaultdict[Phase, list[str]] = defaultdict(list)
        for step, after in steps.items():
            if phase not in CLOSED or step is not StepKind.OPENED:  # that is another episode
                by_end[after].append(step.value)
        for after, names in by_end.items():
            yield f"    {_state(phase)} --> {after.value}: {', '.join(names)}"
    yield from (f"    {phase.value} --> [*]" for phase in TRANSITIONS if phase in CLOSED)
    yield "```\n"


def _state(phase: Phase) -> str:
    return "[*]" if phase is Phase.NONE else phase.value
