"""Clients that are not heard from, or do not order, for longer than is usual for them.

Silence is measured in days of UTC, so its days are told as they are and not moved into the reader's zone.
"""

from typing import Final

from consumers.runtime.wording.marks import N_, NN_
from consumers.runtime.wording.reader import Reader
from consumers.runtime.wording.reasons.facts import account, time, whole
from schemas.alerts import AlertKind, AlertStep

_NOT_HEARD: Final = NN_(
    "%(account)s has not been heard from since %(since)s. It usually gets in touch every day and was expected by"
    " %(expected)s.",
    "%(account)s has not been heard from since %(since)s. It usually gets in touch every %(count)d days and was"
    " expected by %(expected)s.",
)
_NOT_BOUGHT: Final = NN_(
    "%(account)s has not ordered since %(since)s. It usually orders every day; an order was expected by %(expected)s.",
    "%(account)s has not ordered since %(since)s. It usually orders every %(count)d days; an order was expected by"
    " %(expected)s.",
)


def silence_passed(reader: Reader, step: AlertStep) -> str:
    """The account's own line was passed: of orders, or of any contact."""
    orders = step.kind is AlertKind.PURCHASE_OVERDUE
    since, expected = time(step, "quiet_since"), time(step, "expected_by")
    if since is None or expected is None:
        text = N_("%(account)s has not ordered for unusually long.")
        if not orders:
            text = N_("%(account)s has not been heard from for unusually long.")
        return reader.text(text) % {"account": account(step)}
    days = whole(step, "usual_days")
    written = {"since": reader.date(since.date()), "expected": reader.date(expected.date())}
    return reader.plural(_NOT_BOUGHT if orders else _NOT_HEARD, days) % {
        "account": account(step),
        "count": days,
        **written,
    }


def heard_again(reader: Reader, step: AlertStep) -> str:
    """There was a contact."""
    return reader.text(N_("%(account)s has been heard from again.")) % {"account": account(step)}


def bought_again(reader: Reader, step: AlertStep) -> str:
    """There was an order."""
    return reader.text(N_("%(account)s has ordered again.")) % {"account": account(step)}
