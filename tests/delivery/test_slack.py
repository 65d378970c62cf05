"""Slack: what is posted keeps to Slack's rules, one message a second to a channel, and each answer means one thing."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from pydantic import SecretStr

from consumers.delivery.channels.digest_message import digest_of, slack_digest
from consumers.delivery.channels.links import Links
from consumers.delivery.channels.outbound import Outbound
from consumers.delivery.channels.port import Away, NotNow, Paced, Refused, Undelivered
from consumers.delivery.channels.slack import Slack
from consumers.delivery.channels.slack_message import slack_message
from consumers.delivery.channels.slack_threads import Threads
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.targets import OutboundSettings, SlackSettings
from schemas.alerts import AlertStep
from schemas.deliveries import Outcome, OutcomeReason
from schemas.events.managers import Contact, ContactKind
from tests.delivery.block_rules import faults
from tests.delivery.desk import Desk
from tests.delivery.samples import AT, OWNER, PARTS, band_dropped, band_recovered, complaint_overdue, manager
from tests.delivery.webserver import Reply, Request, WebServer

TOKEN = "xoxb-a-token-of-tests"
LINKS = Links("https://console.example.test", SecretStr("k" * 40))
HOSTILE = "<!channel> <https://evil.test|click> & *bold* `x` \r\n@here " + "W" * 400
EVERY_KIND = [
    band_dropped(),
    complaint_overdue(),
    band_recovered(),
    band_dropped(account_name=HOSTILE, parts=PARTS * 9),
]
OK = Reply(body=b'{"ok": true, "ts": "1700000000.000100"}')


def notification(step: AlertStep | None = None, **profile: Any) -> Notification:
    return Notification(step or band_dropped(), OWNER, manager(**profile).data, ContactKind.SLACK, "C0123456789")


def rendered(told: Notification | Digest) -> dict[str, Any]:
    if isinstance(told, Digest):
        return slack_digest(digest_of(told, 50, LINKS))
    return slack_message(told, LINKS)


def test_a_digest_keeps_to_slack_s_rules_and_is_posted_once_to_its_channel(slack: Slack, web: WebServer) -> None:
    members = tuple(notification(band_dropped(f"A-{number}", account_name=HOSTILE)) for number in range(40))
    digest = Digest(AT, members)
    assert faults(rendered(digest)) == []
    slack.send_digest(digest)
    body = json.loads(web.requests[0].body)
    assert body["channel"] == "C0123456789"
    assert body["blocks"][0]["text"]["text"] == "Your digest: 40 alerts"
    assert "25 more are in your inbox." in json.dumps(body["blocks"])


class Time:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> Any:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def slack(web: WebServer, time: Time) -> Slack:
    web.reply = lambda _: OK
    settings = SlackSettings(token=SecretStr(TOKEN), api_url=f"{web.url}/api")
    outbound = Outbound(OutboundSettings(private_hosts=(web.host,)))
    return Slack(settings, outbound, rendered, time, Threads())


@pytest.mark.parametrize("test", [False, True], ids=["alert", "test"])
@pytest.mark.parametrize("step", EVERY_KIND, ids=["drop", "due", "end", "hostile"])
def test_every_message_keeps_to_slack_s_rules(step: AlertStep, test: bool) -> None:
    told = Notification(step, OWNER, manager().data, ContactKind.SLACK, "C0123456789", test=test)
    assert faults(slack_message(told, LINKS)) == []


def test_the_rules_find_what_slack_would_refuse() -> None:
    good = slack_message(notification(), LINKS)
    header, section, *_ = good["blocks"]
    wrong = [
        [header] * 2,
        [],
        [{**header, "text": {"type": "mrkdwn", "text": "x"}}],
        [{**header, "text": {"type": "plain_text", "text": "x" * 151}}],
        [{**section, "text": {"type": "plain_text", "text": ""}}],
        [{**section, "colour": "red"}],
    ]
    assert all(faults({**good, "blocks": blocks}) for blocks in wrong)


def test_a_message_says_what_the_alert_says_and_links_to_two_pages() -> None:
    blocks = {block["block_id"]: block for block in slack_message(notification(), LINKS)["blocks"]}
    assert blocks["headline"]["text"]["text"] == "Health dropped: Example Retail 00042"
    assert "fell from “watch” to “critical”" in blocks["reason"]["text"]["text"]
    assert "*Value at risk*\n€125,000" in [field["text"] for field in blocks["facts"]["fields"]]
    act, account = blocks["links"]["elements"]
    assert account["url"] == "https://console.example.test/account?id=A-1#alerts"
    assert act["url"].startswith("https://console.example.test/act?t=")


def test_the_end_of_an_alert_leaves_nothing_to_act_on() -> None:
    (links,) = [
        block
        for block in slack_message(notification(band_recovered()), LINKS)["blocks"]
        if block["block_id"] == "links"
    ]
    assert [button["action_id"] for button in links["elements"]] == ["open_account"]


def test_a_hostile_name_becomes_no_mention_no_link_and_no_format() -> None:
    message = slack_message(notification(band_dropped(account_name=HOSTILE)), LINKS)
    assert "<" not in message["text"]
    for block in message["blocks"]:
        for text in [block.get("text"), *block.get("fields", [])]:
            assert text is None or text["type"] == "plain_text" or "<" not in text["text"]


def test_what_is_posted_is_authorized_and_names_the_channel(slack: Slack, web: WebServer) -> None:
    assert slack.send(notification()) == "ts 1700000000.000100 in C0123456789 for C0123456789"
    (request,) = web.requests
    assert request.path == "/api/chat.postMessage"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    body = json.loads(request.body)
    assert (body["channel"], body["unfurl_links"]) == ("C0123456789", False)
    assert body["metadata"]["event_payload"]["notification_id"] == notification().id


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(body=b'{"ok": false, "error": "channel_not_found"}'), Refused),
        (Reply(body=b'{"ok": false, "error": "is_archived"}'), Refused),
        (Reply(body=b'{"ok": false, "error": "invalid_blocks"}'), Refused),
        (Reply(body=b'{"ok": false, "error": "invalid_auth"}'), Away),
        (Reply(body=b'{"ok": false, "error": "missing_scope"}'), Away),
        (Reply(body=b'{"ok": false, "error": "something_new"}'), NotNow),
        (Reply(body=b"<html>proxy</html>"), NotNow),
        (Reply(302, {"location": "/elsewhere"}), NotNow),
        (Reply(503), Away),
    ],
    ids=lambda it: it.body.decode()[:40] if isinstance(it, Reply) else it.__name__,
)
def test_each_answer_means_one_thing(slack: Slack, web: WebServer, reply: Reply, error: type[Undelivered]) -> None:
    web.reply = lambda _: reply
    with pytest.raises(error) as caught:
        slack.send(notification())
    assert type(caught.value) is error
    assert TOKEN not in caught.value.detail


def test_slack_that_cannot_be_reached_is_away(time: Time) -> None:
    settings = SlackSettings(token=SecretStr(TOKEN), api_url="http://127.0.0.1:1/api")
    outbound = Outbound(OutboundSettings(private_hosts=("127.0.0.1",)))
    with pytest.raises(Away):
        Slack(settings, outbound, rendered, time, Threads()).send(notification())


def test_a_channel_gets_one_message_a_second_and_others_are_not_held_up(
    slack: Slack, web: WebServer, time: Time
) -> None:
    alerts = [notification(band_dropped(f"A-{number}")) for number in range(3)]
    slack.send(alerts[0])
    waits = [_wait(slack, one) for one in alerts[1:]]
    assert waits == [1, 2]
    other = Notification(band_dropped("B-1"), OWNER, manager().data, ContactKind.SLACK, "U0000000001")
    slack.send(other)
    time.now += timedelta(seconds=1)
    slack.send(alerts[1])
    assert _wait(slack, alerts[2]) == 1
    time.now += timedelta(seconds=1)
    slack.send(alerts[2])
    assert len(web.requests) == 4


def test_a_channel_that_had_too_much_is_left_alone_as_long_as_slack_says(
    slack: Slack, web: WebServer, time: Time
) -> None:
    web.reply = lambda _: Reply(429, {"retry-after": "30"})
    with pytest.raises(NotNow) as caught:
        slack.send(notification())
    assert caught.value.after_s == 30
    web.reply = lambda _: OK
    assert _wait(slack, notification(band_dropped("A-2"))) == 30
    time.now += timedelta(seconds=30)
    slack.send(notification(band_dropped("A-2")))


@pytest.mark.parametrize("address", ["", "#general", "c0123456789", "https://hooks.slack.com/x", "C01 23", "C0123\n"])
def test_an_address_that_is_no_id_is_not_posted_to(slack: Slack, address: str) -> None:
    assert slack.fault_of(address)
    assert not slack.fault_of("U0123ABCD")


@pytest.fixture
def desk(slack: Slack, time: Time) -> Iterator[Desk]:
    made = Desk(None, slack)
    made.directory.learn(manager(channels=(Contact(kind=ContactKind.SLACK, address="C0123456789"),)))
    yield made
    made.sender.close()


def test_a_burst_is_spread_out_by_the_stage_and_costs_each_alert_one_receipt(
    desk: Desk, web: WebServer, time: Time
) -> None:
    desk.handle(*(band_dropped(f"A-{number}") for number in range(20)))
    told_at = {}

    def note(_: Request) -> Reply:
        told_at[len(web.requests)] = desk.now
        return OK

    web.reply = note
    while desk.sender.waiting:
        time.now += timedelta(seconds=0.25)
        desk.pass_time(0.25)
    assert len(web.requests) == 20
    moments = list(told_at.values())
    assert min(later - earlier for earlier, later in pairwise(moments)) >= timedelta(seconds=1)
    deferred = [receipt for receipt in desk.log.receipts if receipt.outcome is Outcome.DEFERRED]
    assert {receipt.reason for receipt in deferred} == {OutcomeReason.PACED}
    assert len(deferred) == 19
    assert desk.balanced()


def _wait(slack: Slack, told: Notification) -> float:
    with pytest.raises(Paced) as caught:
        slack.send(told)
    return caught.value.after_s
