"""The sentences of an alert step, from its structured reason, facts and parts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from consumers.runtime.wording.names import KINDS, N_, ROLES, band
from consumers.runtime.wording.parts import PartLine, part_lines
from consumers.runtime.wording.plain import one_line
from consumers.runtime.wording.reader import Reader
from schemas.alerts import AlertStep, StepKind, StepReason, Suggestion

_STATES: Final = {
    StepKind.OPENED: N_("New alert"),
    StepKind.UPDATED: N_("Update"),
    StepKind.ACKNOWLEDGED: N_("Acknowledged"),
    StepKind.SNOOZED: N_("Snoozed"),
    StepKind.ESCALATED: N_("Escalated to you"),
    StepKind.REASSIGNED: N_("Reassigned"),
    StepKind.COMMENTED: N_("Commented"),
    StepKind.RATED: N_("Rated"),
    StepKind.RESOLVED: N_("Resolved"),
    StepKind.RETRACTED: N_("Retracted"),
}
_SUGGESTIONS: Final = {
    Suggestion.CALL_CLIENT: N_("Call the client and ask what happened."),
    Suggestion.ANSWER_COMPLAINT: N_("Answer the complaint today, if only to say when it will be solved."),
}


@dataclass(frozen=True, slots=True)
class AlertWords:
    """One step in one reader's words. Plain text: whoever puts it into HTML escapes it."""

    reader: Reader
    step: AlertStep

    @property
    def account(self) -> str:
        """The account's name on one line, or its id where it has none."""
        return one_line(self.step.account_name or self.step.account_id)

    @property
    def kind(self) -> str:
        """The kind of alert."""
        return self.reader.text(KINDS[self.step.kind])

    @property
    def state(self) -> str:
        """What this step did to the episode."""
        return self.reader.text(_STATES[self.step.step])

    @property
    def role(self) -> str:
        """The trade that is called for."""
        return self.reader.text(ROLES[self.step.role])

    @property
    def headline(self) -> str:
        """One line: kind and account; a resolved one says so first."""
        if self.step.step is StepKind.RESOLVED:
            text = self.reader.text(N_("Resolved: %(kind)s, %(account)s"))
        elif self.step.step is StepKind.ESCALATED:
            text = self.reader.text(N_("Escalated: %(kind)s, %(account)s"))
        else:
            text = self.reader.text(N_("%(kind)s: %(account)s"))
        return text % {"kind": self.kind, "account": self.account}

    @property
    def reason(self) -> str:
        """The sentence that says why."""
        return _REASONS[self.step.reason](self)

    @property
    def suggestion(self) -> str:
        """The next step we suggest, empty where nothing is left to do."""
        if self.step.step in (StepKind.RESOLVED, StepKind.RETRACTED):
            return ""
        return self.reader.text(_SUGGESTIONS[self.step.suggestion])

    @property
    def moment(self) -> str:
        """When it happened, in the reader's zone."""
        return self.reader.moment(self.step.at)

    @property
    def value_at_risk(self) -> str:
        """The money at risk, empty where it is not known."""
        if self.step.value_at_risk is None or self.step.currency is None:
            return ""
        return self.reader.money(self.step.value_at_risk, self.step.currency)

    def parts(self, most: int = 5) -> list[PartLine]:
        """The weightiest reasons of the change, summing to it."""
        return part_lines(self.reader, self.step.parts, most)


def _band_worsened(words: AlertWords) -> str:
    facts, reader = words.step.facts, words.reader
    if "score" not in facts or "band_to" not in facts or "band_from" not in facts:
        return reader.text(N_("The health of %(account)s got worse.")) % {"account": words.account}
    text = N_("The health of %(account)s fell from “%(before)s” to “%(after)s”; its score is now %(score)s of 100.")
    return reader.text(text) % _band_facts(words)


def _band_recovered(words: AlertWords) -> str:
    facts, reader = words.step.facts, words.reader
    if "score" not in facts or "band_to" not in facts:
        return reader.text(N_("The health of %(account)s has recovered.")) % {"account": words.account}
    text = N_("The health of %(account)s is back to “%(after)s”; its score is now %(score)s of 100.")
    return reader.text(text) % _band_facts(words)


def _band_facts(words: AlertWords) -> dict[str, str]:
    facts, reader = words.step.facts, words.reader
    return {
        "account": words.account,
        "before": band(reader, facts["band_from"]) if "band_from" in facts else "",
        "after": band(reader, facts["band_to"]),
        "score": reader.number(float(facts["score"]), 0),
    }


def _answer_due_passed(words: AlertWords) -> str:
    ids, due = _complaints(words), _due(words)
    one = N_("Complaint %(ids)s of %(account)s was to be answered by %(due)s and has not been.")
    many = N_(
        "%(count)d complaints of %(account)s are unanswered past their time: %(ids)s. The oldest was due %(due)s."
    )
    if due is None:
        one = N_("Complaint %(ids)s of %(account)s was not answered in time.")
        many = N_("%(count)d complaints of %(account)s were not answered in time: %(ids)s.")
    return words.reader.plural(one, many, max(1, len(ids))) % _complaint_facts(words, ids, due)


def _more_overdue(words: AlertWords) -> str:
    ids, due = _complaints(words), _due(words)
    one = N_("%(count)d complaint of %(account)s is now unanswered past its time: %(ids)s.")
    many = N_("%(count)d complaints of %(account)s are now unanswered past their time: %(ids)s.")
    return words.reader.plural(one, many, max(1, len(ids))) % _complaint_facts(words, ids, due)


def _all_answered(words: AlertWords) -> str:
    text = N_("No complaint of %(account)s is waiting for an answer past its time any more.")
    return words.reader.text(text) % {"account": words.account}


def _by_person(words: AlertWords) -> str:
    facts = {"actor": words.step.actor or words.reader.text(N_("somebody")), "account": words.account}
    text = {
        StepKind.ACKNOWLEDGED: N_("%(actor)s took on the alert for %(account)s."),
        StepKind.SNOOZED: N_("%(actor)s put off the alert for %(account)s."),
        StepKind.REASSIGNED: N_("%(actor)s passed on the alert for %(account)s."),
        StepKind.COMMENTED: N_("%(actor)s wrote a comment on the alert for %(account)s."),
        StepKind.RATED: N_("%(actor)s rated the alert for %(account)s."),
        StepKind.RESOLVED: N_("%(actor)s closed the alert for %(account)s."),
    }.get(words.step.step, N_("%(actor)s acted on the alert for %(account)s."))
    return words.reader.text(text) % facts


_REASONS: Final[dict[StepReason, Callable[[AlertWords], str]]] = {
    StepReason.BAND_WORSENED: _band_worsened,
    StepReason.BAND_RECOVERED: _band_recovered,
    StepReason.ANSWER_DUE_PASSED: _answer_due_passed,
    StepReason.MORE_OVERDUE: _more_overdue,
    StepReason.ALL_ANSWERED: _all_answered,
    StepReason.BY_PERSON: _by_person,
}


def _complaints(words: AlertWords) -> list[str]:
    return [name.strip() for name in words.step.facts.get("complaint_ids", "").split(",") if name.strip()]


def _due(words: AlertWords) -> datetime | None:
    text = words.step.facts.get("due_at")
    return datetime.fromisoformat(text) if text else None


def _complaint_facts(words: AlertWords, ids: list[str], due: datetime | None) -> dict[str, str | int]:
    return {
        "account": words.account,
        "ids": words.reader.listed(ids[:5]),
        "count": max(1, len(ids)),
        "due": words.reader.moment(due) if due else "",
    }
