"""The way to ClickHouse for commands: reached, or said plainly why not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from clickhouse_connect.driver.exceptions import DatabaseError

from consumers.runtime.clickhouse import ClickHouse, ClickHouseAway, Client, connect, first_line, may_pass
from pulse.errors import Missing, PulseError

LONG_READ_S: Final = 600.0
"""For whoever reads much of it at once."""
_UNKNOWN_TABLE: Final = 60
_UNKNOWN_COLUMN: Final = 47


@contextmanager
def reached(clickhouse: ClickHouse, timeout_s: float = 30.0) -> Iterator[Client]:
    """A client for the time of the block; a query may take `timeout_s`.

    Raises:
        Missing: no ClickHouse answers, or it went away.
        PulseError: its tables are older than this program.
    """
    try:
        client = connect(clickhouse, timeout_s=timeout_s)
        try:
            yield client
        finally:
            client.close()
    except ClickHouseAway as error:
        raise Missing(f"no ClickHouse answers at {clickhouse.url}: {error}") from None
    except DatabaseError as error:
        if error.code in (_UNKNOWN_TABLE, _UNKNOWN_COLUMN):
            raise PulseError(f"ClickHouse lacks a table or a column: run pulse migrate ({first_line(error)})") from None
        if may_pass(error):
            raise Missing(f"ClickHouse at {clickhouse.url} went away: {first_line(error)}") from None
        raise
