"""What comes next of an account, and what a person set in place of its score, in the viewer's words. Pure."""

from collections.abc import Callable
from typing import Final

from consumers.runtime.wording import Reader
from consumers.runtime.wording.marks import N_
from consumers.runtime.wording.names import band
from schemas.health import HealthSnapshot

_NEXT: Final = N_("Unless something happens: %(band)s from %(day)s on.")
_SET: Final = N_("Set by hand by %(name)s until %(moment)s: %(reason)s")
_COMPUTED: Final = N_("The facts alone make %(score)s.")
_NO_SCORE: Final = N_("The facts alone make no score.")


def outlook(snapshot: HealthSnapshot, reader: Reader) -> str:
    """The next band and from which day on, "" where none comes within what is foreseen."""
    if snapshot.next_band is None or snapshot.next_band_at is None:
        return ""
    named = band(reader, snapshot.next_band.value)
    return reader.text(_NEXT) % {"band": named, "day": reader.day(snapshot.next_band_at)}


def set_by_hand(snapshot: HealthSnapshot, reader: Reader, name_of: Callable[[str | None], str]) -> tuple[str, ...]:
    """Who set which score until when and why, and what the facts alone make; nothing where none is set."""
    said = snapshot.override
    if said is None:
        return ()
    moment = reader.moment(said.expires_at)
    told = reader.text(_SET) % {"name": name_of(said.author), "moment": moment, "reason": said.reason}
    if snapshot.computed_score is None:
        return told, reader.text(_NO_SCORE)
    return told, reader.text(_COMPUTED) % {"score": reader.number(snapshot.computed_score, 1)}
