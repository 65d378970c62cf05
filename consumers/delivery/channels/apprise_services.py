"""Whatever else Apprise knows (some hundred services), for targets that the settings hold. Needs the extra `apprise`.

Apprise says no more than whether it worked, keeps to its own timeouts, and reaches whatever its URLs name: they are the
operator's alone and are never taken from a profile.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from consumers.delivery.channels.digest_message import DigestMessage
from consumers.delivery.channels.message import Message
from consumers.delivery.channels.port import NotNow
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.targets import AppriseTarget
from schemas.events.managers import ContactKind


class UnusableTarget(Exception):
    """A target that cannot be set up; says which and never what it holds."""


class Services:
    """`render` gives the message. An address is the name of a target.

    Raises:
        UnusableTarget: Apprise is not installed, or a target holds a URL that it does not know.
    """

    kind = ContactKind.APPRISE
    repeats = True

    def __init__(
        self, targets: Mapping[str, AppriseTarget], render: Callable[[Notification | Digest], Message | DigestMessage]
    ) -> None:
        self._render = render
        self._made = {name: _service(name, target) for name, target in targets.items()}

    def fault_of(self, address: str) -> str:
        """A target of this name must be set up."""
        return "" if address in self._made else "no Apprise target of this name is set up"

    def send(self, notification: Notification) -> str:
        """Hand it to Apprise.

        Raises:
            NotNow: it did not work for at least one of the target's services.
        """
        return self._hand_over(notification.address, self._render(notification))

    def send_digest(self, digest: Digest) -> str:
        """Hand the digest to Apprise.

        Raises:
            NotNow: as `send`.
        """
        return self._hand_over(digest.first.address, self._render(digest))

    def _hand_over(self, name: str, message: Message | DigestMessage) -> str:
        if self._made[name].notify(title=message.headline, body=message.plain(), body_format="text"):
            return "Apprise has sent it"
        raise NotNow("Apprise could not send it")

    def close(self) -> None:
        """No connection is kept."""


def _service(name: str, target: AppriseTarget) -> Any:
    try:
        made = import_module("apprise").Apprise()
    except ModuleNotFoundError as error:
        raise UnusableTarget("delivery.targets.apprise needs Apprise: pip install 'account-pulse[apprise]'") from error
    for url in target.urls.get_secret_value().split():
        if not made.add(url):
            raise UnusableTarget(f"delivery.targets.apprise.{name}.urls: Apprise does not know one of these")
    return made
