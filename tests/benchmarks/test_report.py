from benchmarks.engine.command import CONTENDERS
from benchmarks.engine.measure import Measured
from benchmarks.engine.report import figures, table
from benchmarks.pace import Pace

MEASURED = [
    Measured(one, Pace(events=1000 // (rank + 1), window_s=2, cpu_s=1), 1000, 10) for rank, one in enumerate(CONTENDERS)
]


def test_a_key_a_contender_with_two_figures() -> None:
    found = figures(MEASURED)
    assert set(found) == {
        "ours",
        "kafka_streams_at_least_once",
        "kafka_streams_exactly_once_v2",
        "quix_streams",
        "faust_documented",
    }
    assert found["ours"] == {"events_per_second": 500.0, "events_per_cpu_second": 1000.0}


def test_a_ratio_says_how_many_times_faster_ours_is() -> None:
    _, ours, at_least_once, *_ = table(MEASURED)
    assert ours.split()[3] == "1.00"
    assert at_least_once.split()[3] == "2.00"
