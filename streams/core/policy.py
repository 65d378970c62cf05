"""A policy: the validated document that says how facts become a score; `streams.core.tables` has it as arrays.

Reading a file is the caller's business. A policy is frozen; another policy is another object.
"""

from collections.abc import Iterator
from typing import Annotated, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from schemas.events.complaints import Category
from schemas.events.profiles import Segment
from schemas.health import Band, Dimension
from schemas.money import ISO_4217
from streams.core.escalation.rules import EscalationRules
from streams.core.money_document import LINES, Currencies, Levels, ReturnRules, RevenueRules, UpsellRules
from streams.core.segments import NO_SUCH_SIGNAL, Document, faults_of, laid_over, without
from streams.core.silence.document import SilenceRules

DAY_S: Final = 86_400.0
DIMENSIONS: Final = tuple(Dimension)
BANDS: Final = tuple(Band)
"""Best first; a band's index is its code in the state."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Hours = tuple[
    Annotated[float, Field(gt=0)],
    Annotated[float, Field(gt=0)],
    Annotated[float, Field(gt=0)],
    Annotated[float, Field(gt=0)],
]
"""By severity 1 to 4."""

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
    "usage_level",
    "usage_reports",
    "usage_level_normal",
    "usage_reports_normal",
    "order_value",
    "orders_valued",
    "order_value_normal",
    "orders_valued_normal",
    "products",
    "product_complaint",
)
"""Every signal the fold counts, in the order of the state's columns. Append only: the order is part of the state."""


class Level(NamedTuple):
    """The signals of a level (`streams.core.levels`): the sizes of recent facts and how many there are, and the same of
    the account's own normal, which fades more slowly.
    """

    recent: str
    many: str
    normal: str
    normal_many: str


LEVELS: Final = {
    "usage": Level("usage_level", "usage_reports", "usage_level_normal", "usage_reports_normal"),
    "order_value": Level("order_value", "orders_valued", "order_value_normal", "orders_valued_normal"),
}
"""By the name of its rules in the document. The first signal of each has the points."""

CURRENCIES: Final = ("", *sorted(ISO_4217))
"""Every currency, the first being none: where a column says which, it is an index in this."""

SEVERITIES: Final = (1, 2, 3, 4)
PRODUCT_COMPLAINT: Final = "product_complaint"
"""What a complaint about a product counts in beside its severity, until it is resolved."""
_ROUNDING: Final = 1e-9

MISSING_SIGNAL: Final = "missing_signal"
WEIGHTS: Final = "weights"
RELATED: Final = "related"
"""The types of the faults that are our own. The last two show only when several values are seen together; the context
of `related` has `found`: pairs of a path within the signals and what was expected there, given another signal."""

LINE_NAMES: Final = ("critical_below", "at_risk_below", "healthy_from")
"""The lines between the bands, which must be in this order."""

_SHARE_OF: Final = "expected the dimension and half-life of {}, and points from 0 to what that takes"
_COUNT_OF: Final = "expected the dimension and half-life of {}, and no points"
_NORMAL_OF: Final = "expected the dimension of {}, a longer half-life, and no points"
_NEVER_GOOD: Final = "expected 0 points or less: a complaint never raises a score"
_IN_SERVICE: Final = "expected service, the dimension that every account has: a complaint taken back leaves no trace"

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


HELD_AGAINST: Final = {
    **{f"recovered_{severity}": f"complaint_{severity}" for severity in SEVERITIES},
    **{level.many: level.recent for level in LEVELS.values()},
    **{level.normal: level.recent for level in LEVELS.values()},
    **{level.normal_many: level.normal for level in LEVELS.values()},
    "products": "orders",
}
"""By signal, another one that its numbers must go with."""


def _go_together(signals: dict[str, Signal]) -> dict[str, Signal]:
    """Every signal of `HELD_AGAINST` fits the other, or all that do not are told at once.

    A complaint that the client withdrew counts for nothing, whichever of the two was told first: had it made a
    dimension seen of its own, the score would hang on that.
    """
    complaints = [*(f"complaint_{severity}" for severity in SEVERITIES), PRODUCT_COMPLAINT]
    elsewhere = [name for name in complaints if signals[name].dimension is not Dimension.SERVICE]
    found: list[tuple[tuple[str, ...], str]] = [((name, "dimension"), _IN_SERVICE) for name in elsewhere]
    if signals[PRODUCT_COMPLAINT].points > 0:
        found.append(((PRODUCT_COMPLAINT, "points"), _NEVER_GOOD))
    found += [((name,), said) for name, other in HELD_AGAINST.items() for said in _misfit(signals, name, other)]
    if found:
        faults = "; ".join(f"{'.'.join(path)}: {said}" for path, said in found)
        raise PydanticCustomError(RELATED, "{faults}", {"faults": faults, "found": found})
    return signals


