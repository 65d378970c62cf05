import pytest

from consumers.clickhouse.warehouse.errors import Refused
from consumers.clickhouse.warehouse.statement import names_a_limit, parse


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("SELECT 1", None),
        ("SELECT 1 FORMAT Native", "Native"),
        ("SELECT 1 FORMAT `JSON`", "JSON"),
        ("select 1 format JSONEachRow;", "JSONEachRow"),
        ("SELECT 1 FORMAT CSV SETTINGS max_threads = 1", "CSV"),
        ("SELECT 'a FORMAT Native'", None),
        ("SELECT 1 -- FORMAT Native", None),
        ("SELECT 1 /* FORMAT Native */", None),
        ("SELECT format FROM t", None),
        ("SELECT * FROM format(CSV, '1')", None),
        ("SELECT format('{}', 1) FORMAT TSV", "TSV"),
    ],
)
def test_the_format_of_a_query_is_its_trailing_clause(sql: str, expected: str | None) -> None:
    assert parse(sql.encode()).format == expected


@pytest.mark.parametrize("gap", [b"\n", b" \n", b" "])
def test_the_data_of_an_insert_begin_behind_the_line_of_its_format(gap: bytes) -> None:
    data = b"\x01\x02'\xff(file("
    head = b"INSERT INTO t (`a b`, c) SETTINGS x = 1 FORMAT Native" + gap + data
    statement = parse(head)
    assert statement.data_format == "Native"
    assert head[statement.data_at :] == data
    assert (statement.text, statement.clauses) == (b"INSERT INTO t (`a b`, c) ", b"SETTINGS x = 1 ")
    assert not statement.answers


def test_a_table_or_column_may_be_named_settings() -> None:
    statement = parse(b"INSERT INTO settings (settings) SETTINGS x = 1 FORMAT CSV\n1")
    assert (statement.text, statement.clauses) == (b"INSERT INTO settings (settings) ", b"SETTINGS x = 1 ")


def test_an_insert_of_values_or_of_a_query_is_one_text() -> None:
    for sql in (b"INSERT INTO t VALUES (1, 'FORMAT Native')", b"INSERT INTO t SELECT 1"):
        assert parse(sql).data_format is None
        assert parse(sql).text == sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT file('/etc/passwd')",
        "SELECT FILE ('/etc/passwd')",
        "SELECT file/* */('/etc/passwd')",
        "SELECT file -- \n ('/etc/passwd')",
        "SELECT `file`('/etc/passwd')",
        "SELECT \"file\"('/etc/passwd')",
        "SELECT “file”('/etc/passwd')",
        "SELECT file\u00a0('/etc/passwd')",
        "SELECT `\\x66ile`('/etc/passwd')",
        "SELECT \u2018'\u2019, file('/etc/passwd'), \u2018'\u2019",
        "SELECT “'”, file('/etc/passwd'), “'”",
        "SELECT 'it''s', file('/etc/passwd')",
        "SELECT 'a\\'', file('/etc/passwd')",
        "SELECT $a$ ' $a$, file('/etc/passwd')",
        "SELECT * FROM url('http://127.0.0.1/', CSV)",
        "SELECT * FROM s3('http://127.0.0.1/', CSV)",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM python('x')",
        "SELECT * FROM executable('x', TSV, 'a String')",
        "INSERT INTO FUNCTION file('/tmp/x', CSV) SELECT 1",
        "INSERT INTO t VALUES (file('/etc/passwd'))",
        "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "CREATE TABLE t (a String) ENGINE = File(CSV, '/tmp/x')",
        "CREATE DATABASE d ENGINE = Filesystem('/')",
        "CREATE DICTIONARY d (a String) PRIMARY KEY a SOURCE(HTTP(URL 'http://127.0.0.1/'))",
        "BACKUP DATABASE d TO File('/tmp/x')",
    ],
)
def test_what_reaches_out_of_the_database_is_refused_however_it_is_spelled(sql: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(sql.encode())
    assert caught.value.code == 497


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'file(1)'",
        "SELECT file, url FROM t WHERE file IN (1)",
        "SELECT 1 /* file( */",
        "SELECT profile(1)",
        "CREATE TABLE t (url String, file String) ENGINE = MergeTree ORDER BY (url)",
    ],
)
def test_names_that_only_look_alike_pass(sql: str) -> None:
    assert parse(sql.encode()).text == sql.encode()


def test_two_statements_in_one_request_are_refused_and_a_last_semicolon_is_not() -> None:
    assert parse(b"SELECT 1 ; -- done").text == b"SELECT 1 "
    with pytest.raises(Refused, match="Multi-statements"):
        parse(b"SELECT 1; DROP TABLE t")


@pytest.mark.parametrize("sql", ["", "  -- nothing\n", "/* nothing */"])
def test_an_empty_statement_is_a_syntax_error(sql: str) -> None:
    with pytest.raises(Refused, match="Empty query") as caught:
        parse(sql.encode())
    assert caught.value.code == 62


@pytest.mark.parametrize("sql", ["SET max_threads = 1", "USE pulse", "CREATE TEMPORARY TABLE t (a Int8)"])
def test_what_needs_a_session_is_refused_instead_of_forgotten(sql: str) -> None:
    with pytest.raises(Refused, match="session") as caught:
        parse(sql.encode())
    assert caught.value.code == 48


def test_only_setting_a_limit_counts_as_naming_it() -> None:
    assert names_a_limit(b"SELECT 1 SETTINGS max_memory_usage = 0")
    assert names_a_limit(b"SELECT 1 SETTINGS /* */ `max_execution_time` /* */ = 0")
    assert not names_a_limit(b"SELECT max_memory_usage FROM t")
