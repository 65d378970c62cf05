"""Complaints that wait for an answer, and those that come again."""

from typing import Final

from consumers.runtime.wording.marks import N_, NN_
from consumers.runtime.wording.names import category
from consumers.runtime.wording.reader import Reader
from consumers.runtime.wording.reasons.facts import account, has, listed, names, time, whole
from schemas.alerts import AlertStep

_UNANSWERED: Final = NN_(
    "Complaint %(ids)s of %(account)s was to be answered by %(due)s and has not been.",
    "%(count)d complaints of %(account)s are unanswered past their time: %(ids)s. The oldest was due %(due)s.",
)
_UNANSWERED_SOME_TIME: Final = NN_(
    "Complaint %(ids)s of %(account)s was not answered in time.",
    "%(count)d complaints of %(account)s were not answered in time: %(ids)s.",
)
_NOW_UNANSWERED: Final = NN_(
    "%(count)d complaint of %(account)s is now unanswered past its time: %(ids)s.",
    "%(count)d complaints of %(account)s are now unanswered past their time: %(ids)s.",
)
_AGAIN: Final = NN_(
    "%(account)s complained %(times)d times within a day about the same thing (%(category)s): %(ids)s.",
    "%(account)s complained %(times)d times within %(count)d days about the same thing (%(category)s): %(ids)s.",
)


def answer_due_passed(reader: Reader, step: AlertStep) -> str:
    """The time to answer has passed."""
    due = time(step, "due_at")
    if due is None:
        return _numbered(reader, step, _UNANSWERED_SOME_TIME, "")
    return _numbered(reader, step, _UNANSWERED, reader.moment(due))


def more_overdue(reader: Reader, step: AlertStep) -> str:
    """More of them are past their time."""
    return _numbered(reader, step, _NOW_UNANSWERED, "")


def all_answered(reader: Reader, step: AlertStep) -> str:
    """None waits any more."""
    text = N_("No complaint of %(account)s is waiting for an answer past its time any more.")
    return reader.text(text) % {"account": account(step)}


def complained_again(reader: Reader, step: AlertStep) -> str:
    """The same was complained about again."""
    if not has(step, "complaint_ids", "category"):
        return reader.text(N_("%(account)s complained again about the same thing.")) % {"account": account(step)}
    ids, days = names(step, "complaint_ids"), whole(step, "days")
    return reader.plural(_AGAIN, days) % {
        "account": account(step),
        "times": whole(step, "count", 2),
        "count": days,
        "category": category(reader, step.facts["category"]),
        "ids": listed(reader, ids),
    }


def all_settled(reader: Reader, step: AlertStep) -> str:
    """All of those that came again are settled."""
    text = N_("The repeated complaints of %(account)s are all settled.")
    return reader.text(text) % {"account": account(step)}


def _numbered(reader: Reader, step: AlertStep, forms: tuple[str, str], due: str) -> str:
    ids = names(step, "complaint_ids")
    count = max(1, len(ids))
    written = {"account": account(step), "ids": listed(reader, ids), "count": count, "due": due}
    return reader.plural(forms, count) % written
