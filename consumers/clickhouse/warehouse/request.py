"""One HTTP request as ClickHouse's clients make it: who asks, what, where, with which settings.

Everything is checked that can be checked without the engine. No engine and no web framework may come in here.
"""

import base64
import binascii
import hmac
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain
from typing import Final

from consumers.clickhouse.settings import WarehouseSettings
from consumers.clickhouse.warehouse import bodies
from consumers.clickhouse.warehouse.errors import Refused
from consumers.clickhouse.warehouse.statement import Statement, names_a_limit, parse

TRANSPORT_KEYS: Final = frozenset(
    "query query_id database session_id session_timeout session_check wait_end_of_query default_format user password"
    " quota_key role compress decompress buffer_size stacktrace client_protocol_version enable_http_compression"
    " http_zlib_compression_level add_http_cors_header http_wait_end_of_query http_response_buffer_size"
    " send_progress_in_http_headers http_headers_progress_interval_ms"
    " cancel_http_readonly_queries_on_client_close".split()
)
"""Parameters that are about the transport: never handed to the engine as settings."""

_STREAMED_FORMATS: Final = frozenset(
    "Native TabSeparated TabSeparatedRaw TSV TSVRaw CSV RowBinary JSONEachRow JSONCompactEachRow".split()
)


@dataclass(frozen=True, slots=True)
class Raw:
    """A request as it came: header names in lower case, the parameters of its URL, its body as sent."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class User:
    """Who asks; `reader` may only read."""

    name: str
    reader: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, checked. `data` are the bytes behind an insert's FORMAT clause."""

    statement: Statement
    data: Iterator[bytes]
    output: str
    database: str
    settings: tuple[tuple[str, str], ...]
    params: Mapping[str, str]
    may_stream: bool


def who(raw: Raw, settings: WarehouseSettings) -> User:
    """The user whose name and password came with the request, in any of the ways clients send them.

    Raises:
        Refused: the name is unknown or the password wrong; which of both is not told.
    """
    name, password = _credentials(raw.headers, raw.query)
    known = {settings.user: (settings.password.get_secret_value(), False)}
    if settings.bi_password is not None:
        known[settings.bi_user] = (settings.bi_password.get_secret_value(), True)
    expected, reader = known.get(name, ("", True))
    fits = hmac.compare_digest(password.encode(), expected.encode())
    if name not in known or not fits:
        raise Refused(516, f"{name[:80]}: Authentication failed: password is incorrect, or there is no such user")
    return User(name, reader)


def understand(user: User, raw: Raw, known_settings: AbstractSet[str], limits: WarehouseSettings) -> Asked:
    """What the request asks for.

    Raises:
        Refused: it is not understood, not allowed, or too long.
    """
    headers, query = raw.headers, raw.query
    rest = bodies.pieces(raw.body, headers.get("content-encoding", ""))
    head = _head(query.get("query", ""), rest, limits.max_query_bytes)
    statement = parse(head)
    if statement.data_format is None and len(head) > limits.max_query_bytes:
        raise Refused(62, f"Max query size exceeded: {limits.max_query_bytes} bytes, use INSERT … FORMAT for data")
    if user.reader:
        _check_reader(statement)
    output = statement.format or headers.get("x-clickhouse-format") or query.get("default_format") or "TabSeparated"
    return Asked(
        statement=statement,
        data=(piece for piece in chain((head[statement.data_at :],), rest) if piece),
        output=output,
        database=headers.get("x-clickhouse-database") or query.get("database") or "default",
        settings=(*_settings(query, known_settings), *_limits(user, limits)),
        params={name[6:]: value for name, value in query.items() if name.startswith("param_")},
        may_stream=statement.streams and output in _STREAMED_FORMATS and query.get("wait_end_of_query") != "1",
    )


def _credentials(headers: Mapping[str, str], query: Mapping[str, str]) -> tuple[str, str]:
    if "x-clickhouse-user" in headers:
        return headers["x-clickhouse-user"], headers.get("x-clickhouse-key", "")
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refused(516, "the Authorization header is not Basic authentication") from None
        return name, password
    return query.get("user", "default"), query.get("password", "")


def _head(sql: str, rest: Iterator[bytes], most_bytes: int) -> bytes:
    """SQL of the URL and the beginning of the body: enough of it to hold the whole statement, or all there is."""
    head = bytearray(sql.rstrip().encode() + b"\n" if sql.strip() else b"")
    for piece in rest:
        head += piece
        if len(head) > most_bytes:
            break
    return bytes(head)


def _check_reader(statement: Statement) -> None:
    if not statement.only_reads:
        raise Refused(164, f"Cannot execute {statement.kind[:40]} in readonly mode")
    if names_a_limit(statement.text):
        raise Refused(164, "Cannot modify a limit in readonly mode")


def _settings(query: Mapping[str, str], known: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        if name in TRANSPORT_KEYS or name.startswith("param_"):
            continue
        if name not in known:
            raise Refused(115, f"Unknown setting '{name[:80]}'")
        yield name, value


def _limits(user: User, limits: WarehouseSettings) -> tuple[tuple[str, str], ...]:
    """Set last: nothing the request asked for may undo them."""
    if not user.reader:
        return ()
    return (
        ("max_memory_usage", str(limits.bi_max_memory_bytes)),
        ("max_execution_time", str(limits.bi_max_seconds)),
        ("readonly", "1"),
    )
