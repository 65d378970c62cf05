"""A history in the embedded ClickHouse: the load of `benchmarks.load`, put where the sink puts it."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import SecretStr

from benchmarks.load import Recipe, Record, records
from consumers.clickhouse import migrate
from consumers.runtime.clickhouse import ClickHouse, Client, connect, rows
from pulse.errors import StackFailed
from pulse.local.child import Child, Command
from pulse.local.ports import free_port
from streams.core.facts import seconds

_BATCH: Final = 50_000
_QUIET_WITHIN_S: Final = 300.0
_LOOK_EVERY_S: Final = 0.5
_TIMEOUT_S: Final = 600.0
_PASSWORD: Final = "benchmark"  # noqa: S105 - of a warehouse in a temporary folder, on a loopback address
_TIME: Final = "DateTime64(3, 'UTC')"
_TYPES: Final = {
    "account_id": "String",
    "time": _TIME,
    "source": "String",
    "event_id": "String",
    "type": "String",
    "payload": "String",
    "topic": "String",
    "partition": "UInt32",
    "offset": "UInt64",
    "record_at": _TIME,
}


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A running warehouse with our tables, empty."""

    pid: int
    clickhouse: ClickHouse


@contextmanager
def running_warehouse(folder: Path) -> Iterator[Warehouse]:
    """`python -m pulse warehouse` on a folder, as shipped.

    Raises:
        StackFailed: it did not come up.
    """
    port = free_port()
    settings = {"DATA_DIR": folder / "warehouse", "PORT": port, "PASSWORD": _PASSWORD}
    env = {f"PULSE_WAREHOUSE__{name}": str(value) for name, value in settings.items()}
    child = Child(Command("warehouse", (sys.executable, "-m", "pulse", "warehouse"), env))
    try:
        child.wait_ready()
        clickhouse = ClickHouse(url=f"http://127.0.0.1:{port}", password=SecretStr(_PASSWORD))
        migrate.apply(clickhouse)
        yield Warehouse(child.pid, clickhouse)
    finally:
        child.stop()


def fill(client: Client, recipe: Recipe) -> int:
    """Put the load into the tables and wait until they are at rest; returns how many distinct facts there are.

    Raises:
        StackFailed: the tables are still being merged after minutes.
    """
    made, offset = records(recipe), 0
    while batch := list(islice(made, _BATCH)):
        client.insert(
            "arriving_events",
            _columns(batch, offset),
            column_names=list(_TYPES),
            column_type_names=list(_TYPES.values()),
            column_oriented=True,
            settings={"max_partitions_per_insert_block": 0},
        )
        offset += len(batch)
    _await_rest(client)
    return int(rows(client, "SELECT uniqExact(account_id, source, event_id) AS facts FROM events")[0]["facts"])


def _columns(batch: Iterable[Record], offset: int) -> list[list[Any]]:
    read = [(record, orjson.loads(record.value)) for record in batch]
    at_ms = [int(seconds(event["time"]) * 1000) for _, event in read]
    return [
        [event["subject"] for _, event in read],
        at_ms,
        *([event[name] for _, event in read] for name in ("source", "id", "type")),
        [record.value for record, _ in read],
        [record.topic.name for record, _ in read],
        [0] * len(read),
        list(range(offset, offset + len(read))),
        at_ms,
    ]


def _await_rest(client: Client) -> None:
    until_s = time.monotonic() + _QUIET_WITHIN_S
    while rows(client, "SELECT count() AS running FROM system.merges")[0]["running"]:
        if time.monotonic() > until_s:
            raise StackFailed("the warehouse still merges its tables after minutes")
        time.sleep(_LOOK_EVERY_S)


def connected(warehouse: Warehouse) -> Client:
    """A client with the patience of a command."""
    return connect(warehouse.clickhouse, timeout_s=_TIMEOUT_S)
