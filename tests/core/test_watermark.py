"""The watermark: the slowest live topic, idle ones left out, never back, never past the clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.watermark import NEVER, IdleRule, Watermark
from tests.core.timelines import thorough

NOW = 1_000_000.0
RULE = IdleRule(quiet_s=1.0, far_quiet_s=20.0, near_s=3600.0, delay_s=0.5)


def fresh(topics: int = 3) -> Watermark:
    return Watermark.fresh(topics, NOW, RULE)


def test_nothing_is_known_before_every_live_topic_was_read() -> None:
    watermark = fresh()
    watermark.observe(0, NOW - 5, NOW, caught_up=True)
    assert watermark.advance(NOW) == NEVER


def test_it_is_the_minimum_over_the_live_topics() -> None:
    watermark = fresh()
    for topic, newest in enumerate((NOW - 30, NOW - 10, NOW - 20)):
        watermark.observe(topic, newest, NOW, caught_up=False)
    assert watermark.advance(NOW) == NOW - 30


def test_a_topic_read_to_its_end_and_quiet_does_not_hold_time_back() -> None:
    watermark = fresh(2)
    watermark.observe(0, NOW - 500, NOW, caught_up=True)
    watermark.observe(1, NOW - 10, NOW, caught_up=True)
    watermark.mark_end(0, NOW + 0.8, caught_up=True)
    assert watermark.advance(NOW + 0.9) == NOW - 500
    watermark.observe(1, NOW - 5, NOW + 1.5, caught_up=True)
    assert watermark.advance(NOW + 1.5) == NOW - 5


def test_a_topic_with_a_backlog_holds_time_back_however_quiet_it_is() -> None:
    watermark = fresh(2)
    watermark.observe(0, NOW - 500, NOW, caught_up=False)
    watermark.observe(1, NOW + 99, NOW + 100, caught_up=True)
    assert watermark.advance(NOW + 100) == NOW - 500


def test_a_topic_from_which_nothing_ever_came_is_idle_once_the_broker_says_it_is_at_its_end() -> None:
    watermark = fresh(2)
    watermark.observe(0, NOW, NOW + 2, caught_up=True)
    assert watermark.advance(NOW + 2) == NEVER
    watermark.mark_end(1, NOW + 2, caught_up=True)
    assert watermark.advance(NOW + 2) == NOW


def test_when_all_are_idle_near_the_present_the_clock_takes_over_less_a_delay() -> None:
    watermark = fresh(2)
    for topic in (0, 1):
        watermark.observe(topic, NOW - 60, NOW, caught_up=True)
        watermark.mark_end(topic, NOW + 2, caught_up=True)
    assert watermark.advance(NOW + 0.5) == NOW - 60
    assert watermark.advance(NOW + 2) == NOW + 2 - 0.5


def test_far_behind_the_clock_waits_because_a_loader_may_only_have_paused() -> None:
    year_ago = NOW - 365 * 86_400
    watermark = fresh(2)
    for topic in (0, 1):
        watermark.observe(topic, year_ago, NOW, caught_up=True)
        watermark.mark_end(topic, NOW + 100, caught_up=True)
    assert watermark.advance(NOW + 19) == year_ago
    assert watermark.advance(NOW + 20) == NOW + 20 - 0.5


@pytest.mark.parametrize("live", [True, False])
def test_a_quiet_topic_holds_time_back_to_when_the_broker_last_said_that_nothing_is_there(live: bool) -> None:
    watermark = fresh(2)
    for topic in (0, 1):
        watermark.observe(topic, NOW - 60, NOW, caught_up=True)
        watermark.mark_end(topic, NOW + 3, caught_up=True)
    if live:
        watermark.observe(0, NOW + 20, NOW + 20, caught_up=True)
    assert watermark.advance(NOW + 20) == NOW + 3
    watermark.mark_end(1, NOW + 19.9, caught_up=True)
    watermark.mark_end(0, NOW + 19.9, caught_up=True)
    assert watermark.advance(NOW + 20) == (NOW + 19.9 if live else NOW + 19.5)


def test_an_empty_log_waits_as_long_before_the_clock_takes_over() -> None:
    watermark = fresh(2)
    for topic in (0, 1):
        watermark.mark_end(topic, NOW + 100, caught_up=True)
    assert watermark.advance(NOW + 19) == NEVER
    assert watermark.advance(NOW + 20) == NOW + 19.5


def test_it_never_goes_back_when_a_late_topic_comes_alive() -> None:
    watermark = fresh(2)
    watermark.observe(0, NOW, NOW, caught_up=True)
    watermark.mark_end(1, NOW + 2, caught_up=True)
    before = watermark.advance(NOW + 1)
    watermark.observe(1, NOW - 900, NOW + 1, caught_up=False)
    assert watermark.advance(NOW + 1) == before


def test_it_never_passes_the_clock() -> None:
    watermark = fresh(1)
    watermark.observe(0, NOW + 200, NOW, caught_up=True)
    assert watermark.advance(NOW + 0.1) == NOW + 0.1


def test_a_recovered_partition_goes_on_from_the_watermark_it_had() -> None:
    watermark = Watermark.fresh(2, NOW, RULE, value=NOW - 7)
    assert watermark.advance(NOW) == NOW - 7


_STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.floats(-1e6, 10), st.floats(0, 30), st.booleans(), st.booleans()), max_size=30
)


@thorough
@given(_STEPS)
def test_whatever_comes_it_neither_goes_back_nor_passes_the_clock(
    steps: list[tuple[int, float, float, bool, bool]],
) -> None:
    watermark, now, last = fresh(), NOW, NEVER
    for topic, ahead, after_s, caught_up, read in steps:
        now += after_s
        if read:
            watermark.observe(topic, now + ahead, now, caught_up)
        else:
            watermark.mark_end(topic, now, caught_up)
        value = watermark.advance(now)
        assert last <= value <= now
        last = value


@pytest.mark.parametrize("topics", [1, 5])
def test_a_partition_just_taken_over_has_no_idle_topic(topics: int) -> None:
    assert Watermark.fresh(topics, NOW, RULE).advance(NOW + 1000) == NEVER
