"""Which channels a process offers: the inbox and mail always, the others where the settings say how to reach them."""

from collections.abc import Callable, Iterator
from datetime import datetime

from consumers.delivery.channels.inbox import Inbox
from consumers.delivery.channels.mail_message import mail_bytes
from consumers.delivery.channels.outbound import Outbound
from consumers.delivery.channels.port import Channel
from consumers.delivery.channels.smtp import Mail
from consumers.delivery.channels.webhook import Webhook
from consumers.delivery.channels.webhook_message import webhook_body
from consumers.delivery.settings import DeliverySettings
from schemas.events.managers import ContactKind


def channels(settings: DeliverySettings, clock: Callable[[], datetime]) -> dict[ContactKind, Channel]:
    """Every channel we offer, by its kind."""
    return {channel.kind: channel for channel in _made(settings, clock)}


def _made(settings: DeliverySettings, clock: Callable[[], datetime]) -> Iterator[Channel]:
    yield Inbox()
    yield Mail(settings.smtp, lambda notification: mail_bytes(notification, settings))
    targets = settings.targets
    outbound = Outbound(targets.outbound)
    if targets.webhooks:
        yield Webhook(targets.webhooks, outbound, lambda it: webhook_body(it, settings.console_url), clock)
