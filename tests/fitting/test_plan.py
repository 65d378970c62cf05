import doctest
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse.fitting import plan
from pulse.fitting.errors import HistoryTooShort
from pulse.fitting.plan import plan_of

HORIZON = timedelta(days=90)


def month(year: int, number: int) -> datetime:
    return datetime(year, number, 1, tzinfo=UTC)


def test_worked_numbers_in_docstrings_are_right() -> None:
    assert doctest.testmod(plan).attempted > 0
    assert doctest.testmod(plan).failed == 0


def test_what_judges_is_fully_observed_and_what_teaches_was_known_before() -> None:
    found = plan_of(datetime(1997, 1, 1, 12, tzinfo=UTC), datetime(1998, 7, 1, 2, tzinfo=UTC), HORIZON, month(1997, 12))
    assert found.judging == (month(1997, 12), *(month(1998, number) for number in (1, 2, 3, 4)))
    assert found.teaching == tuple(month(1997, number) for number in range(2, 10))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2020, 1, 1)), st.integers(0, 1500), st.integers(7, 365))  # noqa: DTZ001 - hypothesis takes them so
def test_no_outcome_that_teaches_lies_beyond_the_first_moment_that_judges(
    begin: datetime, days: int, horizon: int
) -> None:
    since, until = begin.replace(tzinfo=UTC), begin.replace(tzinfo=UTC) + timedelta(days=days)
    try:
        found = plan_of(since, until, timedelta(days=horizon))
    except HistoryTooShort as error:
        assert until - since < error.needed  # noqa: PT017 - it may be raised, and then must tell the truth
        return
    assert max(found.teaching) + found.horizon <= min(found.judging)
    assert max(found.judging) + found.horizon <= until
    assert min(found.teaching) > since


def test_a_history_too_short_is_told_with_what_is_needed() -> None:
    with pytest.raises(
        HistoryTooShort, match=r"120 days of purchases \(2024-01-10 to 2024-05-09\), at least 242 are needed"
    ):
        plan_of(datetime(2024, 1, 10, tzinfo=UTC), datetime(2024, 5, 9, tzinfo=UTC), HORIZON)


def test_a_date_after_which_nothing_is_fully_observed_is_too_short_as_well() -> None:
    with pytest.raises(HistoryTooShort):
        plan_of(month(2022, 1), month(2024, 1), HORIZON, month(2023, 12))
