"""The settings of the console, handed in by the composition root. Nothing here reads an environment or a file."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from consumers.console.live.ring import RING_BYTES
from consumers.runtime.message_links import checked_keys
from schemas.ids import Source, SourceField

MIN_SECRET_CHARS: Final = 32


class ConsoleSettings(BaseModel):
    """`secret` signs the session cookie; whoever knows it can be anybody, so it has no default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: Annotated[SecretStr, Field(description="key that signs session cookies, at least 32 characters")]
    link_keys: Annotated[
        SecretStr | None,
        AfterValidator(checked_keys),
        Field(description="the keys of `delivery.link_keys`: without them links in messages open no page"),
    ] = None
    slack_signing_secret: Annotated[
        SecretStr | None,
        Field(description="signing secret of the Slack app, whose requests come to /slack/pressed"),
    ] = None
    host: Annotated[str, Field(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="port to listen on; 0 takes a free one")] = 8000
    base_url: Annotated[str, Field(pattern=r"^https?://[^/]+$", description="how browsers reach the console")] = (
        "http://127.0.0.1:8000"
    )
    demo_sign_in: Annotated[
        bool, Field(description="anybody may sign in as any manager; for fictitious data alone")
    ] = False
    session_life: Annotated[timedelta, Field(gt=timedelta(0), description="how long a sign-in lasts")] = timedelta(
        hours=12
    )
    mail_dir: Annotated[Path | None, Field(description="folder of the local stack's caught mails, shown at /mail")] = (
        None
    )
    gateway_url: Annotated[str, Field(pattern=r"^https?://", description="where events of people are sent")] = (
        "http://127.0.0.1:8080"
    )
    gateway_key: Annotated[SecretStr | None, Field(description="API key of the console at the gateway")] = None
    gateway_timeout_s: Annotated[float, Field(gt=0, le=60, description="how long a person waits for the gateway")] = 5.0
    source: Annotated[SourceField, Field(description="`source` of the console's own events")] = Source("console")
    ring_records: Annotated[int, Field(ge=10, le=1_000_000, description="records a partition kept for resuming")] = (
        2_000
    )
    client_queue: Annotated[int, Field(ge=1, le=10_000, description="changes waiting for one slow page")] = 500
    ring_bytes: Annotated[int, Field(ge=1024 * 1024, description="bytes kept for resuming, over all partitions")] = (
        RING_BYTES
    )
    pages_bytes: Annotated[
        int, Field(ge=1024 * 1024, description="bytes of changes waiting for all slow pages together")
    ] = RING_BYTES
    max_open_pages: Annotated[int, Field(ge=1, le=100_000, description="pages with live updates at once")] = 2_000
    query_timeout_s: Annotated[float, Field(gt=0, le=300, description="how long a page waits for the warehouse")] = 15.0
    reload_pause_s: Annotated[
        float, Field(ge=0, le=300, description="shortest life of a page in a flood of changes")
    ] = 10.0
    heartbeat_s: Annotated[float, Field(gt=0, le=60, description="silence after which an open page is written to")] = (
        15.0
    )

    @model_validator(mode="after")
    def _secret_is_long(self) -> Self:
        if len(self.secret.get_secret_value()) < MIN_SECRET_CHARS:
            raise ValueError(f"secret: at least {MIN_SECRET_CHARS} characters are needed")
        return self

    @property
    def secure(self) -> bool:
        """Whether browsers come over https, so that cookies may insist on it."""
        return self.base_url.startswith("https://")
