"""The sections of a policy on sizes and money: how they are compared, what a return weighs, which alerts they raise."""

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.money import Currency

LINES: Final = "lines"
RATES: Final = "rates"
"""Types of faults that show only when several values are seen together."""


class _Section(BaseModel):
    """Frozen, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReturnRules(_Section):
    """`kappa` as in `streams.core.score`."""

    kappa: Annotated[float, Field(ge=0, le=5)]


class UpsellRules(_Section):
    """When an account may want more: what opens the alert and what keeps it open, in percent over its own normal."""

    grows_percent: Annotated[float, Field(gt=0, le=1000)]
    stays_percent: Annotated[float, Field(ge=0, le=1000)]
    renewal_within_d: Annotated[float, Field(gt=0, le=3650)]
    cooldown_d: Annotated[float, Field(ge=0, le=3650)]

    @model_validator(mode="after")
    def _stays_below(self) -> Self:
        if self.stays_percent >= self.grows_percent:
            raise PydanticCustomError(LINES, "expected stays_percent < grows_percent")
        return self


class RevenueRules(_Section):
    """When money and score disagree: what opens the alert and what keeps it open, in percent."""

    falls_percent: Annotated[float, Field(gt=0, lt=100)]
    rises_percent: Annotated[float, Field(gt=0, le=1000)]
    agrees_percent: Annotated[float, Field(ge=0, lt=100)]
    over_d: Annotated[float, Field(gt=0, le=3650)]
    cooldown_d: Annotated[float, Field(ge=0, le=3650)]

    @model_validator(mode="after")
    def _agrees_below(self) -> Self:
        if self.agrees_percent >= min(self.falls_percent, self.rises_percent):
            raise PydanticCustomError(LINES, "expected agrees_percent < falls_percent and < rises_percent")
        return self


class LevelRules(_Section):
    """As in `streams.core.levels`: `shrink` in facts, `cap` as a logarithm."""

    shrink: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
    cap: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]


class Levels(_Section):
    """The rules of each level of `LEVELS`."""

    usage: LevelRules
    order_value: LevelRules

    def of(self, name: str) -> LevelRules:
        """Those of one."""
        rules: LevelRules = getattr(self, name)
        return rules


class Currencies(_Section):
    """What one unit of a currency is worth in the base one. For comparing sizes alone; an order in a currency that has
    no rate counts as an order and not in the value of orders.
    """

    base: Currency
    rates: dict[Currency, Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]]

    @model_validator(mode="after")
    def _base_is_one(self) -> Self:
        if self.rates.get(self.base) != 1:
            raise PydanticCustomError(RATES, "expected a rate of 1 for the base, {base}", {"base": self.base})
        return self
