"""Whom delivery hands its messages to in a torture: one mail server and two web servers, each with its moods.

What comes is noted before it is answered: a message that is not taken must come again as it was.
"""

import time
from base64 import b64encode
from collections import Counter
from hashlib import blake2b
from random import Random
from typing import Any, Final

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from schemas.events.managers import ContactKind
from tests.delivery.mailserver import WELL, Mail, MailServer
from tests.delivery.webserver import Reply, Request, WebServer
from tests.torture_delivery.load import HOOKS
from tests.torture_delivery.verdict import Arrival

TAKEN: Final = "taken"
TIMEOUT_S: Final = 1.0
"""How long delivery waits for an answer; who hangs does so for longer."""

_MAIL_MOODS: Final = {"hang": 0.005, "451 come back later": 0.02}
_HOOK_MOODS: Final = {"hang": 0.01, "429": 0.02, "500": 0.02}
"""Shares of what comes; the rest is taken."""

_REPLIES: Final = {
    "hang": Reply(hang=True),
    "429": Reply(429, {"retry-after": "1"}),
    "500": Reply(500),
    TAKEN: Reply(204),
}


class Receivers:
    """Real servers on this machine. `answers` counts by channel and mood what they answered."""

    def __init__(self, seed: int) -> None:
        self.arrivals: list[Arrival] = []
        self.answers: Counter[str] = Counter()
        self._mails = MailServer()
        self._webs = (WebServer(), WebServer())
        self.servers: tuple[MailServer | WebServer, ...] = (self._mails, *self._webs)
        self._mail_moods, self._hook_moods = Random(f"{seed}/moods"), Random(f"{seed}/hooks")
        self._mails.on_data, self._mails.on_mail = self._answer_mail, self._note_mail
        for web in self._webs:
            web.reply = self._answer_hook

    def settings(self) -> dict[str, Any]:
        """What delivery must be told of them."""
        urls = {name: f"{self._webs[place % 2].url}/{name}" for place, name in enumerate(HOOKS.values())}
        webhooks = {name: {"url": url, "keys": key_of(name)} for name, url in urls.items()}
        outbound = {"private_hosts": [web.host for web in self._webs], "total_s": TIMEOUT_S}
        return {
            "smtp": {"port": self._mails.port, "timeout_s": TIMEOUT_S},
            "targets": {"webhooks": webhooks, "outbound": outbound},
        }

    def close(self) -> None:
        """End all of them."""
        self._mails.stop()
        for web in self._webs:
            web.go_away()

    def _answer_mail(self, _: str) -> str:
        mood = self._mood(ContactKind.EMAIL, self._mail_moods, _MAIL_MOODS)
        return WELL if mood == TAKEN else mood

    def _note_mail(self, mail: Mail) -> None:
        name = mail.id.strip("<>").partition("@")[0]
        self.arrivals.append(Arrival(time.monotonic(), name, mail.recipient, mail.content))

    def _answer_hook(self, request: Request) -> Reply:
        at_s, hook = time.monotonic(), request.path.strip("/")
        mood = self._mood(ContactKind.WEBHOOK, self._hook_moods, _HOOK_MOODS)
        name = request.headers.get("webhook-id", "")
        self.arrivals.append(Arrival(at_s, name, hook, request.body, mood == TAKEN, is_signed(hook, request)))
        return _REPLIES[mood]

    def _mood(self, channel: ContactKind, rng: Random, shares: dict[str, float]) -> str:
        (mood,) = rng.choices([*shares, TAKEN], [*shares.values(), 1 - sum(shares.values())])
        self.answers[f"{channel.value} {mood}"] += 1
        return mood


def key_of(hook: str) -> str:
    """The key that a webhook's messages are signed with: each has its own."""
    return "whsec_" + b64encode(blake2b(hook.encode(), digest_size=32).digest()).decode()


def is_signed(hook: str, request: Request) -> bool:
    """Whether the library of the specification accepts the request for this webhook."""
    try:
        Webhook(key_of(hook)).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True
