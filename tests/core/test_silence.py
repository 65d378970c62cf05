"""Silence by an account's own rhythm: worked numbers, any order, nothing from the future, and known in advance."""

import doctest
import importlib
from random import Random
from typing import Final

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.core.policy import DAY_S, Floats
from streams.core.silence import crossing
from streams.core.silence.crossing import risk_after_d
from streams.core.silence.document import AlertLine, Coefficients, Rule, SegmentGaps, SilenceModel
from streams.core.silence.line import Usual, own_line_d
from streams.core.silence.model import silent_after_d, silent_at, usual_of
from streams.core.silence.purchases import occasions_of, occasions_of_one
from streams.core.silence.rhythm import Rhythm, rhythm_of
from streams.core.silence.risk import features, ground_of, risk

START: Final = 850_000_000.0
USUAL: Final = Usual(np.array([63.2]), np.array([3.0]))
COEFFICIENTS: Final = Coefficients(
    intercept=1.0, log_silence=0.5, log_age=0.2, log_purchases=-0.8, own_gap=-0.6, over_line=1.0
)
MODEL: Final = SilenceModel(
    horizon_d=90,
    min_purchases=3,
    segments={
        "all": SegmentGaps(gaps=1000, quantile_d=63.2, mean_log=3.0),
        "mid": SegmentGaps(gaps=500, quantile_d=20.0, mean_log=2.0),
    },
    coefficients=COEFFICIENTS,
    alert=AlertLine(rule=Rule.RISK, risk=0.7),
)
BY_OWN_LINE: Final = MODEL.model_copy(update={"alert": AlertLine(rule=Rule.OWN_LINE)})

days = st.lists(st.floats(0, 400), min_size=1, max_size=15)


def at(*of_days: float) -> Rhythm:
    """The rhythm of one account that bought on these days after the start."""
    return rhythm_of(occasions_of_one(START + day * DAY_S for day in of_days))


def same(one: Rhythm, other: Rhythm) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("first_at", "last_at", "count", "median_d", "quantile_d", "mean_log")
    )


@given(
    st.lists(days, min_size=1, max_size=4), st.floats(0.05, 0.95), st.tuples(*[st.floats(0, 2)] * 3), st.floats(-6, 3)
)
def test_a_risk_that_never_falls_is_found_by_halving_as_day_by_day(
    bought: list[list[float]], line: float, rising: tuple[float, ...], intercept: float
) -> None:
    names = ("log_silence", "log_age", "over_line")
    update = dict(zip(names, rising, strict=True)) | {"intercept": intercept}
    coefficients = COEFFICIENTS.model_copy(update=update)
    for one in bought:
        ground = ground_of(at(*one), USUAL)
        wanted = float(np.log(line / (1 - line)))
        expected = crossing._first_day(coefficients, ground, wanted)
        assert crossing._first_day_rising(coefficients, ground, wanted).tolist() == expected.tolist()


