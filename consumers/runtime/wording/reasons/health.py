"""What bands and the score itself did."""

from typing import Final

from consumers.runtime.wording.marks import N_, NN_
from consumers.runtime.wording.names import band
from consumers.runtime.wording.reader import Reader
from consumers.runtime.wording.reasons.facts import account, has, size, whole
from schemas.alerts import AlertStep

_FELL: Final = NN_(
    "The score of %(account)s fell by %(points)s points within a day, from %(before)s to %(score)s.",
    "The score of %(account)s fell by %(points)s points within %(count)d days, from %(before)s to %(score)s.",
)


def band_worsened(reader: Reader, step: AlertStep) -> str:
    """It went into a worse band."""
    if not has(step, "score", "band_from", "band_to"):
        return reader.text(N_("The health of %(account)s got worse.")) % {"account": account(step)}
    text = N_("The health of %(account)s fell from “%(before)s” to “%(after)s”; its score is now %(score)s of 100.")
    return reader.text(text) % _bands(reader, step)


def band_recovered(reader: Reader, step: AlertStep) -> str:
    """It is back in a better band, and the alert ends."""
    if not has(step, "score", "band_to"):
        return reader.text(N_("The health of %(account)s has recovered.")) % {"account": account(step)}
    text = N_("The health of %(account)s is back to “%(after)s”; its score is now %(score)s of 100.")
    return reader.text(text) % _bands(reader, step)


def band_regained(reader: Reader, step: AlertStep) -> str:
    """It is back in a better band, and that is the news."""
    if not has(step, "score", "band_from", "band_to"):
        return reader.text(N_("The health of %(account)s has recovered.")) % {"account": account(step)}
    text = N_("The health of %(account)s rose from “%(before)s” to “%(after)s”; its score is now %(score)s of 100.")
    return reader.text(text) % _bands(reader, step)


def score_fell(reader: Reader, step: AlertStep) -> str:
    """Many points were lost within few days: as many as lie between the scores that are shown."""
    if not has(step, "score", "score_before"):
        return reader.text(N_("The score of %(account)s fell sharply.")) % {"account": account(step)}
    days, before, after = (
        whole(step, "days"),
        round(float(step.facts["score_before"])),
        round(float(step.facts["score"])),
    )
    scores = {"points": before - after, "before": before, "score": after}
    written = {name: reader.number(score, 0) for name, score in scores.items()}
    return reader.plural(_FELL, days) % {"account": account(step), "count": days, **written}


def score_steadied(reader: Reader, step: AlertStep) -> str:
    """It falls no more."""
    if not has(step, "score"):
        return reader.text(N_("The score of %(account)s has steadied.")) % {"account": account(step)}
    text = N_("The score of %(account)s has steadied; it is now %(score)s of 100.")
    return reader.text(text) % {"account": account(step), "score": size(reader, step, "score")}


def _bands(reader: Reader, step: AlertStep) -> dict[str, str]:
    return {
        "account": account(step),
        "before": band(reader, step.facts["band_from"]) if "band_from" in step.facts else "",
        "after": band(reader, step.facts["band_to"]),
        "score": size(reader, step, "score"),
    }
