"""The sentences of an alert step, from its structured reason, facts and parts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from consumers.runtime.wording.names import KINDS, N_, ROLES, band
from consumers.runtime.wording.parts import PartLine, part_lines
from consumers.runtime.wording.plain import one_line
from consumers.runtime.wording.reader import Reader
from schemas.alerts import AlertKind, AlertStep, StepKind, StepReason, Suggestion

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
    Suggestion.NAME_SHIPPING_DATE: N_("Find out when it leaves the house and tell the client the new date."),
    Suggestion.ASK_FOR_PAYMENT: N_("Ask the client about the payment, and whether something was wrong."),
    Suggestion.CALL_BACK: N_("Call the client back today."),
    Suggestion.CLOSE_HAND_OFF: N_("Ask the other team where it stands, and tell the client."),
}
_OVERDUE: Final = {
    AlertKind.SHIPMENT_LATE: (
        N_("Order %(names)s of %(account)s was to be shipped by %(due)s and has not been."),
        N_("%(count)d orders of %(account)s are not shipped past their time: %(names)s. The oldest was due %(due)s."),
    ),
    AlertKind.INVOICE_OVERDUE: (
        N_("Invoice %(names)s of %(account)s%(money)s was due %(due)s and is not paid."),
        N_("%(count)d invoices of %(account)s%(money)s are past their time: %(names)s. The oldest was due %(due)s."),
    ),
    AlertKind.CALLBACK_OVERDUE: (
        N_("%(account)s was promised a call back by %(due)s, and nobody has got in touch since."),
        N_("%(account)s was promised %(count)d calls back, the first by %(due)s, and nobody has got in touch since."),
    ),
    AlertKind.HAND_OFF_OVERDUE: (
        N_("Hand-off %(names)s of %(account)s was to be dealt with by %(due)s and is still open."),
        N_("%(count)d hand-offs of %(account)s are still open past their time: %(names)s. The oldest was due %(due)s."),
    ),
}
_OVERDUE_AT_ALL: Final = (
    N_("Something owed to %(account)s is past its time."),
    N_("%(count)d things owed to %(account)s are past their time."),
)
_SETTLED: Final = {
    AlertKind.SHIPMENT_LATE: N_("No order of %(account)s is waiting to be shipped past its time any more."),
    AlertKind.INVOICE_OVERDUE: N_("No invoice of %(account)s is unpaid past its time any more."),
    AlertKind.CALLBACK_OVERDUE: N_("%(account)s is not waiting for a call back any more."),
    AlertKind.HAND_OFF_OVERDUE: N_("No hand-off of %(account)s is open past its time any more."),
}
_NAMED_IN: Final = ("order_ids", "invoice_ids", "hand_off_ids", "contact_ids")


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
        if self.step.step is StepKind.RETRACTED:
            text = self.reader.text(N_("Retracted: %(kind)s, %(account)s"))
        elif self.step.step is StepKind.RESOLVED:
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


def _due_passed(words: AlertWords) -> str:
    one, many = _OVERDUE.get(words.step.kind, _OVERDUE_AT_ALL)
    names = _names(words)
    return words.reader.plural(one, many, _count(words)) % _overdue_facts(words, names)


def _more_due(words: AlertWords) -> str:
    """The same words fit one more; complaints have words of their own."""
    return _more_overdue(words) if words.step.kind is AlertKind.COMPLAINT_OVERDUE else _due_passed(words)


def _all_settled(words: AlertWords) -> str:
    text = _SETTLED.get(words.step.kind, N_("Nothing is owed to %(account)s past its time any more."))
    return words.reader.text(text) % {"account": words.account}


def _cause_withdrawn(words: AlertWords) -> str:
    text = N_("The alert for %(account)s rested on a report that was taken back since.")
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
    StepReason.MORE_OVERDUE: _more_due,
    StepReason.ALL_ANSWERED: _all_answered,
    StepReason.DUE_PASSED: _due_passed,
    StepReason.ALL_SETTLED: _all_settled,
    StepReason.CAUSE_WITHDRAWN: _cause_withdrawn,
    StepReason.BY_PERSON: _by_person,
}


def _complaints(words: AlertWords) -> list[str]:
    return _named(words.step.facts.get("complaint_ids", ""))


def _names(words: AlertWords) -> list[str]:
    return _named(next((words.step.facts[key] for key in _NAMED_IN if key in words.step.facts), ""))


def _named(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _count(words: AlertWords) -> int:
    return int(words.step.facts.get("count", "1"))


def _overdue_facts(words: AlertWords, names: list[str]) -> dict[str, str | int]:
    facts, due = words.step.facts, _due(words)
    money = ""
    if "amount" in facts and "currency" in facts:
        amount = words.reader.money(Decimal(facts["amount"]), facts["currency"])
        money = words.reader.text(N_(" over %(amount)s")) % {"amount": amount}
    return {
        "account": words.account,
        "names": words.reader.listed(names[:5]),
        "count": _count(words),
        "due": words.reader.moment(due) if due else words.reader.text(N_("its time")),
        "money": money,
    }


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
