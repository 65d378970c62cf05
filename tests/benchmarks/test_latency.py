from datetime import UTC, datetime

import pytest

from benchmarks.latency.arrivals import Timetable
from benchmarks.latency.sender import load
from benchmarks.latency.spread import told_by_event
from schemas.codec import STRUCTURED_HEADERS, decode

START = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()


def test_an_event_happens_when_the_timetable_sends_it() -> None:
    timetable = Timetable(START, rate=100, seconds=5, warm_up_s=1)
    now = datetime.fromtimestamp(START + 5, UTC)
    on_time = 0
    for record in load(START, 100, 5):
        (number,) = told_by_event(record.value)
        at = decode(record.value, STRUCTURED_HEADERS, now).time.timestamp()
        on_time += at == pytest.approx(timetable.due_at(number), abs=0.002)
    assert on_time >= 480


def test_what_warms_up_is_not_counted() -> None:
    assert Timetable(START, rate=100, seconds=5, warm_up_s=1).first_counted == 100
