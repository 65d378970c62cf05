"""What can go wrong at the front door.

GatewayError
├── KeysFileError      stop (or keep the last good keys while running): the file is at fault
├── CannotListen       stop: the address is taken or not ours
├── BrokerAway         answer 503: nothing may be claimed accepted
├── ClientGone         give up the request: nobody waits for its answer
└── Rejected           answer as it says: the request is at fault, or there is no room for it
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class GatewayError(Exception):
    """Base of everything this package raises."""


class KeysFileError(GatewayError):
    """The keys file cannot be read or says something impossible."""


class CannotListen(GatewayError):
    """The address cannot be listened on."""


class BrokerAway(GatewayError):
    """Kafka is away, does not acknowledge in time, or its topics are not as declared."""


class ClientGone(GatewayError):
    """The client closed the connection, or does not read what it asked for."""


class Why(StrEnum):
    """Why a whole request was turned away. Metric label and `reason` of the answer; a member is never renamed."""

    NO_KEY = "no_key"
    BAD_KEY = "bad_key"
    KEY_EXPIRED = "key_expired"
    KEY_REVOKED = "key_revoked"
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    NOT_A_BATCH = "not_a_batch"
    RATE = "rate"
    IN_FLIGHT = "in_flight"
    NO_ROOM = "no_room"
    BROKER_AWAY = "broker_away"


STATUS_OF: Final[Mapping[Why, int]] = {
    Why.NO_KEY: 401,
    Why.BAD_KEY: 401,
    Why.KEY_EXPIRED: 401,
    Why.KEY_REVOKED: 401,
    Why.TOO_SLOW: 408,
    Why.TOO_LARGE: 413,
    Why.TOO_MANY: 413,
    Why.WRONG_CONTENT_TYPE: 415,
    Why.NOT_A_BATCH: 422,
    Why.RATE: 429,
    Why.IN_FLIGHT: 429,
    Why.NO_ROOM: 429,
    Why.BROKER_AWAY: 503,
}


class Rejected(GatewayError):
    """The request as a whole is turned away; `retry_after_s` says when to come again, where that helps."""

    def __init__(self, why: Why, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{why.value}: {detail}")
        self.why = why
        self.detail = detail
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS_OF[self.why]
