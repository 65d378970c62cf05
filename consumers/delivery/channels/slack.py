"""Slack, by `chat.postMessage` with a bot token: one app for everybody, and an address is no secret, so that profiles
can hold it. An incoming webhook would be a secret for each channel, and could not write to a person.

* Slack does not answer, fails as a whole, or does not let us in: the channel is away. That may be our own fault, and
  nothing is lost while it is being mended.
* This channel or member cannot be written to, or the message is not taken: refused.
* 429 holds the channel for as long as Slack says. Everything else is a try that failed.

What follows in an episode is a reply to its first message; all but its end is shown in the channel too, as nobody would
see it else. Where the thread is gone the message stands by itself.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from consumers.delivery.channels.outbound import Answer, Outbound, Unreached
from consumers.delivery.channels.pacer import Pacer
from consumers.delivery.channels.port import Away, NotNow, Refused, Undelivered
from consumers.delivery.channels.slack_threads import Thread, Threads, answer
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.routing import ENDS
from consumers.delivery.targets import SlackSettings
from schemas.events.managers import ContactKind

_ADDRESS: Final = re.compile(r"[CDGUW][A-Z0-9]{2,30}")
_NOT_LET_IN: Final = frozenset(
    "access_denied account_inactive ekm_access_denied enterprise_is_restricted invalid_auth missing_scope no_permission"
    " not_allowed_token_type not_authed org_login_required token_expired token_revoked two_factor_setup_required"
    " service_unavailable team_access_not_granted".split()
)
_REFUSED: Final = frozenset(
    "cannot_dm_bot channel_not_found invalid_arguments invalid_blocks invalid_blocks_format"
    " invalid_metadata_format is_archived messages_tab_disabled msg_blocks_too_long msg_too_long no_text not_in_channel"
    " restricted_action restricted_action_read_only_channel"
    " restricted_action_thread_only_channel too_many_attachments user_disabled user_not_found".split()
)
_NO_THREAD: Final = frozenset(
    {"cannot_reply_to_message", "restricted_action_non_threadable_channel", "thread_not_found"}
)
_TOO_MANY: Final = 429
_FAILING: Final = 500


class _NoThread(Refused):
    """The message that it should be a reply to is gone, or takes none."""


class Slack:
    """`render` gives the body but for the channel. An address is the id of a channel or member.

    `threads` are kept by whoever takes in the receipts.
    """

    kind = ContactKind.SLACK
    repeats = True

    def __init__(
        self,
        settings: SlackSettings,
        outbound: Outbound,
        render: Callable[[Notification | Digest], Mapping[str, Any]],
        clock: Callable[[], datetime],
        threads: Threads,
    ) -> None:
        self._url = f"{settings.api_url.rstrip('/')}/chat.postMessage"
        self._token = settings.token
        self._outbound = outbound
        self._render = render
        self._clock = clock
        self._threads = threads
        self._pacer = Pacer(settings.gap_s, clock)

    def fault_of(self, address: str) -> str:
        """The id of a channel or a member, no name and no address of a webhook."""
        return "" if _ADDRESS.fullmatch(address) else "not the id of a Slack channel or member, such as C0123456789"

    def send(self, notification: Notification) -> str:
        """Post it, in the thread of its episode where there is one.

        Raises:
            Away, NotNow, Refused, Paced: as the module says.
        """
        address = notification.address
        thread = None if notification.test else self._threads.find(notification.step.alert_id, address)
        return self._post(address, notification, thread)

    def send_digest(self, digest: Digest) -> str:
        """Post the digest.

        Raises:
            Away, NotNow, Refused, Paced: as the module says.
        """
        return self._post(digest.first.address, digest, None)

    def _post(self, address: str, told: Notification | Digest, thread: Thread | None) -> str:
        self._pacer.take_turn(address, told.id)
        try:
            return self._posted(address, told, thread)
        except _NoThread:
            return self._posted(address, told, None)

    def _posted(self, address: str, told: Notification | Digest, thread: Thread | None) -> str:
        body = {**self._render(told), "channel": address, **(_reply(told, thread) if thread else {})}
        try:
            got = self._outbound.post(self._url, self._headers(), json.dumps(body, ensure_ascii=False).encode())
        except Unreached as error:
            raise Away(error.detail) from error
        said = self._judged(address, got)
        return answer(str(said.get("ts", "unknown")), str(said.get("channel", address)), address, thread)

    def close(self) -> None:
        """No connection is kept."""

    def _headers(self) -> dict[str, str]:
        token = self._token.get_secret_value() if self._token else ""
        return {"content-type": "application/json; charset=utf-8", "authorization": f"Bearer {token}"}

    def _judged(self, address: str, got: Answer) -> Mapping[str, Any]:
        if got.status == _TOO_MANY:
            after_s = got.retry_after_s(self._clock()) or 1.0
            self._pacer.hold(address, after_s)
            raise NotNow("429 ratelimited", after_s)
        if got.status >= _FAILING:
            raise Away(got.line)
        said = _said(got)
        if said.get("ok") is True:
            return said
        raise _verdict(str(said.get("error", "no answer of Slack's")), got.status)


def _reply(told: Notification | Digest, thread: Thread) -> Mapping[str, Any]:
    shown = isinstance(told, Notification) and told.step.step not in ENDS
    return {"channel": thread.channel, "thread_ts": thread.ts, "reply_broadcast": shown}


def _said(got: Answer) -> dict[str, Any]:
    try:
        said = json.loads(got.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _verdict(error: str, status: int) -> Undelivered:
    detail = f"{status} {error}"
    if error in _NOT_LET_IN:
        return Away(detail)
    if error in _NO_THREAD:
        return _NoThread(detail)
    return Refused(detail) if error in _REFUSED else NotNow(detail)