def _misfit(signals: dict[str, Signal], name: str, other: str) -> Iterator[str]:
    one, against = signals[name], signals[other]
    if name.startswith("recovered_"):
        fits, said = _is_share(one, against), _SHARE_OF
    elif name in {level.normal for level in LEVELS.values()}:
        fits, said = one.dimension is against.dimension and _fades_slower(one, against) and one.points == 0, _NORMAL_OF
    else:
        same = (one.dimension, one.half_life_d) == (against.dimension, against.half_life_d)
        fits, said = same and one.points == 0, _COUNT_OF
    if not fits:
        yield said.format(other)


def _is_share(recovered: Signal, complaint: Signal) -> bool:
    """Resolving must return a share of what the complaint took, at every later moment, and never more."""
    same = (recovered.dimension, recovered.half_life_d) == (complaint.dimension, complaint.half_life_d)
    return same and 0 <= recovered.points <= -complaint.points


def _fades_slower(normal: Signal, recent: Signal) -> bool:
    if recent.half_life_d is None:
        return False
    return normal.half_life_d is None or normal.half_life_d > recent.half_life_d


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
    """`beta`, `gamma` and `delta` as in `streams.core.score`; hours to answer by severity 1 to 4, others for some
    categories; two complaints of a category within `repeated_within_d` days of one another are a repeated one.
    """

    beta: Annotated[float, Field(ge=0, le=5)]
    gamma: Annotated[float, Field(ge=0, le=5)]
    delta: Annotated[float, Field(ge=0, le=5)]
    answer_sla_h: Hours
    answer_sla_h_by_category: dict[Category, Hours] = {}
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
    """The whole document. `segments` has by segment what is otherwise for its accounts, a part of the document each."""

    policy: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]
    version: Annotated[int, Field(ge=1)]
    dimensions: Annotated[Weights, AfterValidator(_sum_to_one)]
    signals: Annotated[dict[SignalName, Signal], BeforeValidator(_named), AfterValidator(_go_together)]
    complaints: ComplaintRules
    silence: SilenceRules
    returns: ReturnRules
    levels: Levels
    currencies: Currencies
    bands: BandRules
    upsell: UpsellRules
    revenue: RevenueRules
    alerts: AlertRules
    escalation: EscalationRules
    publish: PublishRules
    segments: dict[Segment, Document] = {}

    @model_validator(mode="after")
    def _segments_hold(self) -> Self:
        """Each is held against the same rules as the whole, with what it leaves out taken from there."""
        faults: list[InitErrorDetails] = []
        for segment, override in self.segments.items():
            path = ("segments", segment.value)
            unfit = list(faults_of(override, path, self.signals))
            fitting = without(override, [one["loc"][len(path) :] for one in unfit])
            faults += unfit + _faults_in(self, fitting, path)
        if faults:
            raise ValidationError.from_exception_data("Policy", faults)
        return self

    @property
    def name(self) -> str:
        """Such as `default/1`."""
        return f"{self.policy}/{self.version}"

    def of_segment(self, segment: Segment | None) -> "Policy":
        """The rules that count for the accounts of a segment, without any segments of their own."""
        override = self.segments.get(segment, {}) if segment else {}
        return Policy.model_validate(laid_over(self.without_segments(), override))

    def without_segments(self) -> Document:
        """The document as it counts for everybody."""
        return self.model_dump(mode="json", exclude={"segments"})


def _faults_in(policy: Policy, override: Document, path: tuple[str, ...]) -> list[InitErrorDetails]:
    """What makes no policy of the rules of a segment; said of the segment, for the rest holds by itself."""
    try:
        Policy.model_validate(laid_over(policy.without_segments(), override))
    except ValidationError as error:
        return [
            InitErrorDetails(
                type=PydanticCustomError(one["type"], "{said}", {**one.get("ctx", {}), "said": one["msg"]}),
                loc=(*path, *one["loc"]),
                input=one["input"],
            )
            for one in error.errors(include_url=False)
        ]
    return []
