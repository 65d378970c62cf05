"""Which moments teach and which judge: the first of each month (UTC), parted in time.

A snapshot teaches only if its whole horizon had passed when the first one that judges was taken: what a model is judged
by cannot have been known to who fitted it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pulse.fitting.errors import HistoryTooShort

_MONTHS: Final = timedelta(days=62)
"""Until the first of a month has come, at either end."""
_JUDGING_SHARE: Final = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """Moments in order; `horizon` is how long an account must stay away after one to count as silent."""

    horizon: timedelta
    teaching: tuple[datetime, ...]
    judging: tuple[datetime, ...]


def plan_of(begin: datetime, end: datetime, horizon: timedelta, judged_from: datetime | None = None) -> Plan:
    """The plan for purchases from `begin` to `end`. The months from `judged_from` judge; without it the last third, or
    fewer where a third would leave none to teach.

    Raises:
        HistoryTooShort: no month is left to teach, or none to judge.
    """
    months = [month for month in _months(begin, end) if month + horizon <= end]
    for first in _first_judges(months, judged_from):
        teaching = tuple(month for month in months if month + horizon <= first)
        if teaching:
            return Plan(horizon, teaching, tuple(month for month in months if month >= first))
    raise HistoryTooShort(begin, end, 2 * horizon + _MONTHS)


def _first_judges(months: Sequence[datetime], judged_from: datetime | None) -> Sequence[datetime]:
    """What may be the first month that judges, best first."""
    if judged_from is None:
        return months[-max(1, len(months) // _JUDGING_SHARE) :]
    return [month for month in months if month >= judged_from][:1]


def _months(begin: datetime, end: datetime) -> Iterator[datetime]:
    month = datetime(begin.year, begin.month, 1, tzinfo=UTC)
    while month <= end:
        if month > begin:
            yield month
        month = month_after(month)


def month_after(month: datetime) -> datetime:
    """The first of the next month.

    >>> month_after(datetime(1997, 12, 1, tzinfo=UTC)).isoformat()
    '1998-01-01T00:00:00+00:00'
    """
    return (month + timedelta(days=31)).replace(day=1)
