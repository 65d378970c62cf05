import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pulse.importing.session import Clocks
from tests.data.fake_gateway import FakeGateway, fake_gateway

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)

CSV_MAPPING = """
version: 1
input:
  format: csv
  delimiter: ";"
numbers: {decimal: ",", thousands: "."}
event:
  type: purchase.order_placed.v1
  source: //shop.example.test/web
  id: "web-{order}"
  account: "A-{customer}"
  time: {column: placed, formats: ["%d.%m.%Y %H:%M", iso], zone: Europe/Berlin}
  data:
    order_id: "{order}"
    amount: {column: total, as: decimal}
    currency: EUR
    promised_at: {column: promised, as: time, empty: omit}
"""


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with fake_gateway() as running:
        yield running


@pytest.fixture
def clocks() -> Clocks:
    """A wall clock that stands still and a monotonic one that runs a second a look, so that every step is saved."""
    seconds = itertools.count()
    return Clocks(wall=lambda: NOW, monotonic=lambda: float(next(seconds)))


@pytest.fixture
def csv_mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.yaml"
    path.write_text(CSV_MAPPING)
    return path


def csv_orders(count: int, begin: datetime = NOW - timedelta(days=100)) -> str:
    lines = ["order;customer;placed;total;promised"]
    for number in range(count):
        placed = begin + timedelta(hours=number % 48)
        lines.append(f"{number};{number % 7};{placed:%d.%m.%Y %H:%M};1.234,{number % 100:02d};")
    return "\n".join(lines) + "\n"
