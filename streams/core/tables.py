"""A policy as arrays: what judging reads, in the order of the state's columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt
import orjson

from schemas.events.complaints import Category
from schemas.events.profiles import Segment
from streams.core.policy import (
    COUNTED_SIGNALS,
    CURRENCIES,
    DAY_S,
    DIMENSIONS,
    LEVELS,
    PRODUCT_COMPLAINT,
    SEVERITIES,
    SIGNAL_INDEX,
    Floats,
    Hours,
    Ints,
    Policy,
)

_COMPLAINTS: Final = ("complaint_", "recovered_", PRODUCT_COMPLAINT)
"""How the names of signals begin that the complaint factor scales."""


class SlaHours(NamedTuple):
    """Hours to answer in: those of most complaints, and those of categories that have their own."""

    usual: Hours
    by_category: Mapping[Category, Hours] = {}

    def of(self, category: str) -> Hours:
        """Those of a complaint of a category; "" is none."""
        return self.by_category[Category(category)] if category in self.by_category else self.usual

    @classmethod
    def shortest(cls, several: Sequence["SlaHours"]) -> "SlaHours":
        """Of each kind of complaint the fewest hours that any of them gives."""
        categories = {category for one in several for category in one.by_category}
        by_category = {category: _fewest([one.of(category) for one in several]) for category in categories}
        return cls(_fewest([one.usual for one in several]), by_category)


def _fewest(several: Sequence[Hours]) -> Hours:
    first, second, third, fourth = (min(hours) for hours in zip(*several, strict=True))
    return first, second, third, fourth


@dataclass(frozen=True, slots=True)
class Tables:
    """A policy as arrays over the signals of `COUNTED_SIGNALS` (S) and the dimensions (3).

    `points: float64[S]`, `half_life_s: float64[S]` (inf never fades), `dimension: int64[S]`, `signals_of` by dimension
    the places of its signals, `weight: float64[3]`,
    `is_complaint: bool[S]` (signals scaled by the complaint factor), `opened: int64[4]` the complaint signals;
    `rates` by currency, `rate_of: float64[CURRENCIES]` the same, nan for none; `level_shrink`,
    `level_cap: float64[L]` in the order of `LEVELS`.
    `policy` has no segments: the rules are those of `segment`, None where it says nothing apart.
    `digest` stands for all that decides (32 bits, never 0); `name` is what snapshots carry, such as
    `default/1/strategic`; `sla_h` by when a first answer is owed.
    """

    policy: Policy
    segment: Segment | None
    name: str
    digest: int
    points: Floats
    half_life_s: Floats
    dimension: Ints
    signals_of: tuple[Ints, ...]
    weight: Floats
    is_complaint: npt.NDArray[np.bool_]
    opened: Ints
    lines: Floats
    rates: Mapping[str, float]
    rate_of: Floats
    level_shrink: Floats
    level_cap: Floats
    sla_h: SlaHours


_DECIDES_NOTHING: Final = ("policy", "version", "escalation", "publish", "segments")
"""Parts of a policy that move no score and open no alert."""


def digest_of(policy: Policy) -> int:
    """32 bits that stand for all that decides about an account; alike for two names of the same rules. Never 0."""
    decisive: dict[str, Any] = policy.model_dump(mode="json", exclude=set(_DECIDES_NOTHING))
    for signal in decisive["signals"].values():
        del signal["why"]
    return crc32(orjson.dumps(decisive, option=orjson.OPT_SORT_KEYS)) or 1


def to_tables(document: Policy, segment: Segment | None = None) -> Tables:
    """The policy's numbers in the order of the state's columns, as they are for a segment."""
    segment = segment if segment in document.segments else None
    policy = document.of_segment(segment)
    signals = [policy.signals[name] for name in COUNTED_SIGNALS]
    dimension = np.array([DIMENSIONS.index(signal.dimension) for signal in signals])
    return Tables(
        policy=policy,
        segment=segment,
        name=f"{policy.name}/{segment.value}" if segment else policy.name,
        digest=digest_of(policy),
        points=np.array([signal.points for signal in signals]),
        half_life_s=np.array(
            [np.inf if signal.half_life_d is None else signal.half_life_d * DAY_S for signal in signals]
        ),
        dimension=dimension,
        signals_of=tuple(np.flatnonzero(dimension == index) for index in range(len(DIMENSIONS))),
        weight=np.array([policy.dimensions.of(dimension) for dimension in DIMENSIONS]),
        is_complaint=np.array([name.startswith(_COMPLAINTS) for name in COUNTED_SIGNALS]),
        opened=np.array([SIGNAL_INDEX[f"complaint_{severity}"] for severity in SEVERITIES]),
        lines=np.array([policy.bands.healthy_from, policy.bands.at_risk_below, policy.bands.critical_below]),
        rates=policy.currencies.rates,
        rate_of=np.array([policy.currencies.rates.get(currency, np.nan) for currency in CURRENCIES]),
        level_shrink=np.array([policy.levels.of(name).shrink for name in LEVELS]),
        level_cap=np.array([policy.levels.of(name).cap for name in LEVELS]),
        sla_h=SlaHours(policy.complaints.answer_sla_h, policy.complaints.answer_sla_h_by_category),
    )
