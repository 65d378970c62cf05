"""The pages that messages link to. A link opens a page and does nothing else: scanners of mails follow links.

The page with buttons is reached by a signed link that names the notification, and nobody: see
`consumers.runtime.message_links`. It is the same on every try.
"""

from datetime import timedelta
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from consumers.delivery.decisions import Notification
from consumers.runtime.message_links import MessageLinks
from schemas.alerts import AlertStep, StepKind

_OVER = frozenset({StepKind.RESOLVED, StepKind.RETRACTED})


class Links:
    """`keys` sign; without them, and where nothing is left to decide, there is no link to a page with buttons."""

    def __init__(self, console_url: str, keys: SecretStr | None = None, life: timedelta = timedelta(hours=72)) -> None:
        self._console = console_url.rstrip("/")
        self._signed = None if keys is None else MessageLinks(keys)
        self._life = life

    def account(self, step: AlertStep) -> str:
        """The account's page at its alerts.

        >>> Links("https://pulse.example.test/").account(AlertStep.model_construct(account_id="A 1&x"))
        'https://pulse.example.test/account?id=A%201%26x#alerts'
        """
        return self.account_alerts(step.account_id)

    @property
    def inbox(self) -> str:
        """The page of all alerts."""
        return f"{self._console}/inbox"

    @property
    def team(self) -> str:
        """The page of the roll-ups."""
        return f"{self._console}/team"

    def account_alerts(self, account_id: str) -> str:
        """The page of an account at its alerts."""
        return f"{self._console}/account?id={quote(account_id, safe='')}#alerts"

    def act(self, notification: Notification) -> str:
        """The page on which this recipient may act on this alert, empty where there is none."""
        step = notification.step
        if self._signed is None or notification.test or step.step in _OVER:
            return ""
        token = self._signed.sign(notification.id, step.decided_at + self._life)
        return f"{self._console}/act?{urlencode({'t': token})}"
