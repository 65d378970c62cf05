"""The moment a score crosses a line: found by halving, equal to the closed form where there is one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.health import Dimension
from streams.core.bands import target
from streams.core.crossing import Fading, crossed_at
from streams.core.policies import default_tables
from streams.core.policy import COUNTED_SIGNALS, DIMENSIONS, SIGNAL_INDEX, Floats
from tests.core.building import DAY
from tests.core.timelines import thorough

HEALTHY, WATCH, AT_RISK, CRITICAL = (np.array([code], np.int8) for code in range(4))
COMMERCE = DIMENSIONS.index(Dimension.COMMERCE)
SEEN = np.array([[index == COMMERCE for index in range(len(DIMENSIONS))]])


def commerce_sums(signal: str, amount: float) -> Floats:
    """One signal alone, so that the score is 50 + points · amount, with one half-life."""
    sums = np.zeros((1, len(COUNTED_SIGNALS)))
    sums[0, SIGNAL_INDEX[signal]] = amount
    return sums


@thorough
@given(st.floats(20.1, 49), st.floats(0, 1e9))
def test_a_fading_score_crosses_after_half_life_times_log2_of_the_ratio(above: float, start: float) -> None:
    """50 + P falls to 70 after h · log2(P / 20); orders have a half-life of 90 days."""
    sums = commerce_sums("orders", above / 6)
    end = np.array([start + 1000 * DAY])
    found = crossed_at(Fading(sums, SEEN, np.array([start]), end), HEALTHY, WATCH, default_tables())
    assert found[0] - start == pytest.approx(90 * DAY * np.log2(above / 20), abs=1e-2)


def test_eight_points_fall_to_two_in_two_half_lives_and_free_the_score_from_its_band() -> None:
    """8 points fall to 2 in two half-lives (60 d each): from 42 to 48, the line at 45 and 3 of hysteresis."""
    sums = commerce_sums("disputed", 8 / 9)
    start, end = np.array([0.0]), np.array([1000 * DAY])
    found = crossed_at(Fading(sums, SEEN, start, end), AT_RISK, WATCH, default_tables())
    assert found[0] == pytest.approx(2 * 60 * DAY, abs=1e-2)


def test_before_the_crossing_the_old_band_is_called_for_and_from_it_on_the_new_one() -> None:
    sums, tables = commerce_sums("orders", 5.0), default_tables()
    found = crossed_at(Fading(sums, SEEN, np.zeros(1), np.array([400 * DAY])), HEALTHY, WATCH, tables)
    for moment, band in ((found - 1.0, HEALTHY), (found, WATCH)):
        left = 5.0 * 2 ** (-moment / (90 * DAY))
        assert target(50 + 6 * left, HEALTHY, tables) == band
