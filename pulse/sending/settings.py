"""Where the commands that send find the gateway: the section `sender` of the settings."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class SenderSettings(BaseModel):
    """The gateway as seen by `import`, `simulate`, `emit` and `demo`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[
        str | None,
        Field(pattern=r"^https?://", description="http(s)://host:port of the gateway; else the running local stack's"),
    ] = None
    key: Annotated[SecretStr | None, Field(description="the API key to show to the gateway")] = None
    timeout_s: Annotated[float, Field(gt=0, le=600, description="seconds until one request is given up")] = 30.0
    patience_s: Annotated[
        float, Field(ge=0, le=86_400, description="seconds to go on trying while the gateway takes nothing")
    ] = 120.0
