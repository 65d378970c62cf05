"""Which channels a process offers: the inbox and mail always, the others where the settings say how to reach them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from consumers.delivery.channels.apprise_services import Services
from consumers.delivery.channels.digest_message import DigestMessage, digest_of, slack_digest, teams_digest
from consumers.delivery.channels.inbox import Inbox
from consumers.delivery.channels.links import Links
from consumers.delivery.channels.mail_message import mail_bytes
from consumers.delivery.channels.message import message_of
from consumers.delivery.channels.outbound import Outbound
from consumers.delivery.channels.port import Channel
from consumers.delivery.channels.slack import Slack
from consumers.delivery.channels.slack_message import slack_message
from consumers.delivery.channels.slack_threads import Threads
from consumers.delivery.channels.smtp import Mail
from consumers.delivery.channels.teams import Teams
from consumers.delivery.channels.teams_message import teams_message
from consumers.delivery.channels.webhook import Webhook
from consumers.delivery.channels.webhook_message import webhook_body
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.settings import DeliverySettings
from schemas.events.managers import ContactKind

T = TypeVar("T")
U = TypeVar("U")
Render = Callable[[Notification | Digest], T]


def channels(settings: DeliverySettings, clock: Callable[[], datetime], threads: Threads) -> dict[ContactKind, Channel]:
    """Every channel we offer, by its kind."""
    return {channel.kind: channel for channel in _made(settings, clock, threads)}


def _made(settings: DeliverySettings, clock: Callable[[], datetime], threads: Threads) -> Iterator[Channel]:
    yield Inbox()
    yield mail_of(settings)
    links = links_of(settings)
    targets, outbound = settings.targets, Outbound(settings.targets.outbound)

    def telling(one: Callable[[Notification, Links], T], many: Callable[[DigestMessage], U]) -> Render[T | U]:
        def render(told: Notification | Digest) -> T | U:
            if isinstance(told, Digest):
                return many(digest_of(told, settings.attention.digest_lines, links))
            return one(told, links)

        return render

    if targets.slack.token is not None:
        yield Slack(targets.slack, outbound, telling(slack_message, slack_digest), clock, threads)
    if targets.teams:
        yield Teams(targets.teams, outbound, telling(teams_message, teams_digest), clock)
    if targets.webhooks:
        yield Webhook(targets.webhooks, outbound, lambda it: webhook_body(it, links), clock)
    if targets.apprise:
        yield Services(targets.apprise, telling(message_of, lambda it: it))


def mail_of(settings: DeliverySettings) -> Mail:
    """E-mail, over a connection of its own."""
    links = links_of(settings)
    return Mail(settings.smtp, lambda it: mail_bytes(it, settings, links))


def links_of(settings: DeliverySettings) -> Links:
    """The links that go into messages."""
    return Links(settings.console_url, settings.link_keys, settings.link_life)
