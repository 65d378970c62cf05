"""Where the Kafka-protocol broker is and what may be expected of it. A value, not a connection."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.topics import DEFAULT_PARTITIONS


class Broker(BaseModel):
    """`embedded` names librdkafka's in-memory broker: it forgets the oldest records, compacts nothing and has no
    CreateTopics. `partitions` is the common count of the account topics.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap: Annotated[str, Field(min_length=1, description="host:port[,host:port…] of the brokers")] = (
        "127.0.0.1:9092"
    )
    embedded: Annotated[bool, Field(description="the in-memory broker of the local stack")] = False
    partitions: Annotated[int, Field(ge=1, le=1024, description="partitions of every account topic")] = (
        DEFAULT_PARTITIONS
    )
    replication: Annotated[int, Field(ge=1, le=9, description="copies of every partition")] = 1
