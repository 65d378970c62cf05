"""Blocks into ClickHouse: confirmed when `write` returns. Owns the client; knows nothing of Kafka.

A fault of the machine (away, full, overloaded) becomes `Retry`: everything is sent again, onto the same keys. A row the
database will not take is found by halving and handed back, so that it stops nothing else.
"""

import time
from collections.abc import Iterable
from typing import Final

from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from consumers.clickhouse import metrics
from consumers.clickhouse.blocks import Block
from consumers.runtime.clickhouse import ClickHouse, ClickHouseAway, Client, connect, first_line
from consumers.runtime.errors import Retry
from consumers.runtime.subscription import Record

_ROW_AT_FAULT: Final = frozenset((6, 27, 33, 38, 41, 53, 69, 70, 72, 117, 131, 321, 349, 407))
"""Codes that speak of a value: cannot parse, out of bounds, too large."""
_SETTINGS: Final = {"max_partitions_per_insert_block": 0, "max_threads": 1}
"""Event times may lie in more years than the engine's guard expects of one block; more threads cost small blocks more
than they save large ones."""
_TIMEOUT_S: Final = 60.0


class Writer:
    """Connects when first needed and again after a failure."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse
        self._client: Client | None = None

    def write(self, blocks: Iterable[Block]) -> list[tuple[Record, str]]:
        """Write all blocks; returns the records of rows the database would not take, with its reason.

        Raises:
            Retry: ClickHouse is away, full or not ready; some blocks may have been written.
        """
        return [refused for block in blocks for refused in self._write(block)]

    def close(self) -> None:
        """Give the connection back."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _write(self, block: Block) -> list[tuple[Record, str]]:
        try:
            self._insert(block)
        except ClickHouseAway as error:
            raise self._retry(error) from error
        except DatabaseError as error:
            if isinstance(error, OperationalError) or error.code not in _ROW_AT_FAULT:
                raise self._retry(error) from error
            return self._halve(block, error)
        return []

    def _halve(self, block: Block, error: DatabaseError) -> list[tuple[Record, str]]:
        if len(block.records) == 1:
            return [(block.records[0], first_line(error))]
        return [refused for half in block.halves() for refused in self._write(half)]

    def _insert(self, block: Block) -> None:
        if self._client is None:
            self._client = connect(self._clickhouse, timeout_s=_TIMEOUT_S)
        began = time.perf_counter()
        self._client.insert(
            block.table,
            block.columns,
            column_names=list(block.types),
            column_type_names=list(block.types.values()),
            column_oriented=True,
            settings=_SETTINGS,
        )
        metrics.INSERT_SECONDS.labels(block.table).observe(time.perf_counter() - began)
        metrics.INSERT_ROWS.labels(block.table).observe(len(block.records))
        metrics.INSERTED.labels(block.table).inc(len(block.records))

    def _retry(self, error: Exception) -> Retry:
        self.close()
        metrics.AWAY.inc()
        return Retry(f"clickhouse: {first_line(error)}")
