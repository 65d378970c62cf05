"""account.profiles: who the client is and who owns the account. The latest by event time counts."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.envelope import Data, Envelope, Name
from schemas.ids import AccountIdField, ManagerIdField
from schemas.money import Currency, PositiveAmount

Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")]
TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+\-/]+$")]


class Segment(StrEnum):
    """How much attention the account is meant to get."""

    STRATEGIC = "strategic"
    MID = "mid"
    LONG_TAIL = "long_tail"


class AccountProfileData(Data):
    """`annual_value` is what a year of this client is worth, in `currency`; `parent` the account it belongs to."""

    name: Name
    segment: Segment
    annual_value: PositiveAmount
    currency: Currency
    owner: ManagerIdField
    parent: AccountIdField | None = None
    locale: Locale | None = None
    time_zone: TimeZone | None = None


class AccountProfileSet(Envelope):
    """The account's master data were set."""

    type: Literal["account.profile_set.v1"] = "account.profile_set.v1"
    data: AccountProfileData

    @model_validator(mode="after")
    def _no_parent_of_its_own(self) -> Self:
        if self.data.parent == self.subject:
            raise PydanticCustomError("parent", "data.parent: an account cannot be its own parent")
        return self


ProfileEvent = AccountProfileSet
