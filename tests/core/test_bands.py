"""Bands: lines, hysteresis, dwell, the first one at once, settling in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import AlertKind, StepKind
from schemas.catalogue import AnyEvent
from schemas.events.purchases import SubscriptionChange, SubscriptionChanged
from schemas.health import Band
from streams.core.bands import NO_BAND, BandState, stepped, target
from streams.core.policies import default_tables
from streams.core.tables import Tables
from tests.core.bench import Bench, tables_with
from tests.core.building import DAY, HOUR, At, clock, contact, opened, order, profile, subscription
from tests.core.timelines import thorough

HEALTHY, WATCH, AT_RISK, CRITICAL = range(4)


def called_for(score: float, band: int, tables: Tables | None = None) -> int:
    return int(target(np.array([score]), np.array([band], np.int8), tables or default_tables())[0])


def state(band: int, candidate: int = NO_BAND, since: float = np.inf) -> BandState:
    return BandState(np.array([band], np.int8), np.array([candidate], np.int8), np.array([since]))


def step(before: BandState, wanted: int, moment: float, as_of: float, tables: Tables) -> tuple[BandState, float]:
    after, counted = stepped(before, np.array([wanted], np.int8), np.array([moment]), np.array([as_of]), tables)
    return after, float(counted[0])


@pytest.mark.parametrize(
    "score, band",
    [
        (100, HEALTHY),
        (70, HEALTHY),
        (69.99, WATCH),
        (45, WATCH),
        (44.99, AT_RISK),
        (25, AT_RISK),
        (24.99, CRITICAL),
        (0, CRITICAL),
    ],
)
def test_a_first_band_follows_the_lines(score: float, band: int) -> None:
    assert called_for(score, NO_BAND) == band


@pytest.mark.parametrize(
    "score, held, band",
    [
        (44.99, WATCH, AT_RISK),
        (45.0, AT_RISK, AT_RISK),
        (47.99, AT_RISK, AT_RISK),
        (48.0, AT_RISK, WATCH),
        (72.99, WATCH, WATCH),
        (73.0, WATCH, HEALTHY),
        (71.0, HEALTHY, HEALTHY),
        (71.0, CRITICAL, WATCH),
        (10.0, HEALTHY, CRITICAL),
        (90.0, CRITICAL, HEALTHY),
    ],
)
def test_a_band_is_left_upwards_only_past_its_line_by_the_hysteresis(score: float, held: int, band: int) -> None:
    assert called_for(score, held) == band


@thorough
@given(st.floats(0, 100), st.integers(0, 3))
def test_a_score_that_stands_still_never_flutters(score: float, held: int) -> None:
    wanted = called_for(score, held)
    assert called_for(score, wanted) == wanted


@thorough
@given(st.floats(0, 100), st.floats(0, 100), st.integers(0, 3))
def test_a_higher_score_never_calls_for_a_worse_band(one: float, other: float, held: int) -> None:
    low, high = sorted((one, other))
    assert called_for(high, held) <= called_for(low, held)


def test_no_score_calls_for_no_band() -> None:
    assert called_for(np.nan, WATCH) == NO_BAND


def test_worse_counts_at_once_as_of_when_the_score_crossed() -> None:
    after, counted = step(state(WATCH), CRITICAL, 90.0, 100.0, default_tables())
    assert (int(after.band[0]), int(after.candidate[0]), counted) == (CRITICAL, NO_BAND, 90.0)


def test_better_must_hold_for_its_dwell_time() -> None:
    tables = default_tables()
    waiting, counted = step(state(AT_RISK), WATCH, 100.0, 100.0, tables)
    assert (int(waiting.band[0]), int(waiting.candidate[0]), float(waiting.since[0])) == (AT_RISK, WATCH, 100.0)
    assert np.isnan(counted)
    still, _ = step(waiting, WATCH, 3000.0, 3000.0, tables)
    assert (int(still.band[0]), float(still.since[0])) == (AT_RISK, 100.0)
    after, counted = step(still, WATCH, 3700.0, 3700.0, tables)
    assert (int(after.band[0]), int(after.candidate[0]), counted) == (WATCH, NO_BAND, 3700.0)


def test_the_dwell_begins_again_when_the_score_fell_back() -> None:
    tables = default_tables()
    waiting, _ = step(state(AT_RISK), WATCH, 100.0, 100.0, tables)
    fallen, _ = step(waiting, AT_RISK, 2000.0, 2000.0, tables)
    assert (int(fallen.candidate[0]), float(fallen.since[0])) == (NO_BAND, np.inf)
    again, counted = step(fallen, WATCH, 2100.0, 3800.0, tables)
    assert (int(again.band[0]), float(again.since[0])) == (AT_RISK, 2100.0)
    assert np.isnan(counted)


def test_worse_may_be_given_a_dwell_time_as_well() -> None:
    tables = tables_with(bands={"dwell_worse_s": 60})
    waiting, counted = step(state(WATCH), AT_RISK, 100.0, 100.0, tables)
    assert np.isnan(counted)
    assert int(step(waiting, AT_RISK, 160.0, 160.0, tables)[0].band[0]) == AT_RISK


def test_the_first_band_of_an_account_counts_at_once() -> None:
    after, counted = step(state(NO_BAND), HEALTHY, 50.0, 60.0, default_tables())
    assert (int(after.band[0]), counted) == (HEALTHY, 50.0)


def test_an_account_improves_when_time_passes_without_another_fact() -> None:
    bench = Bench()
    bench.live(contact(0), contact(HOUR, -1.0), opened(2 * HOUR, 3))
    [before] = [snapshot.band for snapshot in bench.told.snapshots[-1:]]
    bench.flush(150 * DAY)
    bench.flush(150 * DAY + 2 * HOUR)
    assert (before, bench.told.snapshots[-1].band) == (Band.AT_RISK, Band.WATCH)


def settling(settle_s: float) -> Bench:
    return Bench(tables_with(bands={"settle_s": settle_s}))


def subscribed(at: At) -> SubscriptionChanged:
    return subscription(at, SubscriptionChange.STARTED)


@pytest.mark.parametrize("settle_s, band", [(2.0, Band.WATCH), (0.0, Band.AT_RISK)])
def test_facts_of_one_moment_give_the_band_of_all_of_them_however_they_are_cut(settle_s: float, band: Band) -> None:
    bench = settling(settle_s)
    bench.feed(opened(0.2, 2))
    assert bench.flush(1).snapshots[-1].band is Band.AT_RISK
    bench.feed(subscribed(At(0.0)), order(0.1))
    assert bench.flush(1.5).snapshots[-1].band is band


def test_while_an_account_settles_in_no_alert_opens() -> None:
    told: list[AnyEvent] = [contact(0.0), opened(0.5, 4, "C-1"), opened(At(1.0, "second"), 4, "C-2")]
    bench = settling(2.0)
    bench.live(*told)
    assert bench.told.snapshots[-1].band is Band.CRITICAL
    assert [step for step in bench.told.steps if step.kind is AlertKind.BAND_DROPPED] == []
    unsettled = settling(0.0)
    unsettled.live(*told)
    assert [step.step for step in unsettled.told.steps][:1] == [StepKind.OPENED]


def test_what_comes_after_the_settling_alerts() -> None:
    bench = settling(2.0)
    bench.live(order(0), opened(2.0, 4))
    assert [step.step for step in bench.told.steps] == [StepKind.OPENED]


def test_a_lag_of_the_worker_does_not_end_the_settling() -> None:
    bench = settling(2.0)
    bench.feed(opened(0.2, 2))
    bench.flush(3 * HOUR, watermark=3 * HOUR)
    bench.feed(subscribed(At(0.0)), order(0.1))
    assert bench.flush(3 * HOUR + 1).snapshots[-1].band is Band.WATCH


def test_a_settled_account_must_prove_that_it_got_better() -> None:
    bench = settling(2.0)
    bench.live(opened(0, 2), order(HOUR), subscribed(At(HOUR + 1)))
    assert bench.told.snapshots[-1].score is not None
    assert bench.told.snapshots[-1].score > 48
    assert bench.told.snapshots[-1].band is Band.AT_RISK


def test_the_oldest_fact_is_remembered_whatever_comes_first() -> None:
    bench = Bench()
    bench.feed(profile(-DAY), order(5), order(0), opened(9))
    assert bench.partition.rows["first_at"][0] == clock(0)
