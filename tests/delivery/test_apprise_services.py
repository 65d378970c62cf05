"""Apprise: services of the settings alone, over a real service of the plainest kind."""

import json

import pytest
from pydantic import SecretStr

from consumers.delivery.channels.apprise_services import Services, UnusableTarget
from consumers.delivery.channels.digest_message import DigestMessage, digest_of
from consumers.delivery.channels.links import Links
from consumers.delivery.channels.message import Message, message_of
from consumers.delivery.channels.port import NotNow
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.targets import AppriseTarget
from schemas.events.managers import ContactKind
from tests.delivery.samples import AT, OWNER, band_dropped, manager
from tests.delivery.webserver import Reply, WebServer

LINKS = Links("https://console.example.test")


def rendered(told: Notification | Digest) -> Message | DigestMessage:
    return digest_of(told, 50, LINKS) if isinstance(told, Digest) else message_of(told, LINKS)


def test_a_digest_goes_the_same_way(web: WebServer) -> None:
    services(web).send_digest(Digest(AT, (notification(),)))
    assert json.loads(web.requests[0].body)["title"] == "Your digest: 1 alert"


def services(web: WebServer, *more: str) -> Services:
    urls = " ".join((f"json://{web.host}/in", *more))
    return Services({"ops": AppriseTarget(urls=SecretStr(urls))}, rendered)


def notification() -> Notification:
    return Notification(band_dropped(), OWNER, manager().data, ContactKind.APPRISE, "ops")


def test_every_service_of_a_target_is_told(web: WebServer) -> None:
    assert services(web, f"json://{web.host}/second").send(notification()) == "Apprise has sent it"
    assert sorted(request.path for request in web.requests) == ["/in", "/second"]
    told = json.loads(web.requests[0].body)
    assert told["title"] == "Health dropped: Example Retail 00042"
    assert "fell from “watch” to “critical”" in told["message"]
    assert "https://console.example.test/account?id=A-1#alerts" in told["message"]


def test_a_service_that_does_not_work_is_a_try_that_failed(web: WebServer) -> None:
    web.reply = lambda _: Reply(500)
    with pytest.raises(NotNow):
        services(web).send(notification())


def test_a_profile_names_a_target_and_cannot_bring_one(web: WebServer) -> None:
    made = services(web)
    assert made.fault_of(f"json://{web.host}/mine") == "no Apprise target of this name is set up"
    assert made.fault_of("ops") == ""


def test_an_address_that_apprise_does_not_know_stops_the_start_without_being_shown(web: WebServer) -> None:
    with pytest.raises(UnusableTarget, match=r"targets\.apprise\.ops") as caught:
        services(web, "nonsense://secret")
    assert "secret" not in str(caught.value)
