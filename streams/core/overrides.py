"""What people set in place of a score, as an order-free fold: a record is the set of what was told, all else follows.

The latest setting counts, by event time and then by id: a person who sets again replaces what was set before for good,
so that nothing older comes back when it expires. A lift ends whatever was set at or before it.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.health import OverrideReason
from schemas.plain import Plain
from streams.core.facts import seconds

SET: Final = "health.override_set.v1"
LIFTED: Final = "health.override_lifted.v1"
TYPES: Final = frozenset((SET, LIFTED))
KEPT: Final = 16
"""How many settings and lifts of an account are remembered, the newest by event time; older ones change nothing."""


class Said(NamedTuple):
    """A setting or a lift, in the order that counts. Of a lift `value` and `expires_at` say nothing (0).

    `at` and `expires_at` are epoch seconds.
    """

    at: float
    id: str
    source: str
    type: str
    value: float
    expires_at: float
    author: str
    reason: str


Record = tuple[tuple[Said, int], ...]
"""How often each was told less how often it was withdrawn, ascending. What nets to 0 keeps its place: which are kept
must follow from what was told alone, not from the order of telling it.
"""


class Held(NamedTuple):
    """The override that the last snapshot told: `points` it added to the computed score then, and the code of the band
    that the account was in before anybody set anything.
    """

    override: Said
    points: float
    band: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds at a moment: the override in force or None, why, since when, and the fact behind it (None: time)."""

    override: Said | None
    reason: OverrideReason
    since: float
    by: Said | None


def advanced(record: Record, event: Plain, at: float, sign: int = 1) -> Record:
    """The record with one more fact, of the time `at`, or with `sign` -1 one taken back; in any order, each once."""
    counts, said = dict(record), _said(event, at)
    counts[said] = counts.get(said, 0) + sign
    return tuple(sorted(counts.items())[-KEPT:])


def _said(event: Plain, at: float) -> Said:
    data, kind = event["data"], event["type"]
    identity = (at, event["id"], event["source"], kind)
    if kind == LIFTED:
        return Said(*identity, 0.0, 0.0, data["author"], data["reason"])
    return Said(*identity, float(data["value"]), seconds(data["expires_at"]), data["author"], data["reason"])


def standing(record: Record, moment: float) -> Standing | None:
    """What holds at a moment (epoch seconds); None where nobody had set anything by then."""
    latest = max((said for said in _told(record, SET) if said.at <= moment), default=None)
    if latest is None:
        return None
    lift = min((said for said in _told(record, LIFTED) if latest.at <= said.at <= moment), default=None)
    if lift is not None and lift.at < latest.expires_at:
        return Standing(None, OverrideReason.LIFTED, lift.at, lift)
    if moment >= latest.expires_at:
        return Standing(None, OverrideReason.EXPIRED, latest.expires_at, None)
    return Standing(latest, OverrideReason.SET, latest.at, latest)


def stands(record: Record, override: Said) -> bool:
    """Whether a setting was told and not taken back."""
    return any(said == override and times > 0 for said, times in record)


def next_turn(record: Record, moment: float) -> float:
    """When what holds may change next by time alone, epoch seconds; inf for never."""
    told = [said.at for said, times in record if times > 0]
    ends = [said.expires_at for said in _told(record, SET)]
    return min((at for at in (*told, *ends) if at > moment), default=float("inf"))


def newest(record: Record) -> float:
    """The event time of the newest fact told, whether it still stands or not."""
    return record[-1][0].at


def _told(record: Record, kind: str) -> list[Said]:
    return [said for said, times in record if times > 0 and said.type == kind]
