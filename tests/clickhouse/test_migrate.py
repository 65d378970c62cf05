from pathlib import Path

import pytest

import consumers.clickhouse
from consumers.clickhouse import migrate
from consumers.clickhouse.errors import ChangedHistory, NewerDatabase
from consumers.runtime.clickhouse import ClickHouse, ClickHouseAway, Client, connect, rows
from pulse.local.ports import free_port

MIGRATIONS = Path(consumers.clickhouse.__file__).parent / "migrations"


@pytest.fixture
def empty(server: ClickHouse, request: pytest.FixtureRequest) -> ClickHouse:
    """A database that is not there yet."""
    return server.model_copy(update={"database": f"migrating_{abs(hash(request.node.name)) % 10**8}"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small migrations, the second of two statements."""
    (tmp_path / "001_first.sql").write_text("CREATE TABLE IF NOT EXISTS a (x Int8) ENGINE = MergeTree ORDER BY x")
    (tmp_path / "002_second.sql").write_text(
        "CREATE TABLE IF NOT EXISTS b (x Int8) ENGINE = MergeTree ORDER BY x;\n"
        "CREATE TABLE IF NOT EXISTS c (x Int8) ENGINE = MergeTree ORDER BY x;\n"
    )
    return tmp_path


def test_no_two_migrations_bear_one_number() -> None:
    numbers = [path.name.partition("_")[0] for path in sorted(MIGRATIONS.glob("*.sql"))]
    assert numbers, "there are migrations"
    assert len(set(numbers)) == len(numbers), numbers


def test_each_is_applied_once_and_named(empty: ClickHouse) -> None:
    files = sorted(path.stem for path in MIGRATIONS.glob("*.sql"))
    assert migrate.pending(empty) == files
    assert migrate.apply(empty) == files
    assert migrate.pending(empty) == []
    assert migrate.apply(empty) == []


def test_a_database_newer_than_the_program_is_left_alone(empty: ClickHouse, folder: Path) -> None:
    assert migrate.apply_from(empty, folder) == ["001_first", "002_second"]
    (folder / "002_second.sql").unlink()
    with pytest.raises(NewerDatabase, match="migration 2"):
        migrate.apply_from(empty, folder)


def test_a_migration_changed_after_it_was_applied_is_told(empty: ClickHouse, folder: Path) -> None:
    migrate.apply_from(empty, folder)
    (folder / "001_first.sql").write_text("CREATE TABLE IF NOT EXISTS a (y Int8) ENGINE = MergeTree ORDER BY y")
    with pytest.raises(ChangedHistory, match="001_first"):
        migrate.apply_from(empty, folder)


def test_one_that_was_cut_off_half_way_is_applied_again(empty: ClickHouse, folder: Path) -> None:
    whole = (folder / "002_second.sql").read_text()
    (folder / "002_second.sql").write_text(whole + "CREATE TABLE broken (x NoSuchType) ENGINE = Memory;\n")
    with pytest.raises(Exception, match="NoSuchType"):
        migrate.apply_from(empty, folder)
    (folder / "002_second.sql").write_text(whole)
    assert migrate.apply_from(empty, folder) == ["002_second"]


def test_our_own_can_all_be_applied_again_after_a_cut(empty: ClickHouse) -> None:
    migrate.apply(empty)
    client = connect(empty)
    client.command("DROP TABLE schema_versions")
    client.close()
    assert len(migrate.apply(empty)) == len(list(MIGRATIONS.glob("*.sql")))


def test_a_clickhouse_that_is_away_is_told_apart_from_a_fault(empty: ClickHouse) -> None:
    with pytest.raises(ClickHouseAway):
        migrate.apply(empty.model_copy(update={"url": f"http://127.0.0.1:{free_port()}"}))


def test_every_table_view_and_column_says_what_it_is(client: Client, clickhouse: ClickHouse) -> None:
    mine = {"db": clickhouse.database}
    silent = rows(
        client,
        "SELECT name FROM system.tables WHERE database = {db:String} AND comment = ''"
        " AND engine != 'MaterializedView' AND name != 'schema_versions'",
        mine,
    )
    assert silent == []
    silent = rows(
        client,
        "SELECT c.table AS t, c.name AS n FROM system.columns AS c INNER JOIN system.tables AS t"
        " ON t.database = c.database AND t.name = c.table WHERE c.database = {db:String} AND c.comment = ''"
        " AND t.engine LIKE '%MergeTree' AND t.name != 'schema_versions'",
        mine,
    )
    assert silent == []
