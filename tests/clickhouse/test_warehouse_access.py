"""What the two users may not do. Tried with the real engine, because only it knows its own ways out."""

import httpx
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from consumers.clickhouse.warehouse.outside import CALLS_OUTSIDE, STAYS_INSIDE
from consumers.runtime.clickhouse import ClickHouse, Client, connect, rows

REFUSALS = (164, 497, 60, 62, 36, 390)

WAYS_OUT = [
    "SELECT file('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM default.`/etc/passwd`",
    'SELECT * FROM "/etc/passwd"',
    "DESCRIBE TABLE `/etc/passwd`",
    "SHOW CREATE TABLE default.`/etc/passwd`",
    "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
    "SELECT * FROM python('os')",
    "SELECT * FROM filesystem('/etc')",
    "SELECT 1 INTO OUTFILE '/tmp/never'",
    "EXPLAIN SELECT file('/etc/passwd')",
]

WRITES = [
    "CREATE TABLE default.mine (a Int8) ENGINE = Memory",
    "DROP DATABASE default",
    "INSERT INTO default.mine VALUES (1)",
    "ALTER TABLE system.one ADD COLUMN a Int8",
    "SYSTEM FLUSH LOGS",
    "KILL QUERY WHERE 1",
    "SET readonly = 0",
    "ATTACH TABLE x",
    "DETACH TABLE system.one",
    "OPTIMIZE TABLE system.one",
]

WIDER_LIMITS = [
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS max_memory_usage = 0",
    "SELECT 1 SETTINGS `max_execution_time` = 0",
]


@pytest.mark.parametrize("sql", WAYS_OUT)
def test_nobody_reaches_out_of_the_database(server: ClickHouse, reader: ClickHouse, sql: str) -> None:
    for place in (server, reader):
        client = connect(place)
        with pytest.raises(DatabaseError) as caught:
            client.query(sql)
        client.close()
        assert caught.value.code in REFUSALS
        assert "root:" not in str(caught.value)


@pytest.mark.parametrize("sql", WRITES + WIDER_LIMITS)
def test_the_reader_changes_nothing(address: str, sql: str) -> None:
    answer = httpx.post(address, content=sql, auth=("bi", "look"))
    assert int(answer.headers.get("X-ClickHouse-Exception-Code", 0)) in {*REFUSALS, 48}, answer.text


def test_a_table_named_by_a_parameter_stays_in_the_database(reader: ClickHouse) -> None:
    client = connect(reader)
    for name in ("/etc/passwd", "default./etc/passwd"):
        with pytest.raises(DatabaseError) as caught:
            rows(client, "SELECT * FROM {t:Identifier}", {"t": name})
        assert caught.value.code == 60
    client.close()


@pytest.mark.parametrize("name, value", [("max_memory_usage", "0"), ("max_execution_time", "0"), ("readonly", "0")])
def test_limits_sent_with_the_request_are_overruled(address: str, name: str, value: str) -> None:
    sql = "SELECT value FROM system.settings WHERE name = {name:String}"
    answer = httpx.post(address, params={name: value, "param_name": name}, content=sql, auth=("bi", "look"))
    assert answer.text.strip() not in ("", "0")


def test_the_reader_reads(reader: ClickHouse, client: Client, clickhouse: ClickHouse) -> None:
    mine = connect(reader)
    found = rows(mine, "SELECT count() AS n FROM {t:Identifier}.account_health_now", {"t": clickhouse.database})
    mine.close()
    assert found == [{"n": 0}]


def test_a_query_of_the_reader_that_wants_too_much_memory_is_stopped(address: str) -> None:
    sql = "SELECT count() FROM (SELECT number, toString(number) FROM numbers(200000000) GROUP BY 1, 2)"
    answer = httpx.post(address, content=sql, auth=("bi", "look"), timeout=60)
    assert answer.headers["X-ClickHouse-Exception-Code"] == "241"


def test_every_table_function_and_engine_of_this_engine_was_looked_at(http: httpx.Client) -> None:
    told = http.post("/", content="SELECT upper(name) FROM system.table_functions").text.split()
    assert set(told) - CALLS_OUTSIDE - STAYS_INSIDE == set()
    outward = "SELECT upper(name) FROM system.{} WHERE lower(name) IN (SELECT lower(name) FROM system.table_functions)"
    for kind in ("table_engines", "database_engines"):
        named_alike = http.post("/", content=outward.format(kind)).text.split()
        assert set(named_alike) - CALLS_OUTSIDE - STAYS_INSIDE == set()
