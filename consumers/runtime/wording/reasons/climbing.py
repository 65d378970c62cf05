"""Why an alert went to somebody else: nobody took it on, they are away, the account has another owner."""

from consumers.runtime.wording.marks import N_
from consumers.runtime.wording.plain import one_line
from consumers.runtime.wording.reader import Reader
from consumers.runtime.wording.reasons.facts import account, has, time
from schemas.alerts import AlertStep


def unacknowledged(reader: Reader, step: AlertStep) -> str:
    """The one who had it did not react in time."""
    since = time(step, "held_since")
    if since is None or not has(step, "held_by"):
        return reader.text(N_("Nobody has taken on the alert for %(account)s in time.")) % {"account": account(step)}
    text = N_("%(holder)s has had the alert since %(since)s and has not taken it on.")
    return reader.text(text) % {"holder": _holder(step), "since": reader.moment(since)}


def climbs_at_once(reader: Reader, step: AlertStep) -> str:
    """Kind and policy call for somebody higher without waiting."""
    text = N_("Such an alert goes further up at once; whoever owns %(account)s was told too.")
    return reader.text(text) % {"account": account(step)}


def went_away(reader: Reader, step: AlertStep) -> str:
    """The one who had it is absent now."""
    if not has(step, "held_by"):
        return reader.text(N_("Who had the alert for %(account)s is away.")) % {"account": account(step)}
    return reader.text(N_("%(holder)s, who had the alert, is away.")) % {"holder": _holder(step)}


def owner_changed(reader: Reader, step: AlertStep) -> str:
    """The account was handed over while the alert was open."""
    if step.owner is None:
        return reader.text(N_("The owner of %(account)s changed.")) % {"account": account(step)}
    text = N_("%(account)s belongs to %(owner)s now, and with it the alert.")
    return reader.text(text) % {"account": account(step), "owner": one_line(step.owner)}


def snooze_over(reader: Reader, step: AlertStep) -> str:
    """It was put off, and comes back."""
    return reader.text(N_("The alert for %(account)s was put off until now.")) % {"account": account(step)}


def _holder(step: AlertStep) -> str:
    return one_line(step.facts["held_by"])
