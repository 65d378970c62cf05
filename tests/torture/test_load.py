"""The load is the same for the same seed; its facts are events of the catalogue, its poison is none."""

import json
from datetime import UTC, datetime

import pytest
from kafka.partitioner import murmur2

from schemas.codec import decode
from schemas.errors import BadEvent
from schemas.records import check_home, check_place
from tests.torture.load import Load, Recipe
from tests.torture.poison import fault
from tests.torture.records import Kind, Record

NOW = 1_770_000_000.0
RECIPE = Recipe(seed=3, accounts=50)


def made(count: int, recipe: Recipe = RECIPE) -> list[Record]:
    load = Load(recipe)
    return [load.next(NOW + number / 250) for number in range(count)]


def read(record: Record) -> None:
    """Read a record as worker and sink do."""
    event = decode(record.value, record.headers, datetime.fromtimestamp(NOW + 60, UTC))

    class Placed:
        offset, timestamp, key, value, headers = 0, 0, record.key, record.value, record.headers

    check_place(Placed(), event, record.topic.name)
    home = (murmur2(record.key or b"") & 0x7FFFFFFF) % RECIPE.partitions
    check_home(home, home if record.partition is None else record.partition)


def test_the_same_seed_makes_the_same_records() -> None:
    assert made(2_000) == made(2_000)


def test_every_fact_can_be_read_and_no_poison_can() -> None:
    for record in made(8_000):
        if record.kind is not Kind.POISON:
            read(record)
            continue
        with pytest.raises(BadEvent) as bad:
            read(record)
        assert bad.value.reason.value == fault(record.headers)


def test_a_duplicate_is_the_same_bytes_again() -> None:
    records = made(8_000)
    facts = {record.value for record in records if record.kind is Kind.FACT}
    again = [record.value for record in records if record.kind is Kind.DUPLICATE]
    assert len(again) > 100
    assert sum(value in facts for value in again) > len(again) - 20  # the window may turn the two around


def test_between_a_fact_and_its_duplicate_lie_few_facts_of_its_account() -> None:
    records = made(20_000, Recipe(seed=4))
    place: dict[bytes, int] = {}
    seen: dict[bytes, int] = {}
    for record in records:
        if record.kind is Kind.POISON or record.key is None or record.value is None:
            continue
        seen[record.key] = seen.get(record.key, 0) + 1
        first = place.setdefault(record.value, seen[record.key])
        assert seen[record.key] - first < 16


def test_facts_are_late_and_out_of_order() -> None:
    times = [json.loads(record.value or b"")["time"] for record in made(2_000) if record.kind is Kind.FACT]
    assert times != sorted(times)
