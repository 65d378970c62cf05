"""Which channels a process offers: the inbox and mail always, the others where the settings say how to reach them."""

from collections.abc import Callable, Iterator
from datetime import datetime

from consumers.delivery.channels.apprise_services import Services
from consumers.delivery.channels.inbox import Inbox
from consumers.delivery.channels.links import Links
from consumers.delivery.channels.mail_message import mail_bytes
from consumers.delivery.channels.message import message_of
from consumers.delivery.channels.outbound import Outbound
from consumers.delivery.channels.port import Channel
from consumers.delivery.channels.slack import Slack
from consumers.delivery.channels.slack_message import slack_message
from consumers.delivery.channels.smtp import Mail
from consumers.delivery.channels.teams import Teams
from consumers.delivery.channels.teams_message import teams_message
from consumers.delivery.channels.webhook import Webhook
from consumers.delivery.channels.webhook_message import webhook_body
from consumers.delivery.settings import DeliverySettings
from schemas.events.managers import ContactKind


def channels(settings: DeliverySettings, clock: Callable[[], datetime]) -> dict[ContactKind, Channel]:
    """Every channel we offer, by its kind."""
    return {channel.kind: channel for channel in _made(settings, clock)}


def _made(settings: DeliverySettings, clock: Callable[[], datetime]) -> Iterator[Channel]:
    yield Inbox()
    links = links_of(settings)
    yield Mail(settings.smtp, lambda it: mail_bytes(it, settings, links))
    targets, outbound = settings.targets, Outbound(settings.targets.outbound)
    if targets.slack.token is not None:
        yield Slack(targets.slack, outbound, lambda it: slack_message(it, links), clock)
    if targets.teams:
        yield Teams(targets.teams, outbound, lambda it: teams_message(it, links), clock)
    if targets.webhooks:
        yield Webhook(targets.webhooks, outbound, lambda it: webhook_body(it, links), clock)
    if targets.apprise:
        yield Services(targets.apprise, lambda it: message_of(it, links))


def links_of(settings: DeliverySettings) -> Links:
    """The links that go into messages."""
    return Links(settings.console_url, settings.link_keys, settings.link_life)
