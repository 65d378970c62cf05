"""What is told of one episode in Slack is one thread, after a restart too, and stands by itself where there is none."""

import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from pydantic import SecretStr

from consumers.delivery.channels.links import Links
from consumers.delivery.channels.outbound import Outbound
from consumers.delivery.channels.slack import Slack
from consumers.delivery.channels.slack_message import slack_message
from consumers.delivery.channels.slack_threads import Thread, Threads, answer
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.targets import OutboundSettings, SlackSettings
from schemas.alerts import AlertStep, StepKind, StepReason
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason
from schemas.events.managers import Contact, ContactKind
from schemas.ids import AlertId
from tests.delivery.desk import Desk, Log
from tests.delivery.samples import OWNER, band_dropped, band_recovered, manager
from tests.delivery.webserver import Reply, Request, WebServer

LINKS = Links("https://console.example.test", SecretStr("k" * 40))
CHANNEL, MEMBER = "C0123456789", "U0000000001"
OPENED, ENDED = band_dropped(), band_recovered(step_no=3)
ESCALATED = band_dropped(
    step_no=2, step=StepKind.ESCALATED, reason=StepReason.UNACKNOWLEDGED, escalation_chain=(OWNER,)
)


class Workspace:
    """Slack as it documents itself: a member's messages are in a conversation of its own, a reply needs its parent."""

    def __init__(self) -> None:
        self.posts: dict[str, dict[str, Any]] = {}
        self.asked = 0
        self.refusal = "thread_not_found"

    def __call__(self, request: Request) -> Reply:
        body, self.asked = json.loads(request.body), self.asked + 1
        channel = {MEMBER: "D0000000001"}.get(body["channel"], body["channel"])
        parent = body.get("thread_ts")
        if parent and self.posts.get(parent, {}).get("in") != channel:
            return Reply(body=json.dumps({"ok": False, "error": self.refusal}).encode())
        ts = f"1700000000.{self.asked:06}"
        self.posts[ts] = {**body, "in": channel}
        return Reply(body=json.dumps({"ok": True, "channel": channel, "ts": ts}).encode())


@pytest.fixture
def workspace(web: WebServer) -> Workspace:
    made = Workspace()
    web.reply = made
    return made


Start = Callable[..., Desk]


@pytest.fixture
def start(web: WebServer, workspace: Workspace) -> Start:
    """A process of delivery that has folded the receipts there are; a second one is a restart."""

    def started(log: Log | None = None, address: str = CHANNEL) -> Desk:
        threads = Threads()
        settings = SlackSettings(token=SecretStr("xoxb-a-token-of-tests"), api_url=f"{web.url}/api", gap_s=0)
        outbound = Outbound(OutboundSettings(private_hosts=(web.host,)))

        def render(told: Notification | Digest) -> dict[str, Any]:
            assert isinstance(told, Notification)
            return slack_message(told, LINKS)

        desk = Desk(None, Slack(settings, outbound, render, lambda: desk.now, threads), log=log)
        desk.sender.desk.threads = threads
        desk.directory.learn(manager(channels=(Contact(kind=ContactKind.SLACK, address=address),)))
        desk.follow()
        return desk

    return started


def told(desk: Desk, *steps: AlertStep) -> None:
    """One batch after the other, and all that is due of each."""
    for step in steps:
        desk.handle(step)
        while desk.sender.waiting:
            desk.pass_time(1)


def replies(workspace: Workspace) -> list[tuple[str, str | None, bool | None]]:
    return [(it["channel"], it.get("thread_ts"), it.get("reply_broadcast")) for it in workspace.posts.values()]


FIRST = "1700000000.000001"


def test_what_follows_in_an_episode_is_a_reply_and_its_end_alone_is_not_shown_in_the_channel(
    start: Start, workspace: Workspace
) -> None:
    told(start(), OPENED, ESCALATED, ENDED)
    assert replies(workspace) == [(CHANNEL, None, None), (CHANNEL, FIRST, True), (CHANNEL, FIRST, False)]


def test_another_episode_is_another_thread(start: Start, workspace: Workspace) -> None:
    told(start(), OPENED, band_dropped("A-2"))
    assert [thread for _, thread, _ in replies(workspace)] == [None, None]


def test_a_restart_goes_on_in_the_thread(start: Start, workspace: Workspace) -> None:
    first = start()
    told(first, OPENED)
    second = start(first.log)
    told(second, ESCALATED)
    told(start(second.log), ENDED)
    assert [thread for _, thread, _ in replies(workspace)] == [None, FIRST, FIRST]


