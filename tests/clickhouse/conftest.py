"""One warehouse for the room; a database with our tables for every test that asks for one."""

import itertools
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from consumers.clickhouse import migrate
from consumers.runtime.clickhouse import ClickHouse, Client, connect
from pulse.local.ports import free_port
from tests.clickhouse.running import start_warehouse

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


@pytest.fixture
def clickhouse(server: ClickHouse) -> ClickHouse:
    """A new database with our tables."""
    place = server.model_copy(update={"database": f"pulse_{next(_NUMBERS)}"})
    migrate.apply(place)
    return place


@pytest.fixture
def client(clickhouse: ClickHouse) -> Iterator[Client]:
    """A client on a new database with our tables."""
    made = connect(clickhouse)
    yield made
    made.close()


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    """Plain HTTP as the user who may write."""
    with httpx.Client(base_url=address, auth=("pulse", "secret"), timeout=30) as made:
        yield made
