"""The policy's section on escalation: who is told first, how long each rung has, and what climbs at all."""

from datetime import time
from functools import cached_property
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from schemas.alerts import AlertKind
from schemas.events.managers import Role, WorkingHours

NO_SUCH_KIND: Final = "no_such_kind"
"""The type of the fault of a kind that is none."""
KINDS: Final = tuple(kind.value for kind in AlertKind)
_HOUR_S: Final = 3600.0


def _known(name: str) -> str:
    if name not in KINDS:
        raise PydanticCustomError(NO_SUCH_KIND, "no such kind of alert")
    return name


_Kind = Annotated[str, AfterValidator(_known)]
_Hours = Annotated[float, Field(ge=0.001, le=1000, allow_inf_nan=False)]
_Pace = Annotated[float, Field(ge=0.01, le=100, allow_inf_nan=False)]
_Weekday = Annotated[int, Field(ge=0, le=6)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Delays(_Section):
    """Working hours that somebody on a rung has, by rung."""

    assistant: _Hours
    associate: _Hours
    account_manager: _Hours
    lead: _Hours
    director: _Hours
    vice_president: _Hours


class EscalationRules(_Section):
    """`delay_h` times `pace` (1 for kinds not named) is what somebody has before an alert goes on.

    An alert climbs at once to the rung `starts_with` names for its kind, and `at_once` rungs further when it opens and
    each time it got worse; kinds in `stays` never climb. The rest is what somebody works whose profile says nothing.
    """

    delay_h: Delays
    pace: dict[_Kind, _Pace]
    starts_with: dict[_Kind, Role]
    at_once: dict[_Kind, Annotated[int, Field(ge=0, le=5)]]
    stays: tuple[_Kind, ...]
    working_days: tuple[_Weekday, ...]
    day_begins: time
    day_ends: time

    def delay_s(self, role: Role | None, kind: AlertKind) -> float:
        """Working seconds that somebody on a rung has; who is unknown has what an account manager has."""
        hours: float = getattr(self.delay_h, (role or Role.ACCOUNT_MANAGER).value)
        return hours * self.pace.get(kind, 1.0) * _HOUR_S

    @cached_property
    def working_hours(self) -> tuple[WorkingHours, ...]:
        """Of those whose profile names none."""
        days = sorted(set(self.working_days))
        return tuple(WorkingHours(weekday=day, start=self.day_begins, end=self.day_ends) for day in days)
