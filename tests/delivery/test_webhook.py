"""Signed webhooks: a receiver with the specification's own library accepts them, and each answer means one thing."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook as Receiver
from standardwebhooks.webhooks import WebhookVerificationError

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.outbound import Outbound
from consumers.delivery.channels.port import Gone, NotNow, Paced, Refused
from consumers.delivery.channels.webhook import Webhook
from consumers.delivery.channels.webhook_message import MAX_BYTES, webhook_body
from consumers.delivery.decisions import Notification
from consumers.delivery.targets import OutboundSettings, Targets, WebhookTarget
from schemas.deliveries import Outcome, OutcomeReason
from schemas.events.managers import Contact, ContactKind
from tests.delivery.desk import Desk
from tests.delivery.samples import OWNER, PARTS, band_dropped, band_recovered, manager
from tests.delivery.webserver import Reply, WebServer

NEW, OLD = ("whsec_" + b64encode(bytes([number]) * 32).decode() for number in (1, 2))
LINKS = Links("https://console.example.test")


class Clock:
    """The present, moved by hand: the receiver compares with its own clock."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def target(web: WebServer, keys: str = NEW) -> WebhookTarget:
    return WebhookTarget.model_validate({"url": f"{web.url}/in?token=secret", "keys": keys})


def channel(web: WebServer, clock: Clock, keys: str = NEW) -> Webhook:
    outbound = Outbound(OutboundSettings(private_hosts=(web.host,)))
    return Webhook({"crm": target(web, keys)}, outbound, lambda it: webhook_body(it, LINKS), clock)


def notification(**step: Any) -> Notification:
    return Notification(band_dropped(**step), OWNER, manager().data, ContactKind.WEBHOOK, "crm")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_receiver_with_the_library_of_the_specification_accepts_it(web: WebServer, clock: Clock) -> None:
    channel(web, clock).send(notification())
    (request,) = web.requests
    told = Receiver(NEW).verify(request.body, dict(request.headers))
    assert told["type"] == "alert.opened"
    assert told["timestamp"] == "2026-03-02T09:30:00.040000Z"
    assert told["data"]["account_id"] == "A-1"
    assert told["data"]["sentence"].startswith("The health of Example Retail 00042 fell")
    assert (request.path, request.headers["content-type"]) == ("/in?token=secret", "application/json")


def test_during_rotation_holders_of_either_key_accept_it(web: WebServer, clock: Clock) -> None:
    channel(web, clock, f"{NEW}\n{OLD}\n").send(notification())
    (request,) = web.requests
    for key in (NEW, OLD):
        Receiver(key).verify(request.body, dict(request.headers))
    with pytest.raises(WebhookVerificationError):
        Receiver("whsec_" + b64encode(b"3" * 32).decode()).verify(request.body, dict(request.headers))


def test_every_try_has_the_same_id_and_bytes_and_its_own_time(web: WebServer, clock: Clock) -> None:
    made = channel(web, clock)
    for _ in range(2):
        made.send(notification())
        clock.now += timedelta(seconds=7)
    first, second = web.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == notification().id
    assert "." not in notification().id
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 7


def test_what_was_changed_on_the_way_or_is_old_is_not_accepted(web: WebServer, clock: Clock) -> None:
    clock.now -= timedelta(minutes=6)
    made = channel(web, clock)
    made.send(notification())
    clock.now += timedelta(minutes=6)
    made.send(notification())
    old, fresh = web.requests
    with pytest.raises(WebhookVerificationError, match="too old"):
        Receiver(NEW).verify(old.body, dict(old.headers))
    with pytest.raises(WebhookVerificationError):
        Receiver(NEW).verify(fresh.body + b" ", dict(fresh.headers))


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 400, 401, 404, 500, 503])
def test_no_success_is_a_try_that_failed(web: WebServer, clock: Clock, status: int) -> None:
    web.reply = lambda _: Reply(status, {"location": f"{web.url}/elsewhere"}, b"no")
    with pytest.raises(NotNow, match=str(status)):
        channel(web, clock).send(notification())
    assert len(web.requests) == 1


@pytest.mark.parametrize("status", [429, 502, 504])
def test_a_target_that_throttles_is_left_alone_as_long_as_it_asks(web: WebServer, clock: Clock, status: int) -> None:
    web.reply = lambda _: Reply(status, {"retry-after": "30"})
    made = channel(web, clock)
    with pytest.raises(NotNow) as caught:
        made.send(notification())
    assert caught.value.after_s == 30
    with pytest.raises(Paced) as paced:
        made.send(notification(episode=2))
    assert paced.value.after_s == 30
    clock.now += timedelta(seconds=30)
    web.reply = lambda _: Reply(204)
    made.send(notification(episode=2))
    assert len(web.requests) == 2