@pytest.mark.parametrize("name", ["purchases", "rhythm", "line"])
def test_worked_numbers_in_docstrings_are_right(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"streams.core.silence.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_gaps_of_7_7_8_10_14_days_have_the_median_8_and_the_line_13_2() -> None:
    rhythm = at(0, 7, 14, 22, 32, 46)
    assert rhythm.median_d.item() == 8
    assert rhythm.quantile_d.item() == pytest.approx(13.2)


def test_after_12_days_of_silence_it_is_at_one_and_a_half_times_its_gap_and_not_overdue() -> None:
    rhythm = at(0, 7, 14, 22, 32, 46)
    now = START + (46 + 12) * DAY_S
    assert rhythm.ratio(now).item() == 1.5
    assert rhythm.silent_d(now) < rhythm.quantile_d
    assert rhythm.silent_d(now) < own_line_d(rhythm, USUAL)


@given(days)
def test_the_quantiles_are_those_of_numpy(bought: list[float]) -> None:
    occasions = occasions_of_one(START + day * DAY_S for day in bought)
    gaps = np.diff(occasions.times) / DAY_S
    assume(len(gaps))
    rhythm = rhythm_of(occasions)
    assert rhythm.median_d.item() == pytest.approx(np.median(gaps))
    assert rhythm.quantile_d.item() == pytest.approx(np.quantile(gaps, 0.95))


@given(days, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(bought: list[float], chance: Random) -> None:
    shuffled = list(bought)
    chance.shuffle(shuffled)
    assert same(at(*bought), at(*shuffled))


@given(days, st.floats(0, 400), days)
def test_a_purchase_after_the_moment_changes_nothing(before: list[float], moment: float, after: list[float]) -> None:
    now = START + moment * DAY_S
    known = [START + day * DAY_S for day in before if START + day * DAY_S <= now]
    later = [now + 0.001 + day * DAY_S for day in after]
    seen = rhythm_of(occasions_of_one(known).until(now))
    assert same(seen, rhythm_of(occasions_of_one(known + later).until(now)))


@given(st.lists(days, min_size=1, max_size=4))
def test_an_account_is_judged_by_its_own_purchases_alone(accounts: list[list[float]]) -> None:
    owner = np.repeat(np.arange(len(accounts)), [len(one) for one in accounts])
    times = START + np.array([day for one in accounts for day in one]) * DAY_S
    together = rhythm_of(occasions_of(owner, times, len(accounts)))
    for number, one in enumerate(accounts):
        assert same(together.of(np.array([number])), at(*one))


def test_two_orders_on_one_day_are_one_occasion() -> None:
    midnight = START - START % DAY_S
    assert occasions_of_one([midnight + 60, midnight + 7200, midnight + DAY_S]).times.tolist() == [
        midnight + 60,
        midnight + DAY_S,
    ]


def test_an_account_without_gaps_has_the_line_of_its_segment() -> None:
    assert own_line_d(at(0), USUAL).item() == 63.2


def test_the_more_gaps_an_account_has_the_less_its_segment_counts() -> None:
    few, many = (own_line_d(at(*(10.0 * number for number in range(count))), USUAL).item() for count in (3, 60))
    assert 10 < many < few < 63.2


def test_a_segment_that_is_not_known_is_judged_as_everybody() -> None:
    assert usual_of(MODEL.segments, ["mid", "", "strategic"]).quantile_d.tolist() == [20.0, 63.2, 63.2]


def test_the_features_are_as_documented() -> None:
    rhythm = at(0, 90)
    given_ones = features(ground_of(rhythm, USUAL), np.array([90.0]))[0]
    own_gap = np.log(91) / 21 + 3.0 * 20 / 21
    expected = [np.log(91), np.log(181), np.log(2), own_gap, 90 / ((90 + 20 * 63.2) / 21)]
    assert given_ones == pytest.approx(expected)


def test_the_risk_overflows_nothing() -> None:
    ground, far = ground_of(at(0, 1, 2), USUAL), np.array([5e6])
    assert risk(COEFFICIENTS, ground, far).item() == pytest.approx(1)
    turned = Coefficients(**{name: -value for name, value in COEFFICIENTS.model_dump().items()})
    assert risk(turned, ground, far).item() == pytest.approx(0)


@given(st.lists(st.floats(0, 400), min_size=3, max_size=15, unique_by=int), st.floats(0.05, 0.95))
def test_the_moment_a_risk_is_reached_is_known_at_the_last_purchase(bought: list[float], line: float) -> None:
    ground = ground_of(at(*bought), USUAL)
    after_d = risk_after_d(COEFFICIENTS, ground, line)
    assume(0 < after_d.item() < np.inf)
    assert risk(COEFFICIENTS, ground, after_d).item() >= line - 1e-9
    assert risk(COEFFICIENTS, ground, after_d - 1e-5).item() < line


def test_of_a_risk_that_falls_before_it_rises_the_first_moment_counts() -> None:
    dipping = COEFFICIENTS.model_copy(update={"log_silence": -2.0, "over_line": 10.0})
    ground, line = ground_of(at(0, 30, 60), USUAL), 0.5
    grid = np.arange(0, 400, 0.01)
    risks = risk(dipping, ground.of(np.zeros(len(grid), dtype=np.int64)), grid)
    assert (np.diff(risks) < 0).any()
    assert (np.diff(risks) > 0).any()
    assert risk_after_d(dipping, ground, line).item() == pytest.approx(grid[np.argmax(risks >= line)], abs=0.011)


def test_a_risk_that_is_never_reached_is_said_never_to_be() -> None:
    calm = Coefficients(intercept=-5, log_silence=0, log_age=0, log_purchases=0, own_gap=0, over_line=0)
    assert risk_after_d(calm, ground_of(at(0, 30, 60), USUAL), 0.5).tolist() == [np.inf]


@pytest.mark.parametrize("model", [MODEL, BY_OWN_LINE])
def test_of_an_account_with_too_few_purchases_nothing_is_said(model: SilenceModel) -> None:
    assert silent_at(model, at(0, 30), usual_of(model.segments, [""])).tolist() == [np.inf]
    assert np.isfinite(silent_at(model, at(0, 30, 60), usual_of(model.segments, [""]))).all()


def test_an_account_is_silent_so_long_after_its_last_purchase() -> None:
    rhythm = at(0, 30, 60)
    usual = usual_of(BY_OWN_LINE.segments, [""])
    after: Floats = silent_after_d(BY_OWN_LINE, rhythm, usual)
    assert after.item() == pytest.approx((2 * 30 + 20 * 63.2) / 22)
    assert silent_at(BY_OWN_LINE, rhythm, usual).item() == pytest.approx(START + (60 + after.item()) * DAY_S)


@pytest.mark.parametrize(
    "fault",
    [
        {"segments": {"mid": {"gaps": 5, "quantile_d": 1, "mean_log": 1}}},
        {"alert": {"rule": "risk"}},
        {"alert": {"rule": "own_line", "risk": 0.5}},
        {"alert": {"rule": "risk", "risk": 1.0}},
        {"horizon_d": 0},
        {"version": 2},
        {"colour": "red"},
        {"coefficients": {**COEFFICIENTS.model_dump(), "over_line": float("nan")}},
    ],
)
def test_a_model_that_does_not_hold_is_refused(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SilenceModel.model_validate(MODEL.model_dump() | fault)
