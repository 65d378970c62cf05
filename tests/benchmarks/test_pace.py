import pytest

from benchmarks.pace import Pace, Sample, TooShort, pace


def test_starting_up_and_the_wait_for_the_last_commit_count_against_nobody() -> None:
    steps = [Sample(10, 1, 50), Sample(12, 1001, 51), Sample(14, 3001, 53), Sample(60, 3100, 90)]
    assert pace(steps, 3100, warm_up_s=2) == Pace(events=2000, window_s=2, cpu_s=2)


def test_few_steps_are_taken_as_they_are() -> None:
    assert pace([Sample(1, 100, 1), Sample(3, 500, 2)], 500, warm_up_s=1) == Pace(events=400, window_s=2, cpu_s=1)


def test_one_step_is_no_rate() -> None:
    with pytest.raises(TooShort):
        pace([Sample(1, 100, 1)], 100, warm_up_s=0)


def test_no_cpu_time_is_no_rate() -> None:
    with pytest.raises(TooShort):
        pace([Sample(1, 100, 1), Sample(2, 200, 1)], 300, warm_up_s=0)


def test_rates_are_by_the_clock_and_by_cpu_time() -> None:
    found = Pace(events=1000, window_s=4, cpu_s=2)
    assert (found.events_per_second, found.events_per_cpu_second) == (250, 500)
