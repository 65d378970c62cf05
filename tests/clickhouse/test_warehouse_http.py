"""Plain HTTP, as curl and other clients speak it."""

import gzip
import json
import zlib
from typing import Any

import httpx
import lz4.frame
import pytest
import zstandard

from tests.waiting import until


def test_it_says_that_it_is_alive_without_a_password(address: str) -> None:
    for path in ("/ping", "/replicas_status"):
        answer = httpx.get(address + path)
        assert (answer.status_code, answer.text) == (200, "Ok.\n")


def test_an_empty_get_is_ok_and_an_empty_post_a_syntax_error(http: httpx.Client) -> None:
    assert http.get("/").text == "Ok.\n"
    answer = http.post("/")
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (400, "62")


@pytest.mark.parametrize(
    "request_parts",
    [
        {"headers": {"X-ClickHouse-User": "pulse", "X-ClickHouse-Key": "secret"}},
        {"auth": ("pulse", "secret")},
        {"params": {"user": "pulse", "password": "secret"}},
    ],
)
def test_credentials_are_taken_from_wherever_clients_put_them(address: str, request_parts: dict[str, object]) -> None:
    answer = httpx.post(address, content="SELECT 1", **request_parts)  # type: ignore[arg-type]
    assert (answer.status_code, answer.text) == (200, "1\n")


@pytest.mark.parametrize("auth", [None, ("pulse", "wrong"), ("pulse", ""), ("nobody", "secret"), ("bi", "secret")])
def test_who_is_not_known_gets_nothing(address: str, auth: tuple[str, str] | None) -> None:
    answer = httpx.post(address, content="SELECT 1", auth=auth)
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (401, "516")
    assert "Basic" in answer.headers["WWW-Authenticate"]
    assert "secret" not in answer.text


def test_an_authorization_header_of_rubbish_is_a_refusal(address: str) -> None:
    assert httpx.post(address, content="SELECT 1", headers={"Authorization": "Basic %%%"}).status_code == 401


def test_sql_may_stand_in_the_url_the_body_or_both(http: httpx.Client) -> None:
    assert http.get("/", params={"query": "SELECT 1"}).text == "1\n"
    assert http.post("/", params={"query": "SELECT"}, content="2").text == "2\n"
    http.post("/", content="CREATE TABLE IF NOT EXISTS halves (a Int8) ENGINE = Memory")
    told = http.post("/", params={"query": "INSERT INTO halves FORMAT JSONEachRow"}, content='{"a": 5}\n')
    assert json.loads(told.headers["X-ClickHouse-Summary"])["written_rows"] == "1"
    assert http.post("/", content="SELECT * FROM halves").text == "5\n"
    http.post("/", content="DROP TABLE halves")


def test_sql_and_parameters_may_come_as_a_form(http: httpx.Client) -> None:
    form = {"query": (None, "SELECT {v:String}"), "param_v": (None, "it's")}
    assert http.post("/", files=form).text == "it\\'s\n"


@pytest.mark.parametrize(
    "form",
    [
        {"query": (None, "SELECT 1"), "user": (None, "pulse")},
        {"query": (None, "SELECT 1"), "max_memory_usage": (None, "1")},
        {"query": (None, "SELECT 1"), "mine": ("mine.tsv", "1")},
    ],
)
def test_a_form_brings_nothing_but_a_query_and_its_parameters(http: httpx.Client, form: dict[str, Any]) -> None:
    answer = http.post("/", files=form)
    assert (answer.status_code, answer.headers["x-clickhouse-exception-code"]) == (400, "36")


def test_a_reader_may_only_read_by_a_form_too(http: httpx.Client) -> None:
    for sql, status in (("SELECT 1", 200), ("CREATE TABLE mine (a Int8) ENGINE = Memory", 403)):
        assert http.post("/", files={"query": (None, sql)}, auth=("bi", "look")).status_code == status


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_form_that_is_none_is_refused(http: httpx.Client, kind: str) -> None:
    assert http.post("/", content=b"SELECT 1", headers={"content-type": kind}).status_code == 400


def test_a_get_changes_nothing(http: httpx.Client) -> None:
    answer = http.get("/", params={"query": "CREATE TABLE t (a Int8) ENGINE = Memory"})
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "164")


def test_the_format_is_the_clause_then_the_header_then_the_parameter(http: httpx.Client) -> None:
    sql = "SELECT 1 AS a"
    both = {"headers": {"X-ClickHouse-Format": "CSV"}, "params": {"default_format": "JSONEachRow"}}
    assert http.post("/", content=sql + " FORMAT TSVWithNames", **both).text == "a\n1\n"  # type: ignore[arg-type]
    answer = http.post("/", content=sql, **both)  # type: ignore[arg-type]
    assert answer.headers["X-ClickHouse-Format"] == "CSV"
    assert http.post("/", content=sql, params={"default_format": "JSONEachRow"}).json() == {"a": 1}


def test_what_has_no_result_names_no_format(http: httpx.Client) -> None:
    answer = http.post("/", content="CREATE DATABASE IF NOT EXISTS nothing")
    assert answer.status_code == 200
    assert "X-ClickHouse-Format" not in answer.headers


