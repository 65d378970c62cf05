"""The warehouse as a function from fixed SQL and parameters to rows. One client per thread: none is for sharing."""

import threading
from collections.abc import Mapping
from typing import Any

from consumers.runtime.clickhouse import ClickHouse, Client, connect, rows


class Warehouse:
    """Connects when first asked in a thread, and again when the warehouse was away.

    Raises (when called): ClickHouseAway when it does not answer.
    """

    def __init__(self, clickhouse: ClickHouse, timeout_s: float) -> None:
        self._clickhouse = clickhouse
        self._timeout_s = timeout_s
        self._local = threading.local()

    def __call__(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of the query."""
        return rows(self._client(), sql, parameters)

    def _client(self) -> Client:
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = connect(self._clickhouse, timeout_s=self._timeout_s)
        return client
