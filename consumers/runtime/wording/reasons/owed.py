"""What was owed by a time and is not done: shipments, deliveries, payments, calls back, hand-offs."""

from decimal import Decimal
from typing import Final

from consumers.runtime.wording.marks import N_, NN_
from consumers.runtime.wording.reader import Reader
from consumers.runtime.wording.reasons.facts import account, has, listed, names, time, whole
from schemas.alerts import AlertKind, AlertStep

_OVERDUE: Final = {
    AlertKind.SHIPMENT_LATE: NN_(
        "Order %(names)s of %(account)s was to be shipped by %(due)s and has not been.",
        "%(count)d orders of %(account)s are not shipped past their time: %(names)s. The oldest was due %(due)s.",
    ),
    AlertKind.INVOICE_OVERDUE: NN_(
        "Invoice %(names)s of %(account)s was due %(due)s and is not paid.",
        "%(count)d invoices of %(account)s are past their time: %(names)s. The oldest was due %(due)s.",
    ),
    AlertKind.CALLBACK_OVERDUE: NN_(
        "%(account)s was promised a call back by %(due)s, and nobody has got in touch since.",
        "%(account)s was promised %(count)d calls back, the first by %(due)s, and nobody has got in touch since.",
    ),
    AlertKind.HAND_OFF_OVERDUE: NN_(
        "Hand-off %(names)s of %(account)s was to be dealt with by %(due)s and is still open.",
        "%(count)d hand-offs of %(account)s are still open past their time: %(names)s. The oldest was due %(due)s.",
    ),
}
_OVERDUE_SUM: Final = NN_(
    "Invoice %(names)s of %(account)s over %(amount)s was due %(due)s and is not paid.",
    "%(count)d invoices of %(account)s over %(amount)s are past their time: %(names)s. The oldest was due %(due)s.",
)
_UNDELIVERED: Final = NN_(
    "Order %(names)s of %(account)s was to be delivered by %(due)s and has not been.",
    "%(count)d orders of %(account)s are not delivered past their time: %(names)s. The oldest was due %(due)s.",
)
_UNSHIPPED_AND_UNDELIVERED: Final = NN_(
    "Order %(names)s of %(account)s was due %(due)s and is not there yet.",
    "%(count)d orders of %(account)s are past their time, some not shipped and some not delivered: %(names)s."
    " The oldest was due %(due)s.",
)
_OVERDUE_AT_ALL: Final = NN_(
    "Something owed to %(account)s is past its time.",
    "%(count)d things owed to %(account)s are past their time.",
)
_SETTLED: Final = {
    AlertKind.SHIPMENT_LATE: N_("No order of %(account)s is past its time any more."),
    AlertKind.INVOICE_OVERDUE: N_("No invoice of %(account)s is unpaid past its time any more."),
    AlertKind.CALLBACK_OVERDUE: N_("%(account)s is not waiting for a call back any more."),
    AlertKind.HAND_OFF_OVERDUE: N_("No hand-off of %(account)s is open past its time any more."),
}
_NAMED_IN: Final = ("order_ids", "invoice_ids", "hand_off_ids", "contact_ids")


def due_passed(reader: Reader, step: AlertStep) -> str:
    """The time has passed for one or for several; the same words fit one more."""
    due, count = time(step, "due_at"), whole(step, "count")
    forms = _forms(step) if due else _OVERDUE_AT_ALL
    return reader.plural(forms, count) % {
        "account": account(step),
        "names": listed(reader, names(step, *_NAMED_IN)),
        "count": count,
        "due": reader.moment(due) if due else "",
        "amount": _amount(reader, step),
    }


def all_settled(reader: Reader, step: AlertStep) -> str:
    """Nothing is owed past its time any more."""
    text = _SETTLED.get(step.kind, N_("Nothing is owed to %(account)s past its time any more."))
    return reader.text(text) % {"account": account(step)}


def _forms(step: AlertStep) -> tuple[str, str]:
    if step.kind is AlertKind.INVOICE_OVERDUE and has(step, "amount", "currency"):
        return _OVERDUE_SUM
    if step.kind is AlertKind.SHIPMENT_LATE and has(step, "undelivered_ids"):
        alike = step.facts["undelivered_ids"] == step.facts.get("order_ids")
        return _UNDELIVERED if alike else _UNSHIPPED_AND_UNDELIVERED
    return _OVERDUE.get(step.kind, _OVERDUE_AT_ALL)


def _amount(reader: Reader, step: AlertStep) -> str:
    if not has(step, "amount", "currency"):
        return ""
    return reader.money(Decimal(step.facts["amount"]), step.facts["currency"])
