"""A policy: the validated document that says how facts become a score, and the same as arrays.

Reading a file is the caller's business. A policy is frozen; another policy is another object.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Self

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.health import Band, Dimension
from streams.core.escalation.rules import EscalationRules
from streams.core.silence.document import SilenceRules

DAY_S: Final = 86_400.0
DIMENSIONS: Final = tuple(Dimension)
BANDS: Final = tuple(Band)
"""Best first; a band's index is its code in the state."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COUNTED_SIGNALS: Final = (
    "contact",
    "sentiment",
    "survey",
    "usage",
    "handed_off",
    "orders",
    "orders_ever",
    "delivered",
    "cancelled",
    "returned",
    "paid",
    "disputed",
    "subscription_up",
    "subscription_down",
    "subscription_ended",
    "complaint_1",
    "complaint_2",
    "complaint_3",
    "complaint_4",
    "recovered_1",
    "recovered_2",
    "recovered_3",
    "recovered_4",
    "escalated",
    "service_contact",
)
"""Every signal the fold counts, in the order of the state's columns. Append only: the order is part of the state."""

SEVERITIES: Final = (1, 2, 3, 4)
_ROUNDING: Final = 1e-9

MISSING_SIGNAL: Final = "missing_signal"
NO_SUCH_SIGNAL: Final = "no_such_signal"
WEIGHTS: Final = "weights"
LINES: Final = "lines"
RECOVERY: Final = "recovery"
"""The types of the faults that are our own. The last three show only when several values are seen together; the
context of `recovery` has `pairs` of (recovered signal, complaint signal), and complaint signals `elsewhere`."""

LINE_NAMES: Final = ("critical_below", "at_risk_below", "healthy_from")
"""The lines between the bands, which must be in this order."""

SHARE_OF: Final = "expected the dimension and half-life of {}, and points from 0 to what that takes"
IN_SERVICE: Final = "expected service, the dimension that every account has: a complaint taken back leaves no trace"

