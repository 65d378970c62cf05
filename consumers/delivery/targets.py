"""Where messages go that need more than an address: Slack's token, and the webhooks, workflows and services by name.

A manager's profile names a target and never holds one: profiles lie on the log for everybody who reads it, and whoever
knows such an address can write to it. All addresses and keys are secrets, so nothing prints them.
"""

import binascii
from base64 import b64decode
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

KEY_PREFIX: Final = "whsec_"
_KEY_BYTES: Final = (24, 64)

TargetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


def signing_keys(text: str) -> tuple[bytes, ...]:
    """The keys in a secret of several, separated by white space; the newest first.

    >>> [len(key) for key in signing_keys("whsec_" + "QUFB" * 8)]
    [24]
    """
    return tuple(_key(word) for word in text.split())


def _key(word: str) -> bytes:
    try:
        key = b64decode(word.removeprefix(KEY_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a key is whsec_ and base64") from None
    if not word.startswith(KEY_PREFIX) or not _KEY_BYTES[0] <= len(key) <= _KEY_BYTES[1]:
        raise ValueError("a key is whsec_ and base64 of 24 to 64 random bytes")
    return key


def _all_keys(secret: SecretStr) -> SecretStr:
    if not signing_keys(secret.get_secret_value()):
        raise ValueError("at least one key is needed")
    return secret


def _web_address(secret: SecretStr) -> SecretStr:
    address = urlsplit(secret.get_secret_value())
    if address.scheme not in ("http", "https") or not address.hostname or not secret.get_secret_value().isascii():
        raise ValueError("an address begins with https:// and names a host")
    if address.username or address.password or address.fragment:
        raise ValueError("an address holds no user, password or fragment")
    return secret


WebAddress = Annotated[SecretStr, AfterValidator(_web_address)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WebhookTarget(_Section):
    """One receiver of signed webhooks."""

    url: Annotated[WebAddress, Field(description="where alerts are posted; https")]
    keys: Annotated[
        SecretStr,
        AfterValidator(_all_keys),
        Field(description="`whsec_` keys, separated by spaces or lines; all sign, so that one can be replaced"),
    ]


class TeamsTarget(_Section):
    """One Teams workflow that posts what it is sent."""

    url: Annotated[WebAddress, Field(description="the workflow's address; whoever knows it can post")]


class AppriseTarget(_Section):
    """One or more services that Apprise knows."""

    urls: Annotated[SecretStr, Field(min_length=1, description="Apprise URLs, separated by spaces or lines")]


class SlackSettings(_Section):
    """The Slack app in whose name messages are posted. Without a token Slack is not offered."""

    token: Annotated[SecretStr | None, Field(description="bot token (`xoxb-`) with the scope chat:write")] = None
    api_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$", description="Slack's web API")] = (
        "https://slack.com/api"
    )
    gap_s: Annotated[float, Field(ge=0, le=60, description="shortest time between two messages to one channel")] = 1.0


class OutboundSettings(_Section):
    """What every channel over HTTP keeps to."""

    connect_s: Annotated[float, Field(gt=0, le=60, description="how long a connection may take")] = 5.0
    total_s: Annotated[float, Field(gt=0, le=120, description="how long one try may take in all")] = 20.0
    private_hosts: Annotated[
        tuple[str, ...],
        Field(description="`host` or `host:port` that may lie on a private network and be reached by http"),
    ] = ()


class Targets(_Section):
    """All that is set up beside mail and inbox."""

    webhooks: Annotated[
        dict[TargetName, WebhookTarget], Field(description="receivers of signed webhooks, by the name profiles use")
    ] = {}
    teams: Annotated[dict[TargetName, TeamsTarget], Field(description="Teams workflows, by the name profiles use")] = {}
    apprise: Annotated[
        dict[TargetName, AppriseTarget], Field(description="services over Apprise, by the name profiles use")
    ] = {}
    slack: SlackSettings = SlackSettings()
    outbound: OutboundSettings = OutboundSettings()

    @model_validator(mode="after")
    def _only_named_hosts_go_without_tls(self) -> Self:
        addresses = [("slack.api_url", self.slack.api_url)]
        addresses += [(f"webhooks.{name}", target.url.get_secret_value()) for name, target in self.webhooks.items()]
        addresses += [(f"teams.{name}", target.url.get_secret_value()) for name, target in self.teams.items()]
        for name, address in addresses:
            split = urlsplit(address)
            if split.scheme == "http" and not is_named(split.hostname or "", split.port or 80, self.outbound):
                raise ValueError(f"{name}: https is needed, or its host among outbound.private_hosts")
        return self


def is_named(host: str, port: int, outbound: OutboundSettings) -> bool:
    """Whether the settings let this host lie on a private network.

    >>> is_named("localhost", 8080, OutboundSettings(private_hosts=("localhost:80",)))
    False
    """
    return host in outbound.private_hosts or f"{host}:{port}" in outbound.private_hosts
