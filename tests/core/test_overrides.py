"""What a person sets in place of a score: in force by event time, told with its parts, the same in any order."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import AlertKind, AlertStep, StepKind, StepReason
from schemas.catalogue import AnyEvent
from schemas.events.purchases import SubscriptionChange
from schemas.health import Band, HealthSnapshot, OverrideReason, Part, PartKind
from streams.core.overrides import KEPT
from tests.core.bench import Bench, score_of
from tests.core.building import (
    DAY,
    HOUR,
    At,
    opened,
    order,
    override_lifted,
    override_set,
    profile,
    subscription,
    when,
    withdrawn,
)
from tests.core.explaining import assert_explained, assert_told_once
from tests.core.timelines import SPAN_S, overridden, shuffled, thorough, with_repeats


def by_hand(snapshot: HealthSnapshot) -> list[Part]:
    return [part for part in snapshot.change if part.kind is PartKind.OVERRIDE]


def dropped(bench: Bench) -> list[AlertStep]:
    return [step for step in bench.told.steps if step.kind is AlertKind.BAND_DROPPED]


def overriding(*more: AnyEvent) -> Bench:
    """An account at risk that somebody sets to 90 at +2 h for ten days."""
    bench = Bench()
    bench.live(order(0), opened(HOUR, 4), override_set(2 * HOUR, 90.0, 10 * DAY), *more)
    return bench


def test_while_an_override_is_in_force_its_value_is_shown_and_both_values_are_told() -> None:
    last = overriding().told.snapshots[-1]
    assert (last.score, last.band) == (90.0, Band.HEALTHY)
    assert last.computed_score == pytest.approx(score_of(order(0), opened(HOUR, 4), at_s=2 * HOUR))
    assert last.override is not None
    assert (last.override.value, last.override.author, last.override.reason) == (90.0, "M-2", "merger announced")
    assert (last.override.set_at, last.override.expires_at) == (when(2 * HOUR), when(2 * HOUR + 10 * DAY))
    [part] = by_hand(last)
    assert (part.reason, part.event_type, part.event_time) == (
        OverrideReason.SET,
        "health.override_set.v1",
        when(2 * HOUR),
    )
    assert {"override"} == {one.name for one in last.contributions if one.dimension is None}
    assert_explained(overriding().told.snapshots)


def test_what_moves_below_an_override_moves_nothing_that_is_shown_and_is_told_as_held() -> None:
    bench = overriding(opened(At(3 * HOUR, "another"), 4, "C-2"))
    bench.flush(3 * HOUR + 9)
    last = bench.told.snapshots[-1]
    assert (last.score, last.previous_score) == (90.0, 90.0)
    assert [part.reason for part in by_hand(last)] == [OverrideReason.HELD]
    assert last.computed_score is not None
    assert last.computed_score < 40
    assert_explained(bench.told.snapshots)


def test_at_its_expiry_the_computed_score_is_shown_again_as_of_the_first_moment_of_it() -> None:
    bench = overriding()
    expires = 2 * HOUR + 10 * DAY
    before = len(bench.told.snapshots)
    bench.flush(expires - 1)
    assert all(snapshot.score == 90.0 for snapshot in bench.told.snapshots[before:])
    bench.flush(expires)
    last = bench.told.snapshots[-1]
    assert (last.score, last.override) == (last.computed_score, None)
    assert [part.reason for part in by_hand(last)] == [OverrideReason.EXPIRED]
    assert_explained(bench.told.snapshots)


def test_a_lift_ends_it_and_is_told_with_its_fact() -> None:
    bench = overriding(override_lifted(DAY))
    [part] = by_hand(bench.told.snapshots[-1])
    assert (part.reason, part.event_type) == (OverrideReason.LIFTED, "health.override_lifted.v1")
    assert bench.told.snapshots[-1].override is None
    assert_explained(bench.told.snapshots)


def test_a_withdrawn_override_never_was_and_the_one_before_it_holds_again() -> None:
    second = override_set(At(3 * HOUR, "second"), 20.0)
    bench = overriding(second, withdrawn(4 * HOUR, second))
    last = bench.told.snapshots[-1]
    assert (last.score, [part.reason for part in by_hand(last)]) == (90.0, [OverrideReason.WITHDRAWN])
    assert_explained(bench.told.snapshots)


def test_a_later_override_replaces_an_earlier_one_for_good() -> None:
    bench = overriding(override_set(At(3 * HOUR, "second"), 20.0, DAY))
    assert bench.told.snapshots[-1].score == 20.0
    bench.flush(2 * DAY)
    assert bench.told.snapshots[-1].override is None


def test_of_two_at_one_moment_the_greater_id_counts_in_either_order() -> None:
    pair: list[AnyEvent] = [override_set(At(HOUR, "a"), 10.0), override_set(At(HOUR, "b"), 20.0)]
    for told in (pair, pair[::-1]):
        assert shown([order(0), *told], 2 * HOUR).score == 20.0


@pytest.mark.parametrize(
    "told",
    [
        [override_lifted(2 * HOUR), override_set(HOUR)],
        [override_set(HOUR), override_lifted(HOUR)],
        [override_set(HOUR, for_s=60.0)],
        [withdrawn(2 * HOUR, override_set(HOUR)), override_set(HOUR)],
    ],
    ids=["lifted before it was set", "lifted as it was set", "expired on arrival", "withdrawn before it was set"],
)
def test_what_holds_no_more_when_it_arrives_changes_nothing(told: list[AnyEvent]) -> None:
    last = shown([order(0), *told], 3 * HOUR)
    assert (last.override, last.score) == (None, last.computed_score)


def test_an_account_without_signal_shows_what_is_set_and_no_score_afterwards() -> None:
    bench = Bench()
    bench.live(profile(0), override_set(HOUR, 55.0, DAY))
    last = bench.told.snapshots[-1]
    assert (last.score, last.computed_score, last.band) == (55.0, None, Band.WATCH)
    bench.flush(2 * DAY)
    assert (bench.told.snapshots[-1].score, bench.told.snapshots[-1].band) == (None, None)
    assert_explained(bench.told.snapshots)


def test_an_override_that_lowers_the_band_alerts_nobody() -> None:
    bench = Bench()
    bench.live(order(0), override_set(HOUR, 10.0, DAY))
    bench.flush(3 * DAY)
    assert [snapshot.band for snapshot in bench.told.snapshots[-2:]] == [Band.CRITICAL, Band.WATCH]
    assert bench.told.steps == []


def test_an_override_above_the_line_closes_the_open_alert_in_the_name_of_whoever_set_it() -> None:
    bench = overriding()
    assert [step.step for step in bench.told.steps] == [StepKind.OPENED, StepKind.RESOLVED]
    closing = bench.told.steps[-1]
    assert (closing.reason, closing.actor, closing.comment) == (StepReason.BY_PERSON, "M-2", "merger announced")


def test_when_an_override_ends_over_the_same_trouble_as_before_nobody_is_alerted_again() -> None:
    bench = overriding()
    bench.flush(11 * DAY)
    assert bench.told.snapshots[-1].band is Band.AT_RISK
    assert len(dropped(bench)) == 2


def test_what_got_worse_below_an_override_alerts_when_it_ends() -> None:
    bench = overriding(subscription(DAY, SubscriptionChange.CANCELLED))
    assert len(dropped(bench)) == 2
    bench.feed(override_lifted(2 * DAY))
    bench.flush(2 * DAY)
    step = dropped(bench)[-1]
    assert (step.step, step.reason, step.facts["band_from"]) == (StepKind.OPENED, StepReason.BAND_WORSENED, "at_risk")
    assert_told_once(bench.told.steps)


def test_what_got_worse_below_an_override_to_the_same_band_alerts_when_it_ends() -> None:
    bench = Bench()
    bench.live(order(0), override_set(HOUR, 40.0, DAY), opened(2 * HOUR, 4))
    assert dropped(bench) == []
    bench.flush(2 * DAY)
    assert [step.facts["band_from"] for step in dropped(bench)] == ["watch"]


def test_a_crash_before_or_after_an_override_leaves_what_is_told_as_it_would_have_been() -> None:
    told: list[AnyEvent] = [order(0), opened(HOUR, 4), override_set(2 * HOUR, 90.0, DAY)]
    live, restored = Bench(), Bench()
    for bench in (live, restored):
        bench.live(*told)
    restored.crash()
    for bench in (live, restored):
        bench.flush(3 * DAY)
    assert live.told == restored.told
    assert live.told.snapshots[-1].override is None


def test_no_more_than_some_overrides_are_remembered_and_the_newest_of_them_counts() -> None:
    bench = Bench()
    bench.feed(order(0), *(override_set(At(HOUR + number, f"o-{number:03}"), number) for number in range(40)))
    assert len(bench.partition.extras[0].overrides) == KEPT
    assert bench.flush(2 * HOUR).snapshots[-1].score == 39


def shown(told: Sequence[AnyEvent], at_s: float, steps: Sequence[float] = ()) -> HealthSnapshot:
    """What is told of facts at a moment, the watermark going there in steps."""
    bench = Bench()
    bench.feed(*told)
    for step in steps:
        bench.flush(step)
    bench.flush(at_s)
    bench.feed(profile(At(at_s + 9, "a word more")))  # whatever is unsaid is said
    bench.flush(at_s + 20)
    assert_explained(bench.told.snapshots)
    return bench.told.snapshots[-1]


def assert_alike(one: HealthSnapshot, other: HealthSnapshot) -> None:
    assert one.override == other.override
    assert one.score == pytest.approx(other.score, abs=1e-9)
    assert one.computed_score == pytest.approx(other.computed_score, abs=1e-9)


LATER = st.floats(0, 120 * DAY).map(lambda seconds: SPAN_S + seconds)


def test_it_is_shown_from_its_own_moment_though_the_watermark_has_not_come_there() -> None:
    bench = Bench()
    bench.live(order(0))
    bench.feed(override_set(HOUR, 90.0))
    assert bench.flush(HOUR + 1, watermark=60.0).snapshots[-1].score == 90.0


def test_the_moment_of_its_end_is_what_the_row_waits_for() -> None:
    bench = overriding()
    bench.flush(3 * HOUR)
    bench.live(override_set(At(4 * HOUR, "short"), 20.0, 60.0))
    assert bench.partition.rows["next_due"][0] == when(4 * HOUR + 60).timestamp()


@pytest.mark.parametrize("old_first", [True, False])
def test_which_are_remembered_follows_from_what_was_told_and_not_from_its_order(old_first: bool) -> None:
    mistakes = [override_set(At(HOUR + number, f"o-{number:03}"), 20.0) for number in range(KEPT)]
    taken_back: list[AnyEvent] = [withdrawn(At(DAY, f"w-{one.id}"), one) for one in mistakes]
    old: list[AnyEvent] = [override_set(At(1, "old"), 90.0, 90 * DAY)]
    told = [*old, *mistakes, *taken_back] if old_first else [*mistakes, *taken_back, *old]
    assert shown([order(0), *told], 2 * DAY).override is None


@thorough
@given(st.data(), overridden(), LATER)
def test_overrides_told_in_any_order_and_again_hold_alike(
    data: st.DataObject, told: list[AnyEvent], at_s: float
) -> None:
    again = data.draw(st.composite(with_repeats)(data.draw(shuffled(told))))
    assert_alike(shown(told, at_s), shown(again, at_s))


@thorough
@given(overridden(), LATER, st.lists(st.floats(0, 1), max_size=8))
def test_a_watermark_that_jumps_holds_what_many_small_steps_hold(
    told: list[AnyEvent], at_s: float, shares: list[float]
) -> None:
    steps = sorted(share * at_s for share in shares)
    assert_alike(shown(told, at_s), shown(told, at_s, steps))


@thorough
@given(overridden(), st.integers(1, 5))
def test_overrides_cut_into_any_batches_are_explained_exactly(told: list[AnyEvent], size: int) -> None:
    bench = Bench()
    for start in range(0, len(told), size):
        bench.feed(*told[start : start + size])
        bench.flush(SPAN_S + start)
    bench.flush(SPAN_S + 120 * DAY)
    assert_explained(bench.told.snapshots)
    assert_told_once(bench.told.steps)