def test_gone_is_final_and_ends_the_target(web: WebServer, clock: Clock) -> None:
    web.reply = lambda _: Reply(410)
    made = channel(web, clock)
    for episode in (1, 2):
        with pytest.raises(Gone):
            made.send(notification(episode=episode))
    assert len(web.requests) == 1


def test_a_target_on_a_private_network_is_refused_for_good_unless_it_is_named(web: WebServer, clock: Clock) -> None:
    made = Webhook({"crm": target(web)}, Outbound(OutboundSettings()), lambda it: webhook_body(it, LINKS), clock)
    with pytest.raises(Refused, match="not public"):
        made.send(notification())
    assert web.requests == []


def test_a_body_stays_below_twenty_kilobytes_whatever_the_step_holds() -> None:
    many = {f"key {number}": "ü" * 500 for number in range(200)}
    names = {"account_name": "株" * 200, "facts": many | {"complaint_ids": ", ".join(f"C-{n}" for n in range(900))}}
    for step in (names, names | {"parts": PARTS * 60}, {"parts": PARTS * 60}):
        body = webhook_body(notification(**step), LINKS)
        assert len(body) < MAX_BYTES
        assert json.loads(body)["data"]["alert_id"] == notification().step.alert_id
    assert json.loads(webhook_body(notification(**names), LINKS))["data"]["truncated"]
    assert not json.loads(webhook_body(notification(), LINKS))["data"]["truncated"]


@pytest.mark.parametrize("keys", ["", "secret", "whsec_", "whsec_" + "QUFB", "whsec_!!!", f"{NEW} nonsense"])
def test_a_key_that_is_none_is_refused_without_being_shown(keys: str) -> None:
    with pytest.raises(ValidationError) as caught:
        WebhookTarget.model_validate({"url": "https://hooks.example.test", "keys": keys})
    secret = keys.removeprefix("whsec_")
    assert not secret or secret not in str(caught.value.errors(include_input=False, include_url=False))


@pytest.mark.parametrize("url", ["ftp://a.test", "https://", "https://user:pw@a.test/", "http://plain.example.test/"])
def test_an_address_without_tls_or_with_more_than_an_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        Targets.model_validate({"webhooks": {"crm": {"url": url, "keys": NEW}}})


def test_secrets_are_in_no_repr() -> None:
    made = Targets.model_validate({"webhooks": {"crm": {"url": "https://a.test/?sig=s3cret", "keys": NEW}}})
    for text in (repr(made), str(made), made.model_dump_json()):
        assert "s3cret" not in text
        assert NEW not in text


@pytest.fixture
def desk(web: WebServer, clock: Clock) -> Iterator[Desk]:
    made = Desk(None, channel(web, clock))
    made.directory.learn(manager(channels=(Contact(kind=ContactKind.WEBHOOK, address="crm"),)))
    yield made
    made.sender.close()


def test_the_stage_tries_ten_times_in_seventy_five_hours_and_then_has_failed(web: WebServer, clock: Clock) -> None:
    web.reply = lambda _: Reply(500)
    desk = Desk(None, channel(web, clock), retry=Desk.shipped)
    desk.directory.learn(manager(channels=(Contact(kind=ContactKind.WEBHOOK, address="crm"),)))
    began = desk.now
    desk.handle(band_dropped())
    while desk.sender.waiting:
        desk.pass_time(300)
    assert len(web.requests) == 10
    assert len({request.headers["webhook-id"] for request in web.requests}) == 1
    assert timedelta(hours=68) < desk.now - began < timedelta(hours=84)
    assert (desk.log.receipts[-1].outcome, desk.log.receipts[-1].attempt) == (Outcome.FAILED, 10)
    assert "given up: 500" in desk.log.receipts[-1].detail
    assert desk.balanced()


def test_the_stage_waits_for_as_long_as_it_was_asked_to(desk: Desk, web: WebServer, clock: Clock) -> None:
    web.reply = lambda _: Reply(503, {"retry-after": "600"})
    desk.handle(band_dropped())
    clock.now += timedelta(seconds=599)
    desk.pass_time(599)
    assert len(web.requests) == 1
    clock.now += timedelta(seconds=2)
    desk.pass_time(2)
    assert len(web.requests) == 2


def test_a_target_that_is_gone_and_an_unknown_one_are_named_in_receipts(desk: Desk, web: WebServer) -> None:
    web.reply = lambda _: Reply(410)
    desk.directory.learn(manager("M-1", channels=(Contact(kind=ContactKind.WEBHOOK, address="erp"),)))
    desk.handle(band_dropped("A-1"), band_recovered("A-1"), band_dropped("A-2", owner="M-1"))
    reasons = [(receipt.outcome, receipt.reason) for receipt in desk.log.receipts]
    assert sorted(reasons) == sorted(
        [(Outcome.FAILED, OutcomeReason.RECEIVER_GONE)] * 2 + [(Outcome.SUPPRESSED, OutcomeReason.UNUSABLE_ADDRESS)]
    )
    assert len(web.requests) == 1
