"""What the worker may be told. Read in `pulse`, passed in."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

_Seconds = Annotated[float, Field(gt=0, le=3600)]


class WorkerSettings(BaseModel):
    """Settings of one worker process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instance_id: Annotated[
        str | None, Field(description="name of this worker in the group; the same after a restart rejoins at once")
    ] = None
    policy_file: Annotated[Path | None, Field(description="the policy; none takes the one shipped")] = None
    history_until: Annotated[
        AwareDatetime | datetime | None,
        Field(description="alerts decided for a moment before this are historic whatever the horizon"),
    ] = None
    flush_interval_s: Annotated[
        _Seconds, Field(description="the shortest time between the beginnings of two flushes")
    ] = 0.05
    backlog_flush_interval_s: Annotated[
        _Seconds, Field(description="the longest time between two flushes while a backlog is read")
    ] = 4.0
    backlog_records: Annotated[
        int, Field(ge=0, description="records waiting to be read from which on it is a backlog")
    ] = 20_000
    sweep_interval_s: Annotated[_Seconds, Field(description="how often time alone is looked at")] = 1.0
    commit_interval_s: Annotated[_Seconds, Field(description="how often source offsets are committed")] = 2.0
    session_timeout_s: Annotated[
        _Seconds, Field(description="after which a dead worker's partitions are given away")
    ] = 8.0
    max_unflushed: Annotated[
        int, Field(ge=100, description="facts folded and not yet durable before reading pauses")
    ] = 300_000
    max_changed: Annotated[
        int, Field(ge=100, description="accounts changed and not yet durable before reading pauses")
    ] = 50_000
    max_batch: Annotated[int, Field(ge=1, description="records taken from the broker at once")] = 4_000
    standby_replicas: Annotated[int, Field(ge=0, le=3, description="copies of the state on other workers")] = 0
    metrics_port: Annotated[
        int | None, Field(ge=0, le=65535, description="serves /metrics, /healthz and /readyz; none serves nothing")
    ] = None
    metrics_host: Annotated[str, Field(min_length=1, description="address these are served on")] = "127.0.0.1"
