"""Scores that people set, laid over those that the facts make: what is shown, and the parts that say so.

    shown  = the override's value while one is in force, else the computed score
    points = shown - computed (no score counts 0)
    part   = points now - points that the last snapshot told

so that contributions still sum to what is shown, and parts to its change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import orjson

from schemas.health import OverrideReason, PartKind
from streams.core import overrides
from streams.core.explain import Texts, at_utc
from streams.core.fences import Bools
from streams.core.overrides import Held, Standing
from streams.core.policy import Floats, Ints
from streams.core.state import Extra, Partition

Rows = npt.NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Overruled:
    """Of n accounts under judgement, `shown: float64[n]`, and what is set by hand.

    `turned: bool[n]` where another override holds than the last snapshot told, or none any more; `since: float64[n]`
    since when (nan elsewhere); `hands` by place, of those of which an override was ever told.
    """

    shown: Floats
    turned: Bools
    since: Floats
    hands: Mapping[int, "Hand"]

    def in_force(self, place: int) -> overrides.Said | None:
        """The override in force on the account at a place."""
        hand = self.hands.get(place)
        return hand.override if hand else None


@dataclass(frozen=True, slots=True)
class Hand:
    """What a person's hand does to one score: `standing` now, `held` as last told, `points` it adds now."""

    standing: Standing | None
    held: Held | None
    points: float
    was_withdrawn: bool

    @property
    def override(self) -> overrides.Said | None:
        """The one in force."""
        return self.standing.override if self.standing else None

    @property
    def turned(self) -> bool:
        """Whether another is in force than was told."""
        return self.override != (self.held.override if self.held else None)

    @property
    def reason(self) -> OverrideReason:
        """What it did since the last snapshot."""
        if not self.turned:
            return OverrideReason.HELD
        if self.was_withdrawn or self.standing is None:
            return OverrideReason.WITHDRAWN
        return self.standing.reason


def latest_told(partition: Partition, rows: Ints, state: Rows, as_of: Floats) -> Floats:
    """The moments at which rows are read, float64[n]: never before the newest setting or lift of theirs."""
    for place in np.flatnonzero(state["overridden"]).tolist():
        newest = overrides.newest(partition.extras[int(rows[place])].overrides)
        as_of[place] = max(as_of[place], newest)
    return as_of


def overruled(partition: Partition, rows: Ints, state: Rows, as_of: Floats, computed: Floats) -> Overruled:
    """What is shown of rows whose facts make `computed: float64[n]` as of `as_of: float64[n]`."""
    shown, turned, since = computed.copy(), np.zeros(len(rows), bool), np.full(len(rows), np.nan)
    hands = {}
    for place in np.flatnonzero(state["overridden"]).tolist():
        hand = _hand(partition.extras[int(rows[place])], float(as_of[place]), float(computed[place]))
        if hand.override is not None:
            shown[place] = hand.override.value
        turned[place] = hand.turned
        since[place] = hand.standing.since if hand.standing and not hand.was_withdrawn else as_of[place]
        hands[place] = hand
    return Overruled(shown, turned, since, hands)


def _hand(extra: Extra, as_of: float, computed: float) -> Hand:
    standing, held = overrides.standing(extra.overrides, as_of), extra.held
    points = 0.0
    if standing is not None and standing.override is not None:
        points = standing.override.value - (0.0 if np.isnan(computed) else computed)
    gone = held is not None and not overrides.stands(extra.overrides, held.override)
    return Hand(standing, held, points, gone)


def with_parts(found: Iterable[Texts], places: Sequence[int], hands: Mapping[int, Hand]) -> Iterator[Texts]:
    """The parts of each account with what its override did behind them."""
    for place, texts in zip(places, found, strict=True):
        hand = hands.get(place)
        yield texts if hand is None else texts + _part(hand)


def _part(hand: Hand) -> Texts:
    points = hand.points - (hand.held.points if hand.held else 0.0)
    if not hand.turned and not points:
        return []
    part = {"kind": PartKind.OVERRIDE.value, "points": points, "reason": hand.reason.value}
    by = hand.standing.by if hand.standing and hand.turned and not hand.was_withdrawn else None
    if by is not None:
        part |= {"event_id": by.id, "source": by.source, "event_type": by.type, "event_time": at_utc(by.at)}
    return [orjson.dumps(part, option=orjson.OPT_UTC_Z).decode()]


def contribution(hand: Hand) -> Texts:
    """What the override in force adds to the computed score; nothing where none is."""
    return [] if hand.override is None else [f"{_CONTRIBUTION}{orjson.dumps(hand.points).decode()}}}"]


_CONTRIBUTION: Final = '{"name":"override","dimension":null,"points":'


def told(hand: Hand) -> dict[str, object] | None:
    """The override in force as a snapshot tells it (`schemas.health.Override`)."""
    said = hand.override
    if said is None:
        return None
    moments = {"set_at": at_utc(said.at), "expires_at": at_utc(said.expires_at)}
    return {"value": said.value, "author": said.author, "reason": said.reason, **moments}


def remember(extra: Extra, hand: Hand, band_before: int) -> None:
    """Note what a snapshot told; `band_before` is the band that was left when the override came to count."""
    if hand.override is None:
        extra.held = None
    else:
        extra.held = Held(hand.override, hand.points, hand.held.band if hand.held else band_before)
