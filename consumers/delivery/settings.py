"""What the delivery process can be told. Read by `pulse`, passed in frozen."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

MEBIBYTE: Final = 1024 * 1024


class SmtpTls(StrEnum):
    """How the connection to the mail server is kept private."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


class SmtpSettings(BaseModel):
    """Where mails are handed over, and as whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, Field(min_length=1, description="mail server")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="its port")] = 2525
    tls: Annotated[SmtpTls, Field(description="none, starttls or implicit")] = SmtpTls.NONE
    user: Annotated[str | None, Field(description="user name; empty for no login")] = None
    password: Annotated[SecretStr | None, Field(description="password of the user")] = None
    sender: Annotated[
        str, Field(pattern=r"^[^\s@<>,;]+@[A-Za-z0-9.-]+$", max_length=254, description="address the mails come from")
    ] = "account-pulse@example.test"
    sender_name: Annotated[str, Field(max_length=100, description="name the mails come from")] = "Account Pulse"
    timeout_s: Annotated[float, Field(gt=0, le=300, description="how long one answer of the server may take")] = 10.0
    keep_open_s: Annotated[float, Field(ge=0, description="an idle connection older than this is opened anew")] = 60.0


class RetrySettings(BaseModel):
    """When a notification that could not be delivered is tried again: doubling from `first_s` to `most_s`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_s: Annotated[float, Field(gt=0, description="wait before the second attempt")] = 2.0
    most_s: Annotated[float, Field(gt=0, description="the longest wait between two attempts")] = 300.0
    give_up_after_s: Annotated[float, Field(gt=0, description="after this long it has failed")] = 3 * 86400.0


class DeliverySettings(BaseModel):
    """The delivery process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    smtp: SmtpSettings = SmtpSettings()
    retry: RetrySettings = RetrySettings()
    console_url: Annotated[
        str, Field(pattern=r"^https?://\S+$", description="where links in messages lead: the console's public address")
    ] = "http://127.0.0.1:8000"
    max_waiting: Annotated[
        int,
        Field(ge=1, le=1_000_000, description="notifications that wait for another attempt, before no more are taken"),
    ] = 20_000
    max_remembered: Annotated[
        int,
        Field(
            ge=1_000,
            le=100_000_000,
            description="settled notifications known by their ids, some 200 bytes each; of alerts decided before the "
            "forgotten ones nobody is told any more",
        ),
    ] = 500_000
    max_batch_bytes: Annotated[
        int, Field(ge=MEBIBYTE, le=32 * MEBIBYTE, description="bytes of the records handled at once at most")
    ] = 4 * MEBIBYTE
    max_fetch_bytes: Annotated[
        int, Field(ge=MEBIBYTE, le=1024 * MEBIBYTE, description="bytes fetched ahead at most, in all partitions")
    ] = 16 * MEBIBYTE
    instance_id: Annotated[str | None, Field(description="name of this process in its group, for quick restarts")] = (
        None
    )
    session_timeout_s: Annotated[float, Field(ge=1, le=300, description="silence after which a member is gone")] = 6.0
    metrics_port: Annotated[
        int | None, Field(ge=1, le=65535, description="serves /metrics, /healthz and /readyz; none serves nothing")
    ] = None
    metrics_host: Annotated[str, Field(min_length=1, description="address these are served on")] = "127.0.0.1"
