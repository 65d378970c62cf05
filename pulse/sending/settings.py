"""Where the commands that send find the gateway: the section `sender` of the settings."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pulse.sending.gateway import Target


class SenderSettings(BaseModel):
    """The gateway as seen by `import`, `simulate`, `emit` and `demo`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, Field(pattern=r"^https?://", description="http(s)://host:port of the gateway")] = (
        "http://127.0.0.1:8080"
    )
    key: Annotated[SecretStr | None, Field(description="the API key to show to the gateway")] = None
    timeout_s: Annotated[float, Field(gt=0, le=600, description="seconds until one request is given up")] = 30.0
    patience_s: Annotated[
        float, Field(ge=0, le=86_400, description="seconds to go on trying while the gateway takes nothing")
    ] = 120.0

    def target(self, url: str | None = None) -> Target:
        """The gateway to send to; `url` from the command line goes before the settings."""
        key = None if self.key is None else self.key.get_secret_value()
        return Target(url or self.url, key, self.timeout_s, self.patience_s)
