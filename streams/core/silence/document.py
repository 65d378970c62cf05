"""The documents of silence: what a fit leaves, and the section of a policy. `streams.core.policy` needs them."""

from enum import StrEnum
from typing import Annotated, Final, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.alerts import AlertKind
from schemas.events.profiles import Segment

EVERYBODY: Final = "all"
"""The segment of an account whose own has too few gaps, or none."""

NO_RISK: Final = "alert"
NOBODY: Final = "segments"
"""The types of the faults that are our own."""

Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Coefficients(_Document):
    """What each feature weighs, per unit of the feature."""

    intercept: Finite
    log_silence: Finite
    log_age: Finite
    log_purchases: Finite
    own_gap: Finite
    over_line: Finite

    def column(self) -> npt.NDArray[np.float64]:
        """`float64[5]` in the order of `features`, without the intercept."""
        return np.array([self.log_silence, self.log_age, self.log_purchases, self.own_gap, self.over_line])


class Rule(StrEnum):
    """By what an account is called silent."""

    OWN_LINE = "own_line"
    RISK = "risk"


class SegmentGaps(_Document):
    """The gaps of a segment: how many they were, their 95th percentile in days, the mean of log(1 + gap)."""

    gaps: Annotated[int, Field(ge=1)]
    quantile_d: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    mean_log: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class AlertLine(_Document):
    """The rule, and for `risk` the risk at which it speaks."""

    rule: Rule
    risk: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.rule is Rule.RISK) != (self.risk is not None):
            raise PydanticCustomError(NO_RISK, "expected a risk with the rule risk, and with no other")
        return self


_By = TypeVar("_By")


def _for_everybody(segments: dict[str, _By]) -> dict[str, _By]:
    """By segment, with something for whoever has none, or one that is not given."""
    if EVERYBODY not in segments:
        raise PydanticCustomError(NOBODY, "expected `all` among them, for accounts of no segment given here")
    unknown = sorted(segments.keys() - {EVERYBODY, *Segment})
    if unknown:
        message = "expected segments alone ({known}), got {unknown}"
        known = ", ".join((EVERYBODY, *Segment))
        raise PydanticCustomError(NOBODY, message, {"known": known, "unknown": ", ".join(unknown)})
    return segments


class SilenceModel(_Document):
    """`horizon_d`: "silent" means no purchase in so many days; `min_purchases`: nothing is said of an account with
    fewer days of purchase; `segments` must name `all`.
    """

    version: Literal[1] = 1
    horizon_d: Annotated[int, Field(ge=1, le=1095)]
    min_purchases: Annotated[int, Field(ge=2)]
    segments: Annotated[dict[str, SegmentGaps], AfterValidator(_for_everybody)]
    coefficients: Coefficients
    alert: AlertLine


class ContactRules(_Document):
    """`line_d` by segment: the days without a word that are long, while an account has few gaps of its own. Nothing is
    said of an account that was heard of on fewer than `min_days` days.
    """

    min_days: Annotated[int, Field(ge=2, le=16)]
    line_d: Annotated[
        dict[str, Annotated[float, Field(gt=0, le=1095, allow_inf_nan=False)]], AfterValidator(_for_everybody)
    ]


class SilenceRules(_Document):
    """`alerts` are those that are raised; `purchases` is what `pulse policy fit` writes."""

    alerts: tuple[Literal[AlertKind.PURCHASE_OVERDUE, AlertKind.GONE_SILENT], ...]
    purchases: SilenceModel
    contacts: ContactRules
