"""The sentences of an alert step, from its structured reason, facts and parts."""

from dataclasses import dataclass
from typing import Final

from consumers.runtime.wording.marks import N_
from consumers.runtime.wording.names import KINDS, ROLES
from consumers.runtime.wording.parts import PartLine, part_lines
from consumers.runtime.wording.reader import Reader
from consumers.runtime.wording.reasons import reason
from consumers.runtime.wording.reasons.facts import account
from schemas.alerts import AlertStep, StepKind, Suggestion

_STATES: Final = {
    StepKind.OPENED: N_("New alert"),
    StepKind.UPDATED: N_("Update"),
    StepKind.ACKNOWLEDGED: N_("Acknowledged"),
    StepKind.SNOOZED: N_("Snoozed"),
    StepKind.ESCALATED: N_("Escalated to you"),
    StepKind.REOPENED: N_("Put off until now"),
    StepKind.REASSIGNED: N_("Reassigned"),
    StepKind.COMMENTED: N_("Commented"),
    StepKind.RATED: N_("Rated"),
    StepKind.RESOLVED: N_("Resolved"),
    StepKind.RETRACTED: N_("Retracted"),
}
_SUGGESTIONS: Final = {
    Suggestion.CALL_CLIENT: N_("Call the client and ask what happened."),
    Suggestion.ANSWER_COMPLAINT: N_("Answer the complaint today, if only to say when it will be solved."),
    Suggestion.NAME_SHIPPING_DATE: N_("Find out when it will arrive and tell the client the new date."),
    Suggestion.ASK_FOR_PAYMENT: N_("Ask the client about the payment, and whether something was wrong."),
    Suggestion.CALL_BACK: N_("Call the client back today."),
    Suggestion.CLOSE_HAND_OFF: N_("Ask the other team where it stands, and tell the client."),
    Suggestion.OWN_THE_COMPLAINT: N_("Take the complaint on yourself until it is solved, and tell the client so."),
    Suggestion.GET_IN_TOUCH: N_("Get in touch and ask how things are going."),
    Suggestion.ASK_FOR_ORDER: N_("Ask the client what they need and when the next order is planned."),
    Suggestion.REVIEW_ACCOUNT: N_("Look into the account and find out which of the two is right."),
    Suggestion.OFFER_MORE: N_("Talk to the client about what more would help them."),
    Suggestion.THANK_CLIENT: N_("Thank the client, and say what was mended."),
}


@dataclass(frozen=True, slots=True)
class AlertWords:
    """One step in one reader's words. Plain text: whoever puts it into HTML escapes it."""

    reader: Reader
    step: AlertStep

    @property
    def account(self) -> str:
        """The account's name on one line, or its id where it has none."""
        return account(self.step)

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
        return reason(self.reader, self.step)

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
