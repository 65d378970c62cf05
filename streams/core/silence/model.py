"""The fitted model of silence: the validated document that decides, and when it will say that an account is silent."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from streams.core.policy import DAY_S, Floats
from streams.core.silence.crossing import risk_after_d
from streams.core.silence.line import Usual, own_line_d
from streams.core.silence.rhythm import Rhythm
from streams.core.silence.risk import Coefficients, ground_of

EVERYBODY: Final = "all"
"""The segment of an account whose own has too few gaps, or none."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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
            raise PydanticCustomError("alert", "expected a risk with the rule risk, and with no other")
        return self


class SilenceModel(_Document):
    """`horizon_d`: "silent" means no purchase in so many days; `min_purchases`: nothing is said of an account with
    fewer days of purchase; `segments` must name `all`.
    """

    version: Literal[1] = 1
    horizon_d: Annotated[int, Field(ge=1, le=1095)]
    min_purchases: Annotated[int, Field(ge=2)]
    segments: dict[str, SegmentGaps]
    coefficients: Coefficients
    alert: AlertLine

    @model_validator(mode="after")
    def _somebody_for_everybody(self) -> Self:
        if EVERYBODY not in self.segments:
            raise PydanticCustomError("segments", "expected the gaps of `all`, for accounts of no segment given here")
        return self

    def usual(self, segments: Sequence[str]) -> Usual:
        """What is usual for accounts of these segments, one name an account; '' is none."""
        return usual_of(self.segments, segments)


def usual_of(known: dict[str, SegmentGaps], segments: Sequence[str]) -> Usual:
    """One row an account; `all` stands in for a segment that is not known."""
    given = [known.get(segment, known[EVERYBODY]) for segment in segments]
    return Usual(np.array([one.quantile_d for one in given]), np.array([one.mean_log for one in given]))


def silent_after_d(model: SilenceModel, rhythm: Rhythm, usual: Usual) -> Floats:
    """`float64[accounts]`: days of silence after which the alert line is passed; inf for never."""
    after = np.full(len(rhythm.count), np.inf)
    judged = np.flatnonzero(rhythm.count >= model.min_purchases)
    some, theirs = rhythm.of(judged), usual.of(judged)
    if model.alert.risk is None:
        after[judged] = own_line_d(some, theirs)
    else:
        after[judged] = risk_after_d(model.coefficients, ground_of(some, theirs), model.alert.risk)
    return after


def silent_at(model: SilenceModel, rhythm: Rhythm, usual: Usual) -> Floats:
    """`float64[accounts]`: the moment (seconds since the epoch) at which each will be called silent unless it buys
    before then: known as soon as its last purchase is. inf for never.
    """
    after = silent_after_d(model, rhythm, usual)
    return np.where(np.isfinite(after), rhythm.last_at + after * DAY_S, np.inf)
