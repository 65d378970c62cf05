"""One warehouse for the room; a database with our tables for every test that asks for one."""

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from consumers.clickhouse import migrate
from consumers.runtime.clickhouse import ClickHouse, Client, connect, rows
from pulse.local.ports import free_port
from tests.clickhouse.running import start_warehouse
from tests.clickhouse.telling import Tell, tell_of

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="package")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the warehouse of the room answers. `pulse` has the password `secret`, `bi` has `look`."""
    port = free_port()
    folder = tmp_path_factory.mktemp("warehouse")
    small = {"max_body_bytes": 32 * 1024 * 1024, "bi_max_memory_bytes": 64 * 1024 * 1024}
    child = start_warehouse(folder, port, password="secret", bi_password="look", **small)
    try:
        child.wait_ready()
        yield f"http://127.0.0.1:{port}"
    finally:
        assert child.stop() == 0, child.tail()


@pytest.fixture(scope="package")
def server(address: str) -> ClickHouse:
    """The warehouse as the user who may write, in the database that is always there."""
    return ClickHouse(url=address, password=SecretStr("secret"), database="default")


@pytest.fixture(scope="package")
def reader(address: str) -> ClickHouse:
    """The warehouse as the user who may only read."""
    return ClickHouse(url=address, user="bi", password=SecretStr("look"), database="default")


@pytest.fixture(scope="package")
def tables(server: ClickHouse) -> ClickHouse:
    """A database with our tables, full of what tests left in it: use `clickhouse`."""
    place = server.model_copy(update={"database": "pulse"})
    migrate.apply(place)
    return place


@pytest.fixture
def clickhouse(tables: ClickHouse) -> ClickHouse:
    """Our tables, empty. Emptied and not made anew: that takes a tenth of the time."""
    mine = {"d": tables.database}
    ours = "SELECT name FROM system.tables WHERE database = {d:String} AND engine LIKE '%MergeTree' AND total_rows > 0"
    client = connect(tables)
    for row in rows(client, ours + " AND name != 'schema_versions'", mine):
        client.command(f"TRUNCATE TABLE {row['name']}")
    client.close()
    return tables


@pytest.fixture
def scratch(server: ClickHouse) -> Iterator[Client]:
    """A client in a database of the test's own, without tables."""
    place = server.model_copy(update={"database": f"scratch_{next(_NUMBERS)}"})
    with closing(connect(server)) as making:
        making.command(f"CREATE DATABASE {place.database}")
    with closing(connect(place)) as made:
        yield made
        made.command(f"DROP DATABASE {place.database}")


@pytest.fixture
def client(clickhouse: ClickHouse) -> Iterator[Client]:
    """A client on our tables, empty."""
    made = connect(clickhouse)
    yield made
    made.close()


@pytest.fixture
def tell(clickhouse: ClickHouse) -> Tell:
    """Writes events into the tables, as the sink does."""
    return tell_of(clickhouse)


@pytest.fixture
def place(clickhouse: ClickHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and settings that name the warehouse."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULSE_STACK__DATA", str(tmp_path / "none"))
    monkeypatch.setenv("PULSE_CLICKHOUSE__URL", clickhouse.url)
    monkeypatch.setenv("PULSE_CLICKHOUSE__DATABASE", clickhouse.database)
    monkeypatch.setenv("PULSE_CLICKHOUSE__PASSWORD", clickhouse.password.get_secret_value())
    return tmp_path


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    """Plain HTTP as the user who may write."""
    with httpx.Client(base_url=address, auth=("pulse", "secret"), timeout=30) as made:
        yield made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 64 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mounting, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"cannot mount a small disk here: {error}")
    if done.returncode != 0:
        pytest.skip(f"cannot mount a small disk here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], timeout=10, check=True)
