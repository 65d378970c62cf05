"""The way to ClickHouse, a server or the local warehouse: production differs by its URL alone.

`rows` is the one place where readers' SQL meets the database: text is fixed, values are parameters.
"""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from consumers.runtime.errors import ConsumerError

__all__ = ["ClickHouse", "ClickHouseAway", "Client", "connect", "rows"]

PORTS = {"http": 8123, "https": 8443}
"""The port where the URL names none."""

_PASSING = frozenset((74, 75, 76, 159, 160, 173, 201, 202, 203, 209, 210, 241, 242, 243, 252, 319, 394, 425, 439, 999))
_PASSING |= frozenset((1000, 1001, 1002))
"""Codes that tell of the machine and not of the request: files, network, memory, quota, overload, unknown faults."""


def _reachable_form(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise PydanticCustomError("url", "expected http://host:port or https://host:port")
    if parts.username or parts.password:
        raise PydanticCustomError("url", "user and password have settings of their own")
    return url


class ClickHouse(BaseModel):
    """Where ClickHouse is and as whom we come."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, AfterValidator(_reachable_form), Field(description="http:// or https:// address")] = (
        "http://127.0.0.1:8123"
    )
    user: Annotated[str, Field(min_length=1, description="user name")] = "pulse"
    password: Annotated[SecretStr, Field(description="password of the user")] = SecretStr("")
    database: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="database with our tables")] = (
        "pulse"
    )


class ClickHouseAway(ConsumerError):
    """ClickHouse cannot be reached, or failed in a way that may pass: the same may be asked again later."""


def connect(clickhouse: ClickHouse, *, timeout_s: float = 30.0) -> Client:
    """A client. Not safe for use by two threads at once: make one per thread, they are cheap.

    Raises:
        ClickHouseAway: it does not answer.
        clickhouse_connect.driver.exceptions.DatabaseError: it refuses us.
    """
    parts = urlsplit(clickhouse.url)
    try:
        return clickhouse_connect.get_client(
            interface=parts.scheme,
            host=parts.hostname or "",
            port=parts.port or PORTS[parts.scheme],
            username=clickhouse.user,
            password=clickhouse.password.get_secret_value(),
            database=clickhouse.database,
            compress="lz4",
            connect_timeout=5,
            send_receive_timeout=timeout_s,
            query_retries=0,
            autogenerate_session_id=False,
            tz_mode="aware",
            show_clickhouse_errors=True,
        )
    except DatabaseError as error:
        if may_pass(error):
            raise ClickHouseAway(first_line(error)) from error
        raise


def rows(client: Client, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The rows of a query, by column name. Values go in as `{name:Type}` parameters, never into the text; times come
    back aware, in UTC.

    Raises:
        ClickHouseAway: it does not answer or failed in a way that may pass.
        clickhouse_connect.driver.exceptions.DatabaseError: the query is at fault.
    """
    try:
        result = client.query(sql, parameters=dict(params or {}))
        return list(result.named_results())
    except DatabaseError as error:
        if may_pass(error):
            raise ClickHouseAway(first_line(error)) from error
        raise


def may_pass(error: DatabaseError) -> bool:
    """Whether the same request may succeed later: no answer, no space, no memory, overload; not a fault of its own."""
    return isinstance(error, OperationalError) or error.code is None or error.code in _PASSING


def first_line(error: Exception) -> str:
    """What the error says, short enough for a log."""
    return str(error).split("\n", 1)[0][:500]
