"""The process: one a directory, gone when told, nothing lost when killed or when its disk is full."""

import os
import shutil
import threading
import time
from pathlib import Path

import httpx
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from pydantic import ValidationError

from consumers.clickhouse.settings import WarehouseSettings
from consumers.runtime.clickhouse import ClickHouse, ClickHouseAway, Client, connect, may_pass, rows
from pulse.local.ports import free_port
from tests.clickhouse.running import start_warehouse
from tests.waiting import until


def place(port: int) -> ClickHouse:
    return ClickHouse(url=f"http://127.0.0.1:{port}", database="default")


def test_a_second_warehouse_on_the_same_data_is_refused_and_says_who_holds_it(tmp_path: Path) -> None:
    first = start_warehouse(tmp_path, free_port())
    first.wait_ready()
    second = start_warehouse(tmp_path, free_port())
    assert second.wait(20) not in (0, None)
    assert f"is held by process {first.pid}" in second.tail()
    assert first.stop() == 0


def test_a_warehouse_whose_holder_was_killed_opens_again(tmp_path: Path) -> None:
    for _ in range(2):
        child = start_warehouse(tmp_path, free_port())
        child.wait_ready()
        child.kill()
        child.wait(5)


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    child = start_warehouse(tmp_path / "file" / "below", free_port())
    assert child.wait(20) not in (0, None)
    assert "cannot be opened" in child.tail()


def test_it_ends_within_seconds_also_while_a_query_runs(tmp_path: Path) -> None:
    port = free_port()
    child = start_warehouse(tmp_path, port)
    child.wait_ready()
    long = "SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) = 1"
    asking = threading.Thread(target=_ask_in_vain, args=(port, long))
    asking.start()
    running = "SELECT count() FROM system.processes WHERE query LIKE '%cityHash64(number) = 1%'"
    until(lambda: _ask(port, running) == "2\n", 10)
    began = time.monotonic()
    assert child.stop() == 0
    assert time.monotonic() - began < 6
    asking.join()


def test_what_was_acknowledged_is_there_after_kill_9(tmp_path: Path) -> None:
    port = free_port()
    child = start_warehouse(tmp_path, port)
    child.wait_ready()
    client = connect(place(port))
    client.command("CREATE DATABASE kept")
    client.command("CREATE TABLE kept.t (a Int64) ENGINE = MergeTree ORDER BY a")
    acknowledged = 0
    for number in range(10):
        client.insert("kept.t", [[number * 1000 + i] for i in range(1000)], column_names=["a"])
        acknowledged += 1000
    child.kill()
    child.wait(5)
    with pytest.raises(ClickHouseAway):
        rows(client, "SELECT 1")
    again = start_warehouse(tmp_path, port)
    again.wait_ready()
    found = rows(connect(place(port)), "SELECT count() AS n, uniqExact(a) AS different FROM kept.t")
    assert found == [{"n": acknowledged, "different": acknowledged}]
    assert again.stop() == 0


def test_a_full_disk_is_an_error_that_may_pass_and_loses_nothing(small_disk: Path) -> None:
    port = free_port()
    child = start_warehouse(small_disk / "data", port)
    child.wait_ready()
    client = connect(place(port))
    client.command("CREATE DATABASE kept")
    client.command("CREATE TABLE kept.t (a Int64, s String) ENGINE = MergeTree ORDER BY a")
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * _free(small_disk, leaving=12_000_000))
    acknowledged, error = _insert_until_it_fails(client)
    assert may_pass(error), error
    assert "space" in str(error).lower()
    assert rows(client, "SELECT count() AS n FROM kept.t") == [{"n": acknowledged}]
    ballast.unlink()
    client.insert("kept.t", [[-1, "space again"]], column_names=["a", "s"])
    assert rows(client, "SELECT count() AS n FROM kept.t") == [{"n": acknowledged + 1}]
    assert child.stop() == 0


def _insert_until_it_fails(client: Client) -> tuple[int, DatabaseError]:
    acknowledged = 0
    for number in range(100):
        block = [[number * 1000 + i, f"{number}-{i}-" + os.urandom(500).hex()] for i in range(1000)]
        try:
            client.insert("kept.t", block, column_names=["a", "s"])
        except DatabaseError as caught:
            return acknowledged, caught
        acknowledged += len(block)
    pytest.fail("the disk never filled up")


def _free(folder: Path, leaving: int) -> int:
    return max(0, shutil.disk_usage(folder).free - leaving)


def _ask(port: int, sql: str) -> str:
    return httpx.post(f"http://127.0.0.1:{port}", content=sql, auth=("pulse", ""), timeout=20).text


def _ask_in_vain(port: int, sql: str) -> None:
    try:
        _ask(port, sql)
    except httpx.HTTPError:
        return  # the warehouse left


@pytest.mark.parametrize(
    "settings, fault",
    [
        ({"host": "0.0.0.0"}, "empty password"),  # noqa: S104 - that it is refused is the test
        ({"host": "0.0.0.0", "password": "x", "bi_password": ""}, "empty password"),  # noqa: S104
        ({"host": "warehouse.example.test"}, "empty password"),
        ({"user": "bi"}, "must differ"),
        ({"port": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_would_open_the_door_are_refused(settings: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        WarehouseSettings.model_validate(settings)


def test_without_a_password_for_the_reader_there_is_no_reader(tmp_path: Path) -> None:
    port = free_port()
    child = start_warehouse(tmp_path, port)
    child.wait_ready()
    for password in ("", "None"):
        answer = httpx.post(f"http://127.0.0.1:{port}", content="SELECT 1", auth=("bi", password))
        assert answer.status_code == 401
    assert child.stop() == 0
