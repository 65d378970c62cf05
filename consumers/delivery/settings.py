"""What the delivery process can be told. Read by `pulse`, passed in frozen."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from consumers.delivery.targets import Targets
from consumers.runtime.message_links import checked_keys

MEBIBYTE: Final = 1024 * 1024
_HALF_AN_HOUR: Final = (5.0, 15.0, 60.0, 180.0, 300.0, 540.0, 720.0)
_THREE_DAYS: Final = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""The schedule that the specification of Standard Webhooks names."""


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
    unsubscribe_address: Annotated[
        str | None,
        Field(
            pattern=r"^[^\s@<>,;?&]+@[A-Za-z0-9.-]+$",
            max_length=254,
            description="where mail programs send the wish to get no more of these mails; without one the sender's",
        ),
    ] = None
    sender_name: Annotated[str, Field(max_length=100, description="name the mails come from")] = "Account Pulse"
    timeout_s: Annotated[float, Field(gt=0, le=300, description="how long one answer of the server may take")] = 10.0
    keep_open_s: Annotated[float, Field(ge=0, description="an idle connection older than this is opened anew")] = 60.0


Waits = Annotated[tuple[Annotated[float, Field(gt=0, le=7 * 86400)], ...], Field(max_length=50)]


class RetrySettings(BaseModel):
    """When is tried again what could not be delivered. Two different things fail: one notification, which has as many
    tries as its channel's list says, and a channel as a whole, which rests, longer after each failure, and during which
    no notification loses a try.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_s: Annotated[float, Field(gt=0, description="a channel that is away rests this long at first")] = 2.0
    most_s: Annotated[float, Field(gt=0, description="it rests no longer than this")] = 300.0
    give_up_after_s: Annotated[
        float, Field(gt=0, description="after its channel was away for this long a notification has failed")
    ] = 3 * 86400.0
    email: Annotated[Waits, Field(description="waits between tries; after the last it has failed: 8 in 30 min")] = (
        _HALF_AN_HOUR
    )
    slack: Annotated[Waits, Field(description="the same, of Slack")] = _HALF_AN_HOUR
    teams: Annotated[Waits, Field(description="the same, of Teams")] = _HALF_AN_HOUR
    apprise: Annotated[Waits, Field(description="the same, of services over Apprise")] = _HALF_AN_HOUR
    webhook: Annotated[Waits, Field(description="the same, of webhooks: 10 in 75 h")] = _THREE_DAYS
    jitter: Annotated[
        float, Field(ge=0, le=0.5, description="a wait differs by up to this part, so that not all try at once")
    ] = 0.1


class AttentionSettings(BaseModel):
    """When a manager is interrupted, and when an alert waits for their working hours or their digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spared: Annotated[bool, Field(description="false: everything goes at once, whatever the hour and the number")] = (
        True
    )
    digest_from_accounts: Annotated[
        int | None,
        Field(ge=1, description="whoever owns so many accounts gets a digest instead of messages; none: nobody"),
    ] = 100
    at_once_per_day: Annotated[
        int | None,
        Field(ge=0, description="alerts told at once to one manager a day, the rest goes into the digest; none: all"),
    ] = 5
    incident_from: Annotated[
        int | None,
        Field(ge=2, description="the so manieth alert of a kind within minutes, and those after it, are one message"),
    ] = 5
    incident_within_s: Annotated[float, Field(gt=0, le=86400, description="how many seconds these minutes are")] = 600.0
    incident_wait_s: Annotated[
        float, Field(gt=0, le=3600, description="how long the message waits at most, so that all that come are in it")
    ] = 60.0
    history: Annotated[
        bool, Field(description="what a load of history opened goes into the digest, if it is still open then")
    ] = True
    history_most: Annotated[
        int, Field(ge=1, le=10_000, description="of these so many wait for one manager; the rest stands in the inbox")
    ] = 200
    quiet_hours: Annotated[bool, Field(description="outside a manager's working hours messages wait for them")] = True
    digest_at: Annotated[time, Field(description="when digests go, by the manager's own clock")] = time(8)
    digest_lines: Annotated[
        int, Field(ge=1, le=500, description="alerts listed in a digest, the most valuable first; the rest is counted")
    ] = 50


class Every(StrEnum):
    """How often there is a roll-up."""

    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


class RollUpSettings(BaseModel):
    """The mail that tells whoever leads others what happened below them. Needs ClickHouse."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: Annotated[Every, Field(description="daily, weekly (on a reader's first working day of the week) or off")] = (
        Every.WEEKLY
    )
    at: Annotated[time, Field(description="when it goes, by the reader's own clock")] = time(8)
    lines: Annotated[int, Field(ge=1, le=50, description="accounts and alerts it names, the worst first")] = 5


class DeliverySettings(BaseModel):
    """The delivery process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    smtp: SmtpSettings = SmtpSettings()
    retry: RetrySettings = RetrySettings()
    targets: Targets = Targets()
    attention: AttentionSettings = AttentionSettings()
    roll_ups: RollUpSettings = RollUpSettings()
    console_url: Annotated[
        str, Field(pattern=r"^https?://\S+$", description="where links in messages lead: the console's public address")
    ] = "http://127.0.0.1:8000"
    heartbeat_url: Annotated[
        SecretStr | None,
        Field(description="posted to once a minute while all is well; whoever listens tells you when it stays away"),
    ] = None
    link_keys: Annotated[
        SecretStr | None,
        AfterValidator(checked_keys),
        Field(
            description="keys that sign the links by which a recipient may act, newest first, separated by spaces or"
            " lines; the console needs the same; without any there are no such links"
        ),
    ] = None
    link_life: Annotated[timedelta, Field(gt=timedelta(0), description="how long such a link may be used")] = timedelta(
        hours=72
    )
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
