"""Teams: a card that a workflow posts, with links that only open pages, and each answer means one thing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from consumers.delivery.channels.digest_message import digest_of, teams_digest
from consumers.delivery.channels.links import Links
from consumers.delivery.channels.outbound import Outbound
from consumers.delivery.channels.port import NotNow, Paced, Refused, Undelivered
from consumers.delivery.channels.teams import Teams
from consumers.delivery.channels.teams_message import CONTENT_TYPE, teams_message
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.targets import OutboundSettings, TeamsTarget
from schemas.alerts import AlertStep
from schemas.events.managers import ContactKind
from tests.delivery.samples import AT, OWNER, PARTS, band_dropped, band_recovered, complaint_overdue, manager
from tests.delivery.test_slack import HOSTILE, Time
from tests.delivery.webserver import Reply, WebServer

LINKS = Links("https://console.example.test", SecretStr("k" * 40))
EVERY_KIND = [
    band_dropped(),
    complaint_overdue(),
    band_recovered(),
    band_dropped(account_name=HOSTILE, parts=PARTS * 9),
]
KEYS = {
    "RichTextBlock": {"type", "spacing", "inlines"},
    "TextRun": {"type", "text", "size", "weight", "color", "isSubtle"},
    "FactSet": {"type", "facts"},
    "Action.OpenUrl": {"type", "title", "url"},
}
"""What the schema of Adaptive Cards 1.4 lets stand in the elements that we use."""


def notification(step: AlertStep | None = None) -> Notification:
    return Notification(step or band_dropped(), OWNER, manager().data, ContactKind.TEAMS, "sales")


def card_of(step: AlertStep) -> dict[str, Any]:
    message = teams_message(notification(step), LINKS)
    assert message["type"] == "message"
    (attachment,) = message["attachments"]
    assert (attachment["contentType"], attachment["contentUrl"]) == (CONTENT_TYPE, None)
    card: dict[str, Any] = attachment["content"]
    return card


def rendered(told: Notification | Digest) -> dict[str, Any]:
    if isinstance(told, Digest):
        return teams_digest(digest_of(told, 50, LINKS))
    return teams_message(told, LINKS)


def test_a_digest_is_a_card_that_opens_the_inbox(teams: Teams, web: WebServer) -> None:
    members = tuple(notification(band_dropped(f"A-{number}", account_name=HOSTILE)) for number in range(40))
    teams.send_digest(Digest(AT, members))
    (request,) = web.requests
    assert len(request.body) < 28_000
    card = json.loads(request.body)["attachments"][0]["content"]
    assert card["actions"][0]["url"] == "https://console.example.test/inbox"
    assert "Your digest: 40 alerts" in json.dumps(card["body"])


def test_each_alert_of_a_digest_stands_out_with_its_worth_and_says_why() -> None:
    digest = Digest(AT, (notification(band_dropped("A-1")), notification(band_dropped("A-2", value_at_risk=None))))
    body = rendered(digest)["attachments"][0]["content"]["body"]
    said = [(block["inlines"][0]["text"], block["inlines"][0].get("weight")) for block in body[2:]]
    reason = "The health of Example Retail 00042 fell from “watch” to “critical”; its score is now 23 of 100."
    assert said == [
        ("Health dropped: Example Retail 00042 (€125,000)", "Bolder"),
        (reason, None),
        ("Health dropped: Example Retail 00042", "Bolder"),
        (reason, None),
    ]
    assert all(set(run) <= KEYS["TextRun"] for block in body for run in block["inlines"])


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def teams(web: WebServer, time: Time) -> Teams:
    web.reply = lambda _: Reply(202)
    target = TeamsTarget.model_validate({"url": f"{web.url}/workflows/1?sig=secret"})
    outbound = Outbound(OutboundSettings(private_hosts=(web.host,)))
    return Teams({"sales": target}, outbound, rendered, time)


@pytest.mark.parametrize("step", EVERY_KIND, ids=["drop", "due", "end", "hostile"])
def test_a_card_keeps_to_what_teams_takes(step: AlertStep) -> None:
    card = card_of(step)
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    inlines = [run for block in card["body"] for run in block.get("inlines", [])]
    for element in [*card["body"], *card["actions"], *inlines]:
        assert set(element) <= KEYS[element["type"]]
    assert len(json.dumps(teams_message(notification(step), LINKS))) < 28_000
    assert len(card["actions"]) <= 6


def test_a_card_only_opens_pages() -> None:
    actions = card_of(band_dropped())["actions"]
    assert {action["type"] for action in actions} == {"Action.OpenUrl"}
    assert actions[0]["url"].startswith("https://console.example.test/act?t=")
    assert [it["title"] for it in card_of(band_recovered())["actions"]] == ["Open the account"]


def test_what_others_named_stands_where_no_markdown_is_read() -> None:
    step = band_dropped(account_name="[click](https://evil.test) **x**")
    for block in card_of(step)["body"]:
        assert block["type"] == "RichTextBlock" or "evil" not in json.dumps(block)


def test_it_is_posted_to_the_workflow(teams: Teams, web: WebServer) -> None:
    assert teams.send(notification()) == "202"
    (request,) = web.requests
    assert request.path == "/workflows/1?sig=secret"
    assert json.loads(request.body) == teams_message(notification(), LINKS)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Refused),
        (401, Refused),
        (404, Refused),
        (302, Refused),
        (408, NotNow),
        (429, NotNow),
        (500, NotNow),
        (502, NotNow),
    ],
)
def test_each_answer_means_one_thing(teams: Teams, web: WebServer, status: int, error: type[Undelivered]) -> None:
    web.reply = lambda _: Reply(status, body=b"no")
    with pytest.raises(error) as caught:
        teams.send(notification())
    assert type(caught.value) is error
    assert "secret" not in caught.value.detail


def test_a_workflow_is_left_alone_as_long_as_it_asks_and_never_gets_two_in_a_second(
    teams: Teams, web: WebServer, time: Time
) -> None:
    teams.send(notification())
    with pytest.raises(Paced):
        teams.send(notification(band_dropped("A-2")))
    time.now += timedelta(seconds=1)
    web.reply = lambda _: Reply(429, {"retry-after": "20"})
    with pytest.raises(NotNow):
        teams.send(notification(band_dropped("A-2")))
    with pytest.raises(Paced) as caught:
        teams.send(notification(band_dropped("A-3")))
    assert caught.value.after_s >= 20


def test_an_unknown_target_is_named_and_no_secret_is_in_a_repr(teams: Teams) -> None:
    assert teams.fault_of("finance") == "no Teams workflow of this name is set up"
    assert "s3cret" not in repr(TeamsTarget.model_validate({"url": "https://a.test/?sig=s3cret"}))