def test_the_answer_carries_what_clients_read(http: httpx.Client) -> None:
    answer = http.post("/", params={"query_id": "q-1"}, content="SELECT number FROM numbers(3) FORMAT JSON")
    assert answer.headers["X-ClickHouse-Query-Id"] == "q-1"
    assert answer.headers["X-ClickHouse-Timezone"]
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["result_rows"] == "3"
    assert [row["number"] for row in answer.json()["data"]] == [0, 1, 2] or answer.json()["rows"] == 3


_SQL = b"SELECT 'packed'"
_PACKED = {
    "gzip": gzip.compress(_SQL[:5]) + gzip.compress(_SQL[5:]),
    "deflate": zlib.compress(_SQL),
    "lz4": lz4.frame.compress(_SQL[:5]) + lz4.frame.compress(_SQL[5:]),
    "zstd": zstandard.compress(_SQL[:5]) + zstandard.compress(_SQL[5:]),
}


@pytest.mark.parametrize("encoding", sorted(_PACKED))
def test_a_body_of_many_frames_is_read_to_its_end(http: httpx.Client, encoding: str) -> None:
    answer = http.post("/", content=_PACKED[encoding], headers={"Content-Encoding": encoding})
    assert answer.text == "packed\n"


@pytest.mark.parametrize("encoding", sorted(_PACKED))
def test_a_body_cut_off_in_a_frame_is_an_error(http: httpx.Client, encoding: str) -> None:
    answer = http.post("/", content=_PACKED[encoding][:-3], headers={"Content-Encoding": encoding})
    assert answer.status_code >= 400
    assert "decompress" in answer.text


def test_a_compression_nobody_knows_is_a_bad_request(http: httpx.Client) -> None:
    answer = http.post("/", content=b"x", headers={"Content-Encoding": "br"})
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (400, "432")


def test_a_body_beyond_the_limit_is_refused_before_it_is_all_read(http: httpx.Client) -> None:
    answer = http.post("/", content=b"SELECT " + b"1" * (33 * 1024 * 1024))
    assert answer.status_code == 413


def test_sql_beyond_its_limit_is_refused(http: httpx.Client) -> None:
    answer = http.post("/", content=b"SELECT '" + b"x" * (2 * 1024 * 1024) + b"'")
    assert answer.status_code == 400
    assert "Max query size" in answer.text


@pytest.mark.parametrize(
    "sql, status, code",
    [
        ("SELEC 1", 400, 62),
        ("SELECT * FROM nosuch", 404, 60),
        ("SELECT 1; SELECT 2", 400, 62),
        ("SELECT throwIf(1)", 500, 395),
        ("SELECT file('/etc/passwd')", 403, 497),
        ("SET max_threads = 1", 501, 48),
    ],
)
def test_errors_come_as_clickhouse_tells_them(http: httpx.Client, sql: str, status: int, code: int) -> None:
    answer = http.post("/", content=sql)
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (status, str(code))
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")


def test_an_unknown_parameter_is_an_unknown_setting(http: httpx.Client) -> None:
    answer = http.post("/", params={"nosuch": "1"}, content="SELECT 1")
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (404, "115")


def test_a_setting_cannot_smuggle_sql(http: httpx.Client) -> None:
    answer = http.post("/", params={"log_comment": "x'; DROP DATABASE default; --"}, content="SELECT 1")
    assert answer.text == "1\n"
    answer = http.post("/", params={"database": "default`; SELECT 1; --"}, content="SELECT 1")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "81"


def test_an_answer_that_fails_midway_is_cut(http: httpx.Client) -> None:
    sql = "SELECT number, throwIf(number = 3000000) FROM numbers(4000000) FORMAT Native"
    seen = bytearray()
    with http.stream("POST", "/", content=sql) as answer:
        with pytest.raises(httpx.RemoteProtocolError):
            _read(answer, seen)
        tail = bytes(seen[-500:])
    assert b"__exception__" in tail
    assert answer.headers["X-ClickHouse-Exception-Tag"].encode() in tail


def _read(answer: httpx.Response, seen: bytearray) -> None:
    for piece in answer.iter_bytes():
        seen += piece


def test_clients_that_leave_a_stream_early_leave_no_query_behind(address: str, http: httpx.Client) -> None:
    sql = "SELECT number, repeat('x', 100) FROM numbers(100000000) FORMAT Native"
    for _ in range(12):
        with (
            httpx.Client(base_url=address, auth=("pulse", "secret")) as leaving,
            leaving.stream("POST", "/", content=sql) as answer,
        ):
            next(answer.iter_bytes())
    until(lambda: http.post("/", content="SELECT count() FROM system.processes").text == "1\n", 10)


def test_a_failure_before_the_first_block_has_its_status_also_when_streamed(http: httpx.Client) -> None:
    assert http.post("/", content="SELECT throwIf(number = 0) FROM numbers(10) FORMAT Native").status_code == 500


def test_sql_that_is_not_utf8_is_refused(http: httpx.Client) -> None:
    assert http.post("/", content=b"SELECT '\xff'").status_code == 400
