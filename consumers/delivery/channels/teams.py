"""Microsoft Teams, over a workflow that is started by a webhook request and posts the card it is sent.

2xx is delivered: the workflow has taken it on. 408, 429 and 5xx are tries that failed; every other answer says that
there is no such workflow, or that it is switched off: refused.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from consumers.delivery.channels.outbound import Outbound
from consumers.delivery.channels.pacer import Pacer
from consumers.delivery.channels.port import NotNow, Refused
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.targets import TeamsTarget
from schemas.events.managers import ContactKind

_GAP_S: Final = 1.0
_LATER: Final = frozenset({408, 425, 429})
_FAILING: Final = 500


class Teams:
    """`render` gives the body. An address is the name of a target."""

    kind = ContactKind.TEAMS
    repeats = True

    def __init__(
        self,
        targets: Mapping[str, TeamsTarget],
        outbound: Outbound,
        render: Callable[[Notification | Digest], Mapping[str, Any]],
        clock: Callable[[], datetime],
    ) -> None:
        self._targets = targets
        self._outbound = outbound
        self._render = render
        self._clock = clock
        self._pacer = Pacer(_GAP_S, clock)

    def fault_of(self, address: str) -> str:
        """A target of this name must be set up."""
        return "" if address in self._targets else "no Teams workflow of this name is set up"

    def send(self, notification: Notification) -> str:
        """Post it.

        Raises:
            NotNow, Refused, Paced: as the module says.
        """
        return self._post(notification.address, notification)

    def send_digest(self, digest: Digest) -> str:
        """Post the digest.

        Raises:
            NotNow, Refused, Paced: as the module says.
        """
        return self._post(digest.first.address, digest)

    def _post(self, name: str, told: Notification | Digest) -> str:
        self._pacer.take_turn(name, told.id)
        body = json.dumps(self._render(told), ensure_ascii=False).encode()
        answer = self._outbound.post(
            self._targets[name].url.get_secret_value(), {"content-type": "application/json"}, body
        )
        if answer.well:
            return answer.line
        if answer.status not in _LATER and answer.status < _FAILING:
            raise Refused(answer.line)
        after_s = answer.retry_after_s(self._clock())
        if after_s is not None:
            self._pacer.hold(name, after_s)
        raise NotNow(answer.line, after_s)

    def close(self) -> None:
        """No connection is kept."""
