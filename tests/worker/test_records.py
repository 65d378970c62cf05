"""Records of a batch become facts or dead letters, each by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from schemas.codec import STRUCTURED_HEADERS, to_structured
from schemas.topics import PURCHASES
from streams.core.state import Partition
from streams.worker.records import Place, decode_batch
from tests.worker.running import order

NOW = datetime.now(UTC)
ONLY = Place(PURCHASES, partition=0, partitions=1)


@dataclass
class Record:
    offset: int
    value: bytes | None
    key: bytes | None = b"A1"
    timestamp: int = 0
    headers: Sequence[tuple[str, bytes | None]] = field(default_factory=lambda: list(STRUCTURED_HEADERS))


def good(offset: int, headers: Sequence[tuple[str, bytes | None]] = tuple(STRUCTURED_HEADERS)) -> Record:
    return Record(offset, to_structured(order("A1", offset, NOW)), headers=headers)


@pytest.mark.parametrize("headers", [[("content-type", None)], [("trace", None), *STRUCTURED_HEADERS], []])
def test_a_header_without_a_value_stops_nothing(headers: Sequence[tuple[str, bytes | None]]) -> None:
    decoded = decode_batch([good(1), good(2, headers), good(3)], ONLY, Partition(), NOW)
    assert decoded.facts.offset.tolist() == [1, 2, 3]
    assert decoded.refused == []


def test_one_bad_record_takes_no_good_one_with_it() -> None:
    decoded = decode_batch([good(1), Record(2, b"{"), good(3)], ONLY, Partition(), NOW)
    assert decoded.facts.offset.tolist() == [1, 3]
    assert [letter.offset for _, letter in decoded.refused] == [2]
