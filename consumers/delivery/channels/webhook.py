"""Signed webhooks by Standard Webhooks 1.0 (https://www.standardwebhooks.com).

The id is the notification's and the same on every try; the time and the signatures, one of each key, are of the try.
2xx is delivered. 410 ends the target until the process starts anew: nothing more is sent to it. 429, 502 and 504 hold
it for as long as it asks. Everything else, a redirect too, is a try that failed.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

import structlog

from consumers.delivery.channels.outbound import Answer, Outbound
from consumers.delivery.channels.pacer import Pacer
from consumers.delivery.channels.port import Gone, NotNow
from consumers.delivery.decisions import Notification
from consumers.delivery.targets import WebhookTarget, signing_keys
from schemas.events.managers import ContactKind

log = structlog.get_logger()

_GONE: Final = 410
_THROTTLED: Final = frozenset({429, 502, 504})
_HOLD_S: Final = 5.0
"""How long a target that does not say is left alone after one of these."""


class Webhook:
    """`render` gives the bytes of the body. An address is the name of a target."""

    kind = ContactKind.WEBHOOK
    repeats = True

    def __init__(
        self,
        targets: Mapping[str, WebhookTarget],
        outbound: Outbound,
        render: Callable[[Notification], bytes],
        clock: Callable[[], datetime],
    ) -> None:
        self._targets = targets
        self._outbound = outbound
        self._render = render
        self._clock = clock
        self._pacer = Pacer(0, clock)
        self._gone: set[str] = set()

    def fault_of(self, address: str) -> str:
        """A target of this name must be set up."""
        return "" if address in self._targets else "no webhook of this name is set up"

    def send(self, notification: Notification) -> str:
        """Post it.

        Raises:
            Gone, NotNow, Refused, Paced: as the module says; Refused where the target lies on a private network.
        """
        name = notification.address
        if name in self._gone:
            raise Gone("the target answered 410 before: it wants nothing any more")
        self._pacer.take_turn(name, notification.id)
        body, target = self._render(notification), self._targets[name]
        headers = signed_headers(notification.id, self._clock(), body, signing_keys(target.keys.get_secret_value()))
        return self._judged(name, self._outbound.post(target.url.get_secret_value(), headers, body))

    def close(self) -> None:
        """No connection is kept."""

    def _judged(self, name: str, answer: Answer) -> str:
        if answer.well:
            return answer.line
        if answer.status == _GONE:
            self._gone.add(name)
            log.error("webhook_gone", target=name, advice="take it out of the settings, or mend it and start anew")
            raise Gone(answer.line)
        after_s = answer.retry_after_s(self._clock())
        if answer.status in _THROTTLED:
            self._pacer.hold(name, _HOLD_S if after_s is None else after_s)
        raise NotNow(answer.line, after_s)


def signed_headers(name: str, at: datetime, body: bytes, keys: Iterable[bytes]) -> dict[str, str]:
    """The headers of one try."""
    stamp = str(int(at.timestamp()))
    signed = f"{name}.{stamp}.".encode() + body
    signatures = (b64encode(hmac.digest(key, signed, sha256)).decode() for key in keys)
    return {
        "content-type": "application/json",
        "user-agent": "account-pulse",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
