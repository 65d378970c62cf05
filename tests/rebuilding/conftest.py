"""The room's own warehouse."""

from tests.clickhouse.conftest import address, clickhouse, client, server, tables

__all__ = ["address", "clickhouse", "client", "server", "tables"]
