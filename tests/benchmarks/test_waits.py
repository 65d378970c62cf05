import pytest

from benchmarks.pace import TooShort
from benchmarks.recovery.waits import Probe, all_applied_s, first_applied_s, longest_wait_s


def test_what_was_sent_before_the_signal_says_nothing_of_recovery() -> None:
    seen = [Probe(0, sent_at=9.99, seen_at=10.2), Probe(0, sent_at=10.0, seen_at=12.0)]
    assert first_applied_s(seen, 10.0, {0}) == 2.0


def test_partitions_of_others_say_nothing_of_a_takeover() -> None:
    seen = [Probe(0, 10.1, 10.2), Probe(1, 10.1, 18.0)]
    assert first_applied_s(seen, 10.0, {1}) == 8.0
    assert longest_wait_s(seen, 10.0, {0}) == pytest.approx(0.1)


def test_all_are_back_when_the_slowest_partition_is() -> None:
    assert all_applied_s([Probe(0, 10.1, 11.0), Probe(1, 10.1, 15.0)], 10.0, {0, 1}) == 5.0


def test_a_partition_that_never_came_back_is_no_figure() -> None:
    with pytest.raises(TooShort):
        all_applied_s([Probe(0, 10.1, 11.0), Probe(1, 10.1, None)], 10.0, {0, 1})
    with pytest.raises(TooShort):
        longest_wait_s([Probe(1, 10.1, None)], 10.0, {1})
