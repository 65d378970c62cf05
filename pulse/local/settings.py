"""Settings of the local stack: where its data lies, which broker it starts, and the ports that no room owns."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pulse.local.running import DEFAULT_DATA


class StackSettings(BaseModel):
    """What `pulse up` starts. The ports of gateway, console and warehouse stand in their own sections."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Annotated[Path, Field(description="folder of everything the local stack keeps")] = DEFAULT_DATA
    kafka: Annotated[bool, Field(description="a real Apache Kafka instead of the in-memory broker")] = False
    kafka_port: Annotated[int, Field(ge=1, le=65535, description="port of the real Kafka")] = 9092
    kafka_heap_mb: Annotated[int, Field(ge=256, le=65536, description="Java heap of the real Kafka")] = 512
    mail_port: Annotated[int, Field(ge=1, le=65535, description="port of the mail catcher")] = 2525
    stop_within_s: Annotated[float, Field(gt=0, le=60, description="grace of a process before it is killed")] = 8.0

    @property
    def mail_dir(self) -> Path:
        """Where caught mails lie."""
        return self.data / "mail"
