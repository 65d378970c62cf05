"""Brings the tables up to date: plain SQL files in order, each applied once, by the tool clickhouse-migrations.

Statements are written so that a migration which was cut off half way can simply be applied again. Run it from one
place; the sink and the console never change tables.
"""

from importlib.resources import as_file, files
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster
from clickhouse_migrations.connection import CLICKHOUSE_CONNECT
from clickhouse_migrations.migration import MigrationStorage
from clickhouse_migrations.migrator import STATUS_MD5_MISMATCH, STATUS_PENDING, STATUS_UNKNOWN

from consumers.clickhouse.errors import ChangedHistory, NewerDatabase
from consumers.runtime.clickhouse import PORTS, ClickHouse, ClickHouseAway, first_line, may_pass

log = structlog.get_logger()


def apply(clickhouse: ClickHouse) -> list[str]:
    """Make the database and apply what is missing; the names of what was applied now, in order. Safe to repeat.

    Raises:
        NewerDatabase: the database knows migrations that we do not.
        ChangedHistory: a file is not what was applied under its number.
        ClickHouseAway: it does not answer, or failed in a way that may pass.
    """
    with as_file(files("consumers.clickhouse") / "migrations") as folder:
        return _guarded(clickhouse, folder)


def pending(clickhouse: ClickHouse) -> list[str]:
    """The names of migrations that `apply` would apply. Changes nothing; raises like `apply`."""
    with as_file(files("consumers.clickhouse") / "migrations") as folder:
        try:
            return _pending(_cluster(clickhouse), clickhouse.database, folder)
        except DatabaseError as error:
            raise _told(error) from error


def apply_from(clickhouse: ClickHouse, folder: Path) -> list[str]:
    """Like `apply`, with the files of another folder."""
    return _guarded(clickhouse, folder)


def _guarded(clickhouse: ClickHouse, folder: Path) -> list[str]:
    try:
        return _apply(_cluster(clickhouse), clickhouse.database, folder)
    except DatabaseError as error:
        raise _told(error) from error


def _apply(cluster: ClickhouseCluster, database: str, folder: Path) -> list[str]:
    names = _pending(cluster, database, folder)
    if names:
        cluster.migrate(database, folder, migration_log_format="compact")
        log.info("migrations_applied", database=database, names=names)
    return names


def _pending(cluster: ClickhouseCluster, database: str, folder: Path) -> list[str]:
    names = {version: Path(name).stem for version, name in MigrationStorage(folder).migration_filenames().items()}
    status = cluster.status(database, folder)
    unknown = [f"migration {row.version}" for row in status if row.state == STATUS_UNKNOWN]
    if unknown:
        raise NewerDatabase(unknown)
    changed = [names[row.version] for row in status if row.state == STATUS_MD5_MISMATCH]
    if changed:
        raise ChangedHistory(", ".join(changed))
    return [names[row.version] for row in status if row.state == STATUS_PENDING]


def _cluster(clickhouse: ClickHouse) -> ClickhouseCluster:
    parts = urlsplit(clickhouse.url)
    return ClickhouseCluster(
        db_host=parts.hostname or "",
        db_port=str(parts.port or PORTS[parts.scheme]),
        db_user=clickhouse.user,
        db_password=clickhouse.password.get_secret_value(),
        secure=parts.scheme == "https",
        driver=CLICKHOUSE_CONNECT,
        connect_timeout=5,
    )


def _told(error: DatabaseError) -> Exception:
    return ClickHouseAway(first_line(error)) if may_pass(error) else error
