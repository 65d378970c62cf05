"""Answers in the words of ClickHouse's HTTP interface: headers, summary, errors. Knows no engine."""

import json
from collections.abc import Mapping
from typing import Final

from starlette.responses import PlainTextResponse, Response

from consumers.clickhouse.warehouse.errors import ServerError

_FIGURES: Final = (
    "read_rows read_bytes written_rows written_bytes total_rows_to_read result_rows result_bytes elapsed_ns".split()
)
_MEDIA_TYPES: Final = {
    "JSON": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
}


def headers(query_id: str, timezone: str, tag: str, output: str | None) -> dict[str, str]:
    """What every answer carries. Without a format a client takes the statement for one without a result."""
    common = {
        "X-ClickHouse-Query-Id": query_id,
        "X-ClickHouse-Timezone": timezone,
        "X-ClickHouse-Server-Display-Name": "account-pulse-warehouse",
        "X-ClickHouse-Exception-Tag": tag,
        "Content-Type": _MEDIA_TYPES.get(output or "", "application/octet-stream" if output else "text/plain"),
    }
    return common | ({"X-ClickHouse-Format": output} if output else {})


def summary(figures: Mapping[str, int]) -> dict[str, str]:
    """X-ClickHouse-Summary: every figure a string, those not known 0."""
    return {"X-ClickHouse-Summary": json.dumps({name: str(figures.get(name, 0)) for name in _FIGURES})}


def failed(error: ServerError, query_id: str) -> Response:
    """The error as body, code and status."""
    told = {"X-ClickHouse-Exception-Code": str(error.code), "X-ClickHouse-Query-Id": query_id}
    if error.status == 401:  # noqa: PLR2004 - the one status that asks for credentials
        told["WWW-Authenticate"] = 'Basic realm="ClickHouse"'
    return PlainTextResponse(error.message + "\n", error.status, told)


def failed_midway(error: ServerError, tag: str) -> bytes:
    """What ends an answer that had begun: the message between marks that a client knows from the headers."""
    message = (error.message + "\n").encode()
    mark = tag.encode()
    return b"\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n" % (mark, message, len(message), mark)
