from datetime import UTC, datetime

from benchmarks.latency import drops
from benchmarks.latency.sender import load
from schemas.codec import STRUCTURED_HEADERS, decode
from tests.core.bench import Bench
from tests.core.building import START

BEGIN = START.timestamp()


def test_every_cause_and_nothing_else_opens_the_alert_that_bears_its_number() -> None:
    bench, numbers = Bench(), drops.causes(500, rate=1_000)
    made = [*drops.preparation(numbers, BEGIN), *(drops.cause(number, BEGIN + number / 1_000) for number in numbers)]
    told = bench.live(*(decode(record.value, STRUCTURED_HEADERS, START) for record in made))
    found = [number for step in told.steps for number in drops.told_by_alert(step.model_dump_json().encode())]
    assert found == list(numbers)
    assert not any(step.historic for step in told.steps)


def test_causes_stand_in_the_timetable_at_their_own_numbers() -> None:
    made = load(BEGIN, rate=100, seconds=5)
    assert len(made) == 500
    for number in drops.causes(500, rate=100):
        event = decode(made[number].value, STRUCTURED_HEADERS, datetime.fromtimestamp(BEGIN + 5, UTC))
        assert (event.id, event.subject) == (f"e{number}", f"D{number:07d}")
