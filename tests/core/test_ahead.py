"""What will happen if nothing does: the next band, and when it will count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from schemas.events.complaints import Category
from schemas.events.purchases import SubscriptionChange
from schemas.health import Band, HealthSnapshot
from streams.core.ahead import GRID_S, HORIZON_D, scores_ahead
from streams.core.decay import moved
from streams.core.policies import default_tables
from streams.core.policy import DAY_S
from streams.core.score import assess
from streams.core.tables import Tables
from tests.core.bench import Bench, folded, no_dwell, tables_with
from tests.core.building import (
    DAY,
    HOUR,
    At,
    contact,
    opened,
    order,
    override_set,
    profile,
    resolved,
    returned,
    subscription,
    when,
)
from tests.core.timelines import SPAN_S, thorough, timelines


def last(bench: Bench) -> HealthSnapshot:
    return bench.told.snapshots[-1]


def when_it_changed(bench: Bench, since_s: float, tables: Tables | None = None) -> tuple[Band | None, float] | None:
    """The next band that a worker finds which looks every hour for 400 days, and the moment of it in seconds."""
    band = last(bench).band
    for step in range(1, int(HORIZON_D * 24)):
        at_s = since_s + step * HOUR
        bench.flush(at_s)
        if last(bench).band != band:
            return last(bench).band, at_s
    return None


@thorough
@given(
    timelines(), st.sampled_from([default_tables(), tables_with(complaints={"beta": 2.0, "gamma": 0.0, "delta": 4.0})])
)
def test_the_scores_ahead_are_the_scores(told: list[AnyEvent], tables: Tables) -> None:
    row = folded(*told, tables=tables).rows[[0]]
    ahead = scores_ahead(row["sums"], row["seen"], tables)[0]
    for place, elapsed_s in enumerate(GRID_S.tolist()):
        sums = moved(row["sums"], np.array([elapsed_s]), tables.half_life_s)
        assert ahead[place] == pytest.approx(assess(sums, row["seen"], tables).score[0], abs=1e-3)


GOOD: list[AnyEvent] = [
    order(0),
    contact(1, 1.0),
    subscription(2, SubscriptionChange.STARTED),
    contact(At(3, "b"), 1.0),
]
BAD: list[AnyEvent] = [order(0), opened(HOUR, 4)]
CASES: dict[str, list[AnyEvent]] = {
    "fading good will": GOOD,
    "fading trouble": BAD,
    "trouble and its repair": [*GOOD, opened(HOUR, 4), opened(At(2 * HOUR, "b"), 3, "C-2"), resolved(DAY)],
    "a product that does not fit": [
        order(0, lines=3),
        opened(HOUR, 4, category=Category.PRODUCT),
        returned(At(2 * HOUR, "r")),
    ],
    "a cancelled subscription": [order(0), subscription(HOUR, SubscriptionChange.CANCELLED)],
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_foreseen_is_what_a_worker_finds_when_nothing_more_is_told(case: str) -> None:
    bench = Bench()
    bench.live(*CASES[case])
    foreseen, since_s = last(bench), 2 * DAY
    found = when_it_changed(bench, since_s)
    if found is None:
        assert (foreseen.next_band, foreseen.next_band_at) == (None, None)
        return
    band, at_s = found
    assert foreseen.next_band is band
    assert foreseen.next_band_at is not None
    assert (foreseen.next_band_at - when(at_s)).total_seconds() == pytest.approx(0, abs=max(DAY, at_s / 50))


def test_the_dwell_time_is_waited_out_and_a_part_of_it_may_have_been_already() -> None:
    at_once, waiting = Bench(no_dwell()), Bench(tables_with(bands={"dwell_better_s": 5 * DAY}))
    for bench in (at_once, waiting):
        bench.live(*BAD)
    first, second = last(at_once).next_band_at, last(waiting).next_band_at
    assert first is not None
    assert second is not None
    assert (second - first).total_seconds() == pytest.approx(5 * DAY)
    bench = Bench()
    bench.live(*BAD, resolved(2 * HOUR))
    bench.feed(contact(2.5 * HOUR))
    bench.flush(2.5 * HOUR + 9)
    assert (last(bench).band, last(bench).next_band, last(bench).next_band_at) == (
        Band.AT_RISK,
        Band.WATCH,
        when(3 * HOUR),
    )


def test_an_override_holds_its_band_until_it_expires() -> None:
    bench = Bench()
    bench.live(*BAD, override_set(2 * HOUR, 90.0, 3 * DAY))
    assert (last(bench).band, last(bench).next_band, last(bench).next_band_at) == (
        Band.HEALTHY,
        Band.AT_RISK,
        when(2 * HOUR + 3 * DAY),
    )


def test_an_override_to_the_band_below_it_foresees_what_comes_after_its_expiry() -> None:
    bench, without = Bench(), Bench()
    bench.live(*BAD, override_set(2 * HOUR, 40.0, 3 * DAY))
    without.live(*BAD)
    one, other = last(bench).next_band_at, last(without).next_band_at
    assert last(bench).next_band is last(without).next_band is Band.WATCH
    assert one is not None
    assert other is not None
    assert abs((one - other).total_seconds()) < DAY_S


def test_nothing_is_foreseen_beyond_the_horizon_or_without_a_score() -> None:
    bench = Bench()
    bench.live(profile(0))
    assert (last(bench).next_band, last(bench).next_band_at) == (None, None)
    bench.live(override_set(HOUR, 90.0, 900 * DAY))
    assert (last(bench).next_band, last(bench).next_band_at) == (None, None)


@thorough
@given(timelines())
def test_whatever_is_foreseen_is_another_band_and_lies_ahead(told: list[AnyEvent]) -> None:
    bench = Bench()
    bench.feed(*told)
    bench.flush(SPAN_S)
    snapshot = last(bench)
    assert (snapshot.next_band is None) is (snapshot.next_band_at is None)
    assert snapshot.next_band is None or snapshot.next_band is not snapshot.band
    if snapshot.next_band_at is not None:
        assert snapshot.as_of <= snapshot.next_band_at