def test_a_member_s_thread_is_in_the_conversation_that_slack_named(start: Start, workspace: Workspace) -> None:
    first = start(address=MEMBER)
    told(first, OPENED)
    told(start(first.log, MEMBER), ESCALATED)
    assert replies(workspace) == [(MEMBER, None, None), ("D0000000001", FIRST, True)]


def test_whoever_is_told_at_another_address_than_before_is_told_there(start: Start, workspace: Workspace) -> None:
    first = start()
    told(first, OPENED)
    told(start(first.log, MEMBER), ESCALATED)
    assert replies(workspace) == [(CHANNEL, None, None), (MEMBER, None, None)]


@pytest.mark.parametrize(
    "refusal", ["thread_not_found", "cannot_reply_to_message", "restricted_action_non_threadable_channel"]
)
def test_where_the_thread_is_gone_a_message_stands_by_itself_and_begins_another(
    start: Start, workspace: Workspace, refusal: str
) -> None:
    workspace.refusal = refusal
    desk = start()
    told(desk, OPENED)
    workspace.posts.clear()
    told(desk, ESCALATED, ENDED)
    ((began, standing), (_, reply)) = workspace.posts.items()
    assert ("thread_ts" in standing, reply["thread_ts"]) == (False, began)
    assert [receipt.outcome for receipt in desk.log.receipts] == [Outcome.DELIVERED] * 3


def test_a_reply_that_comes_too_soon_is_tried_again_in_its_thread(
    start: Start, workspace: Workspace, web: WebServer
) -> None:
    desk = start()
    told(desk, OPENED)
    web.reply = lambda _: Reply(429, {"retry-after": "30"})
    desk.handle(ESCALATED)
    web.reply = workspace
    desk.pass_time(29)
    assert len(workspace.posts) == 1
    desk.pass_time(1)
    assert [thread for _, thread, _ in replies(workspace)] == [None, FIRST]


def test_a_message_that_tries_out_the_channel_is_in_no_thread(start: Start, workspace: Workspace) -> None:
    desk = start()
    told(desk, OPENED)
    profile = desk.directory.find(OWNER)
    assert profile is not None
    desk.sender.channels[ContactKind.SLACK].send(
        Notification(ESCALATED, OWNER, profile, ContactKind.SLACK, CHANNEL, test=True)
    )
    assert [thread for _, thread, _ in replies(workspace)] == [None, None]


def receipt(alert: str, detail: str, **changes: Any) -> DeliveryReceipt:
    fields = {
        "notification_id": "0" * 32,
        "alert_id": AlertId(alert),
        "step_id": f"{alert}:1",
        "account_id": "A-1",
        "recipient": OWNER,
        "channel": ContactKind.SLACK,
        "attempt": 1,
        "outcome": Outcome.DELIVERED,
        "reason": OutcomeReason.ACCEPTED,
        "detail": detail,
        "at": OPENED.at,
    }
    return DeliveryReceipt.model_validate(fields | changes)


ALERT = AlertId("a" * 32)


def test_the_order_of_the_receipts_and_that_one_comes_twice_change_nothing() -> None:
    gone, begun = Thread(CHANNEL, "1700000000.000001"), Thread(CHANNEL, "1700000000.000003")
    details = [
        answer(gone.ts, CHANNEL, CHANNEL, None),
        answer("1700000000.000002", CHANNEL, CHANNEL, gone),
        answer(begun.ts, CHANNEL, CHANNEL, None),
        answer("1700000000.000004", CHANNEL, CHANNEL, begun),
    ]
    for order in permutations([*details, details[0]]):
        threads = Threads()
        for detail in order:
            threads.note(receipt(ALERT, detail))
        assert threads.find(ALERT, CHANNEL) == begun


@pytest.mark.parametrize(
    "changes",
    [
        {"detail": f"digest {'0' * 32}: ts 1700000000.000001 in C1 for {CHANNEL}", "reason": OutcomeReason.IN_DIGEST},
        {"outcome": Outcome.FAILED},
        {"channel": ContactKind.EMAIL},
        {"detail": "ts unknown in C1 for C1"},
    ],
    ids=["digest", "failed", "mail", "unknown"],
)
def test_what_is_no_message_of_one_alert_begins_no_thread(changes: dict[str, Any]) -> None:
    threads = Threads()
    threads.note(receipt(ALERT, **({"detail": answer(FIRST, CHANNEL, CHANNEL, None)} | changes)))
    assert threads.find(ALERT, CHANNEL) is None


def test_no_more_threads_are_kept_than_was_said_and_the_latest_stay() -> None:
    threads = Threads(most=2)
    for number in range(4):
        threads.note(receipt(f"{number}" * 32, answer(FIRST, CHANNEL, CHANNEL, None)))
    assert [bool(threads.find(AlertId(f"{number}" * 32), CHANNEL)) for number in range(4)] == [False, False, True, True]
