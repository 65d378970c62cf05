"""Facts put into the tables as the sink puts them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from consumers.clickhouse.blocks import to_blocks
from consumers.clickhouse.reading import sort
from consumers.clickhouse.writer import Writer
from consumers.runtime.clickhouse import ClickHouse
from schemas.catalogue import AnyEvent, topic_of
from schemas.codec import to_structured
from tests.clickhouse.facts import NOW
from tests.clickhouse.test_reading import Record

Tell = Callable[[Iterable[AnyEvent]], None]


def tell_of(clickhouse: ClickHouse) -> Tell:
    """Writes events into the tables, each at the next offset."""

    def write(events: Iterable[AnyEvent]) -> None:
        records = [_record(event, offset) for offset, event in enumerate(events)]
        # What a test made just now may be later than when the tests began, by more than a reader lets pass.
        assert Writer(clickhouse).write(to_blocks(sort(records, 1, datetime.now(UTC)), NOW)) == []

    return write


def _record(event: AnyEvent, offset: int) -> Record:
    key, value = event.subject.encode(), to_structured(event)
    told_ms = 1_700_000_000_000 + offset
    return Record(topic_of(event).name, value, key, partition=0, offset=offset, timestamp=told_ms)
