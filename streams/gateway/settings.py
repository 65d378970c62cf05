"""What can be set about the gateway. Values only; `pulse` reads them and passes them in."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0, le=3600)]


class GatewaySettings(BaseModel):
    """Every bound of the front door. The limits of events and batches are part of the contract: `schemas.limits`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, Field(min_length=1, description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="port to listen on; 0 takes a free one")] = 8080
    keys_file: Annotated[Path, Field(description="YAML file of the API keys, as `pulse keys` writes it")] = Path(
        "var/gateway-keys.yaml"
    )
    max_connections: Annotated[
        int, Field(ge=1, description="open connections; beyond it a request is answered 503")
    ] = 1000
    max_in_flight_bytes: Annotated[
        int, Field(ge=2 * 1024 * 1024, description="bytes of request bodies held at once; beyond it 429")
    ] = 32 * 1024 * 1024
    events_per_second: Annotated[float, Field(gt=0, description="events a second that one key may send for long")] = (
        20_000
    )
    burst_events: Annotated[int, Field(ge=1, description="events that one key may send at once before that counts")] = (
        40_000
    )
    linger_ms: Annotated[int, Field(ge=0, le=1000, description="how long a record waits for company on its way")] = 5
    ack_timeout_s: Annotated[
        Seconds, Field(description="how long to wait for Kafka's acknowledgement; a broker's failover takes up to 9 s")
    ] = 12
    room_wait_s: Annotated[
        Seconds, Field(description="how long a request waits for readers that lag on a small broker, before 429")
    ] = 2
    stream_room_wait_s: Annotated[Seconds, Field(description="the same for an NDJSON stream, which just reads on")] = 30
    head_timeout_s: Annotated[Seconds, Field(description="how long a request's head may take to arrive")] = 10
    body_timeout_s: Annotated[Seconds, Field(description="how long a single or batch body may take to arrive")] = 20
    stream_idle_timeout_s: Annotated[Seconds, Field(description="how long an NDJSON stream may be silent")] = 60
    send_timeout_s: Annotated[Seconds, Field(description="how long a client may not read its NDJSON results")] = 20
    keep_alive_s: Annotated[int, Field(ge=1, le=3600, description="how long an idle connection is kept")] = 65
    stop_within_s: Annotated[Seconds, Field(description="how long requests in flight may take to end at a stop")] = 2.5
