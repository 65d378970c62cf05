"""The official client against the warehouse."""

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from pydantic import SecretStr

from consumers.runtime.clickhouse import ClickHouse, ClickHouseAway, connect, rows
from pulse.local.ports import free_port

ROWS = 120_000


@pytest.mark.parametrize("compression", ["lz4", "zstd", "gzip", False])
def test_no_row_of_a_large_insert_is_lost_in_any_compression(
    server: ClickHouse, scratch: Client, compression: str | bool
) -> None:
    client = clickhouse_connect.get_client(
        dsn=server.url.replace("//", "//pulse:secret@"), database=scratch.database, compress=compression
    )
    client.command("CREATE TABLE many (a Int64, s String) ENGINE = MergeTree ORDER BY a")
    told = client.insert(
        "many", [range(ROWS), [f"row {i}" for i in range(ROWS)]], column_names=["a", "s"], column_oriented=True
    )
    found = rows(client, "SELECT count() AS n, sum(a) AS total, uniqExact(s) AS texts FROM many")
    client.close()
    assert told.written_rows == ROWS
    assert found == [{"n": ROWS, "total": ROWS * (ROWS - 1) // 2, "texts": ROWS}]


def test_a_stream_brings_every_row_in_order(client: Client) -> None:
    with client.query_rows_stream("SELECT number FROM numbers(500000) ORDER BY number") as stream:
        assert [row[0] for row in stream] == list(range(500_000))


def test_a_stream_that_fails_midway_is_an_error_and_not_an_end(client: Client) -> None:
    sql = "SELECT number, throwIf(number = 3000000) AS bad FROM numbers(4000000)"
    with pytest.raises(StreamFailureError, match="throwIf"), client.query_row_block_stream(sql) as stream:
        for _ in stream:
            pass


@pytest.mark.parametrize("value", ["it's", "back\\slash", "tab\tand\nline", "ünïcödé 🙂", "'; DROP TABLE x; --", ""])
def test_parameters_arrive_as_they_were_and_never_as_sql(client: Client, value: str) -> None:
    assert rows(client, "SELECT {v:String} AS v, {n:Int64} AS n", {"v": value, "n": -7}) == [{"v": value, "n": -7}]


@pytest.mark.parametrize("many", [10, 1000, 100_000])
def test_parameters_may_be_long(client: Client, many: int) -> None:
    """A vice president sees thousands of owners: clients then send a form."""
    wanted = [f"M-{number} it's\\" for number in range(many)]
    (found,) = rows(client, "SELECT {v:Array(String)} AS v, {n:Int64} AS n", {"v": wanted, "n": -7})
    assert found == {"v": wanted, "n": -7}


def test_times_come_back_aware(client: Client) -> None:
    (found,) = rows(client, "SELECT toDateTime64('2026-03-01 12:00:00.5', 3, 'UTC') AS at")
    assert found["at"].isoformat() == "2026-03-01T12:00:00.500000+00:00"


@pytest.mark.parametrize(
    "sql, code",
    [
        ("SELEC 1", 62),
        ("SELECT * FROM nosuch", 60),
        ("SELECT nosuch", 47),
        ("SELECT nosuch(1)", 46),
        ("SELECT * FROM nosuch.t", 81),
        ("SELECT throwIf(1)", 395),
        ("SELECT 1 SETTINGS nosuch = 1", 115),
    ],
)
def test_faults_of_a_query_carry_clickhouse_s_code(client: Client, sql: str, code: int) -> None:
    with pytest.raises(DatabaseError) as caught:
        rows(client, sql)
    assert caught.value.code == code


def test_an_insert_with_a_bad_value_is_refused_whole(scratch: Client) -> None:
    client = scratch
    client.command("CREATE TABLE numbers (a Int64) ENGINE = MergeTree ORDER BY a")
    with pytest.raises(DatabaseError) as caught:
        client.raw_insert("numbers", ["a"], insert_block=b'{"a":1}\n{"a":"x"}\n', fmt="JSONEachRow")
    assert caught.value.code == 27
    assert rows(client, "SELECT count() AS n FROM numbers") == [{"n": 0}]


def test_a_wrong_password_is_told_apart_from_a_warehouse_that_is_away(server: ClickHouse) -> None:
    with pytest.raises(DatabaseError) as caught:
        connect(server.model_copy(update={"password": SecretStr("wrong")}))
    assert caught.value.code == 516
    with pytest.raises(ClickHouseAway):
        connect(ClickHouse(url=f"http://127.0.0.1:{free_port()}"))


def test_settings_go_with_the_query(client: Client) -> None:
    found = client.query("SELECT getSetting('max_threads') AS n", settings={"max_threads": 1})
    assert found.result_rows == [(1,)]


def test_requests_at_once_do_not_mix_their_parameters(clickhouse: ClickHouse) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    def ask(number: int) -> bool:
        mine = connect(clickhouse)
        found = [rows(mine, "SELECT {n:Int64} AS n", {"n": number * 1000 + i})[0]["n"] for i in range(50)]
        mine.close()
        return found == [number * 1000 + i for i in range(50)]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


@pytest.mark.parametrize("url", ["127.0.0.1:8123", "ftp://x", "http://user:pw@host", "http://"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        ClickHouse(url=url)