SIGNAL_INDEX: Final = {name: index for index, name in enumerate(COUNTED_SIGNALS)}


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Signal(_Document):
    """`points` per unit of the decayed sum; `half_life_d` in days, None for a sum that never fades."""

    dimension: Dimension
    points: Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]
    half_life_d: Annotated[float, Field(gt=0, le=3650, allow_inf_nan=False)] | None
    why: Annotated[str, Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _given(cls, value: object) -> object:
        if value is None:
            raise PydanticCustomError(MISSING_SIGNAL, "every signal must be given: this one is missing")
        return value


def _known(name: str) -> str:
    if name not in SIGNAL_INDEX:
        raise PydanticCustomError(NO_SUCH_SIGNAL, "no such signal")
    return name


SignalName = Annotated[str, AfterValidator(_known)]


def _named(value: object) -> object:
    """A missing signal stands as None, so that it is a fault with a path of its own."""
    return {**dict.fromkeys(SIGNAL_INDEX), **value} if isinstance(value, dict) else value


def _recover_a_share(signals: dict[str, Signal]) -> dict[str, Signal]:
    """Resolving must return a share of what the complaint took, at every later moment, and never more.

    A complaint that the client withdrew counts for nothing, whichever of the two was told first: had it made a
    dimension seen of its own, the score would hang on that.
    """
    pairs = [(f"recovered_{severity}", f"complaint_{severity}") for severity in SEVERITIES]
    elsewhere = [complaint for _, complaint in pairs if signals[complaint].dimension is not Dimension.SERVICE]
    wrong = [pair for pair in pairs if not _is_share(signals[pair[0]], signals[pair[1]])]
    if wrong or elsewhere:
        faults = [f"{complaint}: {IN_SERVICE}" for complaint in elsewhere]
        faults += [f"{recovered}: {SHARE_OF.format(complaint)}" for recovered, complaint in wrong]
        context = {"faults": "; ".join(faults), "pairs": wrong, "elsewhere": elsewhere}
        raise PydanticCustomError(RECOVERY, "{faults}", context)
    return signals


def _is_share(recovered: Signal, complaint: Signal) -> bool:
    same = (recovered.dimension, recovered.half_life_d) == (complaint.dimension, complaint.half_life_d)
    return same and 0 <= recovered.points <= -complaint.points


class Weights(_Document):
    """What each dimension weighs."""

    relationship: Annotated[float, Field(gt=0, le=1)]
    commerce: Annotated[float, Field(gt=0, le=1)]
    service: Annotated[float, Field(gt=0, le=1)]

    def of(self, dimension: Dimension) -> float:
        """The weight of one."""
        return float(getattr(self, dimension.value))


def _sum_to_one(weights: Weights) -> Weights:
    total = sum(weights.of(dimension) for dimension in DIMENSIONS)
    if abs(total - 1) > _ROUNDING:
        raise PydanticCustomError(WEIGHTS, "the weights must sum to 1, they sum to {total}", {"total": f"{total:.6g}"})
    return weights


class ComplaintRules(_Document):
    """`beta` and `gamma` as in `streams.core.score`; hours to answer by severity 1 to 4; two complaints of a category
    within `repeated_within_d` days of one another are a repeated one.
    """

    beta: Annotated[float, Field(ge=0, le=5)]
    gamma: Annotated[float, Field(ge=0, le=5)]
    answer_sla_h: tuple[
        Annotated[float, Field(gt=0)],
        Annotated[float, Field(gt=0)],
        Annotated[float, Field(gt=0)],
        Annotated[float, Field(gt=0)],
    ]
    repeated_within_d: Annotated[float, Field(ge=1, le=365)]


class BandRules(_Document):
    """Lines in points of the score, times in seconds."""

    healthy_from: Annotated[float, Field(gt=0, lt=100)]
    at_risk_below: Annotated[float, Field(gt=0, lt=100)]
    critical_below: Annotated[float, Field(gt=0, lt=100)]
    hysteresis: Annotated[float, Field(ge=0, lt=20)]
    dwell_worse_s: Annotated[float, Field(ge=0)]
    dwell_better_s: Annotated[float, Field(ge=0)]
    settle_s: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _lines_in_order(self) -> Self:
        if not self.critical_below < self.at_risk_below < self.healthy_from:
            raise PydanticCustomError(LINES, f"expected {' < '.join(LINE_NAMES)}")
        return self


class AlertRules(_Document):
    """What opens an alert, how long good news stays, and how far back a moment is history."""

    band_dropped_from: Band
    sharp_drop_points: Annotated[float, Field(gt=0, le=100)]
    sharp_drop_days: Annotated[float, Field(gt=0, le=366)]
    recovered_days: Annotated[float, Field(gt=0, le=366)]
    history_horizon_s: Annotated[float, Field(gt=0)]


class PublishRules(_Document):
    """When a snapshot is worth publishing."""

    moved_points: Annotated[float, Field(gt=0, le=100)]
    heartbeat_s: Annotated[float, Field(gt=0)]


class Policy(_Document):
    """The whole document; `name` is what snapshots carry."""

    policy: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]
    version: Annotated[int, Field(ge=1)]
    dimensions: Annotated[Weights, AfterValidator(_sum_to_one)]
    signals: Annotated[dict[SignalName, Signal], BeforeValidator(_named), AfterValidator(_recover_a_share)]
    complaints: ComplaintRules
    silence: SilenceRules
    bands: BandRules
    alerts: AlertRules
    escalation: EscalationRules
    publish: PublishRules

    @property
    def name(self) -> str:
        """Such as `default/1`."""
        return f"{self.policy}/{self.version}"


@dataclass(frozen=True, slots=True)
class Tables:
    """A policy as arrays over the signals of `COUNTED_SIGNALS` (S) and the dimensions (3).

    `points: float64[S]`, `half_life_s: float64[S]` (inf never fades), `dimension: int64[S]`, `weight: float64[3]`,
    `is_complaint: bool[S]` (signals scaled by the complaint factor), `opened: int64[4]` the complaint signals.
    """

    policy: Policy
    points: Floats
    half_life_s: Floats
    dimension: Ints
    weight: Floats
    is_complaint: npt.NDArray[np.bool_]
    opened: Ints
    lines: Floats


def to_tables(policy: Policy) -> Tables:
    """The policy's numbers in the order of the state's columns."""
    signals = [policy.signals[name] for name in COUNTED_SIGNALS]
    return Tables(
        policy=policy,
        points=np.array([signal.points for signal in signals]),
        half_life_s=np.array(
            [np.inf if signal.half_life_d is None else signal.half_life_d * DAY_S for signal in signals]
        ),
        dimension=np.array([DIMENSIONS.index(signal.dimension) for signal in signals]),
        weight=np.array([policy.dimensions.of(dimension) for dimension in DIMENSIONS]),
        is_complaint=np.array([name.startswith(("complaint_", "recovered_")) for name in COUNTED_SIGNALS]),
        opened=np.array([SIGNAL_INDEX[f"complaint_{severity}"] for severity in SEVERITIES]),
        lines=np.array([policy.bands.healthy_from, policy.bands.at_risk_below, policy.bands.critical_below]),
    )
