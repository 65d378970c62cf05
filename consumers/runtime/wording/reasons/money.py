"""Money that goes another way than the score, and clients who may want more."""

from typing import Final

from consumers.runtime.wording.marks import N_
from consumers.runtime.wording.reader import Reader
from consumers.runtime.wording.reasons.facts import account, has, names, size, time
from schemas.alerts import AlertStep

_FALLS: Final = {
    "order_value": N_(
        "The score of %(account)s is still %(score)s of 100, but the value of its orders fell by %(percent)s."
    ),
    "subscription": N_(
        "The score of %(account)s is still %(score)s of 100, but the value of its subscription fell by %(percent)s."
    ),
}
_RISES: Final = {
    "order_value": N_(
        "The score of %(account)s is only %(score)s of 100, but the value of its orders rose by %(percent)s."
    ),
    "subscription": N_(
        "The score of %(account)s is only %(score)s of 100, but the value of its subscription rose by %(percent)s."
    ),
}
_GROWS: Final[dict[frozenset[str], str]] = {
    frozenset({"usage"}): N_("%(account)s is doing well, with a score of %(score)s of 100, and uses %(percent)s more."),
    frozenset({"order_value"}): N_(
        "%(account)s is doing well, with a score of %(score)s of 100, and its orders are worth %(percent)s more."
    ),
    frozenset({"usage", "order_value"}): N_(
        "%(account)s is doing well, with a score of %(score)s of 100; it uses and orders more, by up to %(percent)s."
    ),
}


def money_falls(reader: Reader, step: AlertStep) -> str:
    """The score is good and the money falls."""
    text = _FALLS.get(step.facts.get("measure", ""))
    if text is None or not has(step, "score", "percent"):
        text = N_("The score of %(account)s is good, but what it brings in is falling.")
    return reader.text(text) % _written(reader, step)


def money_rises(reader: Reader, step: AlertStep) -> str:
    """The score is bad and the money rises."""
    text = _RISES.get(step.facts.get("measure", ""))
    if text is None or not has(step, "score", "percent"):
        text = N_("The score of %(account)s is poor, but what it brings in is rising.")
    return reader.text(text) % _written(reader, step)


def agrees_again(reader: Reader, step: AlertStep) -> str:
    """Both go the same way."""
    text = N_("The score of %(account)s and what it brings in go the same way again.")
    return reader.text(text) % {"account": account(step)}


def upsell_signs(reader: Reader, step: AlertStep) -> str:
    """The account is well and grows; when its subscription is renewed is told where it is known."""
    text = _GROWS.get(frozenset(names(step, "growing")))
    if text is None or not has(step, "score", "percent"):
        text = N_("%(account)s is doing well and growing: it may want more.")
    told = reader.text(text) % _written(reader, step)
    renews = time(step, "renews_at")
    if renews is None:
        return told
    renewal = reader.text(N_("Its subscription is up for renewal on %(day)s.")) % {"day": reader.day(renews)}
    return f"{told} {renewal}"


def signs_gone(reader: Reader, step: AlertStep) -> str:
    """It does not look so any more."""
    text = N_("It no longer looks as if %(account)s wants more.")
    return reader.text(text) % {"account": account(step)}


def _written(reader: Reader, step: AlertStep) -> dict[str, str]:
    return {
        "account": account(step),
        "score": size(reader, step, "score") if "score" in step.facts else "",
        "percent": reader.percent(abs(float(step.facts["percent"])) / 100) if "percent" in step.facts else "",
    }
