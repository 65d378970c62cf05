"""Promise 4: a score is the sum of its contributions, a change the sum of its parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import AnyEvent
from schemas.health import Band, Dimension, PartKind
from streams.core.decide import decide, sweep
from streams.core.explain import MAX_EVENT_PARTS
from streams.core.judging import Clock
from streams.core.state import NEVER
from streams.core.telling import MAX_PENDING
from tests.core.bench import Bench, tables_with
from tests.core.building import (
    ACCOUNT,
    DAY,
    HOUR,
    At,
    clock,
    complaint_withdrawn,
    contact,
    opened,
    order,
    profile,
    resolved,
    when,
)
from tests.core.explaining import assert_explained, assert_told_once
from tests.core.timelines import SPAN_S, thorough, timelines

FLUSHES = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.sampled_from([0.1, 1.0, 9.0, HOUR, 30 * DAY]),
        st.sampled_from([0.0, 0.5, DAY / 2, 150 * DAY]),
    ),
    max_size=12,
)


@thorough
@given(timelines(), FLUSHES, st.booleans())
def test_every_snapshot_is_the_sum_of_its_parts_and_follows_the_last_one(
    told: list[AnyEvent], flushes: list[tuple[int, float, float]], live: bool
) -> None:
    horizon_s = 10_000 * DAY if live else DAY
    bench = Bench(tables_with(alerts={"history_horizon_s": horizon_s}))
    now_s, waiting = SPAN_S, list(told)
    for count, after_s, behind_s in flushes:
        bench.feed(*waiting[:count])
        del waiting[:count]
        now_s += after_s
        bench.flush(now_s, now_s - behind_s)
    assert_explained(bench.told.snapshots)


@thorough
@given(timelines())
def test_live_snapshots_are_explained_and_follow_each_other_in_time(told: list[AnyEvent]) -> None:
    bench = Bench()
    bench.live(*sorted(told, key=lambda event: event.time))
    assert_explained(bench.told.snapshots)
    assert_told_once(bench.told.steps)
    moments = [snapshot.as_of for snapshot in bench.told.snapshots]
    assert moments == sorted(moments)


def test_a_change_names_the_fact_its_signal_and_its_points() -> None:
    bench = Bench()
    bench.live(order(At(0, "first")), opened(At(HOUR, "the complaint"), severity=3))
    last = bench.told.snapshots[-1]
    [part] = [part for part in last.change if part.kind is PartKind.EVENT]
    assert (part.event_id, part.signal, part.event_type) == ("the complaint", "complaint_3", "complaint.opened.v1")
    assert part.event_time == when(HOUR)
    assert part.points < 0


def test_time_alone_is_told_as_decay() -> None:
    bench = Bench()
    bench.live(order(0), order(1))
    [faded] = bench.flush(30 * DAY).snapshots
    assert [part.kind for part in faded.change] == [PartKind.DECAY]
    assert faded.caused_by_record_at is None


def test_a_first_fact_of_another_dimension_is_told_as_reweighting() -> None:
    bench = Bench()
    bench.live(order(0), contact(1, 1.0))
    assert PartKind.REWEIGHTING in {part.kind for part in bench.told.snapshots[-1].change}


def test_what_the_clamp_takes_is_told_as_saturation() -> None:
    bench = Bench()
    bench.feed(*(opened(At(0, f"o-{number}"), 4, f"C-{number}") for number in range(9)))
    [first] = bench.flush(0).snapshots
    assert first.score == 0
    assert {part.kind for part in first.change} >= {PartKind.SATURATION, PartKind.BASE}
    assert "saturation" in {contribution.name for contribution in first.contributions}


def test_a_resolved_complaint_is_told_as_two_contributions() -> None:
    bench = Bench()
    bench.live(order(0), opened(1), resolved(HOUR))
    points = {entry.name: entry.points for entry in bench.told.snapshots[-1].contributions}
    assert points["recovered_3"] == pytest.approx(-0.7 * points["complaint_3"])


def test_an_account_with_a_profile_alone_has_no_score_and_no_band() -> None:
    bench = Bench()
    bench.feed(profile(0))
    [snapshot] = bench.flush(1).snapshots
    assert (snapshot.score, snapshot.band, snapshot.coverage, snapshot.contributions) == (None, None, 0.0, ())
    assert [(entry.score, entry.weight) for entry in snapshot.dimensions] == [(None, 0)] * len(Dimension)
    assert snapshot.owner == "M-1"


def test_its_first_fact_gives_such_an_account_a_score_however_old_the_fact() -> None:
    bench = Bench()
    bench.feed(profile(0))
    assert bench.flush(1, watermark=-42_000 * DAY).snapshots[0].as_of == when(-42_000 * DAY)
    bench = Bench()
    bench.feed(profile(0))
    assert bench.flush(1, watermark=NEVER).snapshots[0].as_of == when(0)
    bench.feed(contact(-40_000 * DAY))
    bench.flush(20, watermark=NEVER)
    assert bench.told.snapshots[-1].score == pytest.approx(50.69, abs=0.01)
    assert_explained(bench.told.snapshots)


def test_a_snapshot_says_the_account_the_policy_and_how_much_is_known() -> None:
    bench = Bench()
    [snapshot] = bench.live(order(0)).snapshots
    assert (snapshot.account_id, snapshot.policy, snapshot.events_applied) == (ACCOUNT, "default/1", 1)
    assert snapshot.coverage == pytest.approx(0.70)
    assert snapshot.band is Band.WATCH


def test_a_move_of_half_a_point_is_told_at_once_and_less_waits_for_the_heartbeat() -> None:
    bench = Bench()
    bench.live(order(0))
    bench.feed(contact(1))  # moves the score by less, through the shares
    assert bench.flush(1.1).snapshots == []
    assert bench.flush(5).snapshots == []
    assert len(bench.flush(9).snapshots) == 1
    bench.feed(order(10))
    assert len(bench.flush(10.1).snapshots) == 1


def test_a_look_that_changes_nothing_is_not_worth_writing() -> None:
    bench = Bench()
    bench.live(contact(0), opened(HOUR, 3), complaint_withdrawn(2 * HOUR))
    for at_s in (2 * HOUR + 9, 2 * HOUR + 10):
        bench.flush(at_s)
    waiting = Clock(clock(2 * HOUR + 11), clock(2 * HOUR + 11))
    assert sweep(bench.partition, slice(0, 1), waiting, bench.rules).tolist() == [
        0
    ]  # a better band waits out its dwell time
    decide(bench.partition, np.array([0]), waiting, bench.rules)
    assert not bench.partition.dirty.any()


def test_history_is_told_by_the_heartbeat_and_not_by_every_move() -> None:
    bench = Bench()
    now = 300 * DAY
    bench.feed(order(0))
    assert len(bench.flush(now, watermark=0).snapshots) == 1
    bench.feed(opened(DAY, 4))
    assert bench.flush(now + 1, watermark=DAY).snapshots == []
    assert len(bench.flush(now + 9, watermark=DAY).snapshots) == 1


def test_facts_that_wait_to_be_told_stay_bounded() -> None:
    bench = Bench()
    now = 300 * DAY
    bench.feed(order(0))
    bench.flush(now, watermark=0)
    for number in range(MAX_PENDING // 4 - 1):  # an order counts for four signals that a part may be about
        bench.feed(order(At(1 + number, f"o-{number}")))
    assert bench.flush(now + 1, watermark=0).snapshots == []
    bench.feed(order(At(200, "one more")))
    assert len(bench.flush(now + 2, watermark=0).snapshots) == 1
    assert not bench.partition.pending


def test_a_burst_of_facts_is_told_in_a_bounded_snapshot_that_still_sums_up() -> None:
    bench = Bench()
    bench.feed(*(contact(At(number / 10, f"c-{number}"), (number % 7 - 3) / 3) for number in range(3000)))
    [snapshot] = bench.flush(300).snapshots
    assert_explained([snapshot])
    events = [part for part in snapshot.change if part.kind is PartKind.EVENT]
    alone = [part for part in events if part.event_id is not None]
    assert len(alone) == MAX_EVENT_PARTS
    assert {part.signal for part in events if part.event_id is None} == {"contact", "service_contact", "sentiment"}
