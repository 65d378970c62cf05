"""What the warehouse and the sink can be told. Values only: nothing is read from the environment here."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

MEBIBYTE = 1024 * 1024


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WarehouseSettings(_Settings):
    """The embedded ClickHouse engine behind ClickHouse's HTTP interface.

    Two people may come in: `user` may do everything that does not leave the database, `bi_user` may only read and only
    within limits. Without `bi_password` there is no `bi_user`.
    """

    data_dir: Annotated[Path, Field(description="directory of the engine, for this process alone")] = Path(
        "var/warehouse"
    )
    host: Annotated[str, Field(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="port to listen on")] = 8123
    user: Annotated[str, Field(min_length=1, description="name of the user who may write")] = "pulse"
    password: Annotated[SecretStr, Field(description="password of `user`; empty only on a loopback address")] = (
        SecretStr("")
    )
    bi_user: Annotated[str, Field(min_length=1, description="name of the user who may only read")] = "bi"
    bi_password: Annotated[SecretStr | None, Field(description="password of `bi_user`; none, no such user")] = None
    threads: Annotated[int, Field(ge=2, le=256, description="requests worked on at once")] = 8
    max_body_bytes: Annotated[int, Field(ge=1024, description="longest request body, as sent")] = 64 * MEBIBYTE
    max_query_bytes: Annotated[int, Field(ge=1024, description="longest SQL text, without the data of an insert")] = (
        MEBIBYTE
    )
    max_memory_bytes: Annotated[int, Field(ge=256 * MEBIBYTE, description="memory of the engine in all")] = (
        3072 * MEBIBYTE
    )
    bi_max_memory_bytes: Annotated[int, Field(ge=16 * MEBIBYTE, description="memory of one query of `bi_user`")] = (
        1024 * MEBIBYTE
    )
    bi_max_seconds: Annotated[int, Field(ge=1, description="longest query of `bi_user`, in seconds")] = 60

    @model_validator(mode="after")
    def _passwords_where_others_can_come_in(self) -> Self:
        secrets = [self.password, *([self.bi_password] if self.bi_password is not None else [])]
        if not _is_loopback(self.host) and not all(secret.get_secret_value() for secret in secrets):
            raise PydanticCustomError("password", "an empty password is allowed on a loopback address only")
        if self.user == self.bi_user:
            raise PydanticCustomError("user", "user and bi_user must differ")
        return self


class SinkSettings(_Settings):
    """The process that carries Kafka into ClickHouse."""

    max_records: Annotated[int, Field(ge=1, le=100_000, description="records of one insert at most")] = 10_000
    max_batch_bytes: Annotated[
        int, Field(ge=MEBIBYTE, le=32 * MEBIBYTE, description="bytes of the records of one insert at most")
    ] = 16 * MEBIBYTE
    max_fetch_bytes: Annotated[
        int, Field(ge=MEBIBYTE, le=1024 * MEBIBYTE, description="bytes fetched ahead at most, in all partitions")
    ] = 64 * MEBIBYTE
    poll_s: Annotated[float, Field(gt=0, le=5, description="longest wait for records, in seconds")] = 0.2
    instance_id: Annotated[
        str | None, Field(description="name of this member: with one it is back at once after a crash")
    ] = None
    session_timeout_s: Annotated[float, Field(ge=1, le=300, description="silence after which a member is gone")] = 10.0
    metrics_port: Annotated[
        int | None, Field(ge=1, le=65535, description="serves /metrics, /healthz and /readyz; none serves nothing")
    ] = None
    metrics_host: Annotated[str, Field(min_length=1, description="address these are served on")] = "127.0.0.1"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
