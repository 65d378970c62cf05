"""What a link in a message opens: a page. Only a person who presses a button there changes something, once."""

import hmac
import html
import re
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from consumers.console.pages.slack import is_from_slack
from consumers.runtime.message_links import MessageLinks
from schemas.alerts import AlertKind, StepKind, StepReason, alert_id
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason, notification_id
from schemas.events.managers import ContactKind
from schemas.ids import AccountId, ManagerId
from tests.console import samples
from tests.console.fixtures import Visitors
from tests.console.gateway_stand_in import GatewayStandIn
from tests.console.serving import LINK_KEYS, SLACK_SECRET
from tests.console.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ACCOUNT = "L-100"
ALERT = alert_id(AccountId(ACCOUNT), AlertKind.BAND_DROPPED, 1)
SENT = notification_id(f"{ALERT}:1", ManagerId("AM-1"), ContactKind.EMAIL)
FOREIGN = notification_id("foreign:1", ManagerId("AM-1"), ContactKind.EMAIL)
LATER = timedelta(hours=1)


@pytest.fixture(scope="module", autouse=True)
def mailed(told: World) -> None:
    """AM-1 was sent a mail about an own account, and another about one that is now somebody else's."""
    told.tell(
        samples.profile(ACCOUNT, "Linked Retail", "AM-1"),
        samples.step(ACCOUNT, name="Linked Retail"),
        receipt(SENT, ALERT, ACCOUNT),
        receipt(FOREIGN, alert_id(AccountId("B-1"), AlertKind.BAND_DROPPED, 1), "B-1"),
    )


@pytest.fixture(autouse=True)
def empty_gateway(gateway: GatewayStandIn) -> None:
    gateway.requests.clear()
    gateway.status = 202


@pytest.fixture
def anybody(visitors: Visitors) -> httpx.Client:
    """A browser in which nobody is signed in."""
    return visitors()


def receipt(name: str, alert: str, account: str) -> DeliveryReceipt:
    return DeliveryReceipt.model_validate(
        {
            "notification_id": name,
            "alert_id": alert,
            "step_id": f"{alert}:1",
            "account_id": account,
            "recipient": "AM-1",
            "channel": ContactKind.EMAIL,
            "attempt": 1,
            "outcome": Outcome.DELIVERED,
            "reason": OutcomeReason.ACCEPTED,
            "at": samples.NOW,
        }
    )


def link(name: str = SENT, *, ends: timedelta = LATER, keys: SecretStr = LINK_KEYS) -> str:
    return f"/act?t={MessageLinks(keys).sign(name, datetime.now(UTC) + ends)}"


def buttons(page: str) -> dict[str, dict[str, str]]:
    """The fields of each form, by its action."""
    found = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in re.findall(r"<form.*?</form>", page)]
    return {fields["action"]: fields for fields in found}


def scanned(browser: httpx.Client, path: str) -> list[str]:
    """What a scanner gets that opens an address twice, each time looking first."""
    answers = [browser.request(method, path) for method in ("HEAD", "GET", "HEAD", "GET")]
    assert not any("set-cookie" in answer.headers for answer in answers)
    return [answer.text for answer in answers]


def leads_from(page: str) -> list[str]:
    """Every address in a page, and that of every form with its fields."""
    leads = [html.unescape(found) for found in re.findall(r'(?:href|src)="([^"#]+)"', page)]
    return leads + [f"/act?{httpx.QueryParams(fields)}" for fields in buttons(page).values()]


def press(browser: httpx.Client, button: str, **changed: str) -> httpx.Response:
    return browser.post("/act", data=buttons(browser.get(link()).text)[button] | changed)


def test_a_link_shows_the_alert_in_words_with_buttons_to_who_is_not_signed_in(anybody: httpx.Client) -> None:
    page = anybody.get(link())
    assert page.status_code == 200
    assert "The health of Linked Retail fell" in page.text
    assert set(buttons(page.text)) == {"acknowledge", "snooze-1", "snooze-3", "snooze-7", "useful", "not-useful"}
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers


def test_a_scanner_that_opens_everything_twice_changes_nothing(anybody: httpx.Client, gateway: GatewayStandIn) -> None:
    """As scanners do: every address and every form's target is fetched, with what the form holds."""
    first = scanned(anybody, link())
    found = {one for page in first for one in leads_from(page) if "://" not in one}
    assert len(found) > 6
    for path in found:
        scanned(anybody, path)
    assert gateway.requests == []


@pytest.mark.parametrize(
    ("action", "event_type", "more"),
    [
        ("acknowledge", "alert.acknowledged.v1", {}),
        ("useful", "alert.rated.v1", {"useful": True}),
        ("not-useful", "alert.rated.v1", {"useful": False}),
    ],
)
def test_a_press_is_one_event_that_says_it_came_through_a_link(
    anybody: httpx.Client, gateway: GatewayStandIn, action: str, event_type: str, more: dict[str, Any]
) -> None:
    answer = press(anybody, action)
    assert answer.status_code == 303
    assert "Sent. It shows here" in anybody.get(answer.headers["location"]).text
    ((_, event),) = gateway.requests
    assert (event["type"], event["source"], event["subject"]) == (event_type, "console", ACCOUNT)
    through = "Through a link sent to AM-1 over email"
    assert event["data"] == {"alert_id": ALERT, "actor": "AM-1", "comment": through, **more}


def test_a_snooze_ends_as_many_days_after_the_page_was_opened_as_the_button_says(
    anybody: httpx.Client, gateway: GatewayStandIn
) -> None:
    press(anybody, "snooze-3")
    ((_, event),) = gateway.requests
    until = datetime.fromisoformat(event["data"]["until"])
    assert event["type"] == "alert.snoozed.v1"
    assert timedelta(0) <= datetime.now(UTC) + timedelta(days=3) - until < timedelta(minutes=1)


@pytest.mark.parametrize("action", ["acknowledge", "snooze-1", "useful"])
def test_pressing_twice_is_one_fact(anybody: httpx.Client, gateway: GatewayStandIn, action: str) -> None:
    form = buttons(anybody.get(link()).text)[action]
    for _ in range(3):
        anybody.post("/act", data=form)
    events = gateway.events(ACCOUNT)
    assert len(events) == 3
    assert len({event["id"] for event in events}) == 1
    assert len({event["data"].get("until") for event in events}) == 1


def test_acknowledging_through_a_link_and_in_the_console_is_one_fact(
    anybody: httpx.Client, mine: httpx.Client, gateway: GatewayStandIn
) -> None:
    press(anybody, "acknowledge")
    csrf = re.search(r'name="csrf" value="([^"]+)"', mine.get("/inbox").text)
    assert csrf
    mine.post("/inbox/acknowledge", data={"csrf": csrf[1], "alert": ALERT})
    first, second = gateway.events(ACCOUNT)
    assert first["id"] == second["id"]


def test_a_link_that_is_too_old_says_so_and_acts_no_more(anybody: httpx.Client, gateway: GatewayStandIn) -> None:
    old = link(ends=-timedelta(seconds=2))
    page = anybody.get(old)
    assert page.status_code == 410
    assert "too old" in page.text
    form = buttons(anybody.get(link()).text)["acknowledge"] | {"t": old.partition("=")[2]}
    assert anybody.post("/act", data=form).status_code == 410
    assert gateway.requests == []


@pytest.mark.parametrize("kind", ["empty", "nonsense", "other key", "cut off", "page token"])
def test_a_forged_link_says_so_and_acts_never(anybody: httpx.Client, gateway: GatewayStandIn, kind: str) -> None:
    form = buttons(anybody.get(link()).text)["acknowledge"]
    token = {
        "empty": "",
        "nonsense": "abc.def",
        "other key": link(keys=SecretStr("x" * 40)).partition("=")[2],
        "cut off": link().partition("=")[2][:-4],
        "page token": form["page"],
    }[kind]
    page = anybody.get("/act", params={"t": token})
    assert page.status_code == 404
    assert "no link of ours" in page.text
    assert anybody.post("/act", data=form | {"t": token}).status_code == 404
    assert gateway.requests == []


def test_links_signed_with_the_key_before_still_open(anybody: httpx.Client) -> None:
    _, old = LINK_KEYS.get_secret_value().split()
    assert anybody.get(link(keys=SecretStr(old))).status_code == 200


@pytest.mark.parametrize("page", ["", "abc.def", "of another link", "of yesterday", "of tomorrow"])
def test_a_form_that_no_page_of_this_link_gave_is_refused(
    anybody: httpx.Client, gateway: GatewayStandIn, page: str
) -> None:
    pages, now = MessageLinks(LINK_KEYS, "message-link-page-v1"), datetime.now(UTC)
    forged = {
        "of another link": pages.sign(FOREIGN, now),
        "of yesterday": pages.sign(SENT, now - timedelta(days=1)),
        "of tomorrow": pages.sign(SENT, now + timedelta(days=1)),
    }.get(page, page)
    assert press(anybody, "acknowledge", page=forged).status_code == 403
    assert gateway.requests == []


def test_a_button_that_there_is_not_is_refused(anybody: httpx.Client, gateway: GatewayStandIn) -> None:
    assert press(anybody, "useful", action="resolve").status_code == 404
    assert gateway.requests == []


def test_a_post_from_another_site_is_refused(anybody: httpx.Client, gateway: GatewayStandIn) -> None:
    form = buttons(anybody.get(link()).text)["acknowledge"]
    assert anybody.post("/act", data=form, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert gateway.requests == []


def test_an_account_that_went_to_somebody_else_is_not_shown_and_not_acted_on(
    anybody: httpx.Client, gateway: GatewayStandIn
) -> None:
    page = anybody.get(link(FOREIGN))
    assert page.status_code == 404
    assert "Foreign Retail" not in page.text
    form = buttons(anybody.get(link()).text)["acknowledge"] | {"t": link(FOREIGN).partition("=")[2]}
    assert anybody.post("/act", data=form).status_code == 404
    assert gateway.requests == []


def test_a_link_that_is_opened_before_its_receipt_has_come_asks_for_patience(anybody: httpx.Client) -> None:
    page = anybody.get(link("0" * 32))
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "not known yet" in page.text


def test_a_closed_alert_can_only_be_rated(told: World, anybody: httpx.Client) -> None:
    account = "L-200"
    alert = alert_id(AccountId(account), AlertKind.BAND_DROPPED, 1)
    name = notification_id(f"{alert}:1", ManagerId("AM-1"), ContactKind.EMAIL)
    told.tell(
        samples.profile(account, "Settled Retail", "AM-1"),
        samples.step(account, name="Settled Retail"),
        samples.step(account, 2, step_kind=StepKind.RESOLVED, reason=StepReason.BAND_RECOVERED, name="Settled Retail"),
        receipt(name, alert, account),
    )
    page = anybody.get(link(name)).text
    assert "This alert is closed" in page
    assert set(buttons(page)) == {"useful", "not-useful"}


@pytest.mark.parametrize(("status", "advice"), [(503, "busy"), (422, "refused")])
def test_a_gateway_that_does_not_take_it_is_told(
    anybody: httpx.Client, gateway: GatewayStandIn, status: int, advice: str
) -> None:
    gateway.status = status
    answer = press(anybody, "acknowledge")
    assert answer.status_code == 503
    assert advice in answer.text


def test_slack_is_answered_when_it_has_signed_and_nothing_else_happens(
    anybody: httpx.Client, gateway: GatewayStandIn
) -> None:
    body = b"payload=%7B%22type%22%3A%22block_actions%22%7D"
    stamp = str(int(time.time()))
    signature = signed(stamp, body)
    good = {"x-slack-request-timestamp": stamp, "x-slack-signature": signature}
    assert anybody.post("/slack/pressed", content=body, headers=good).status_code == 200
    for wrong in ({}, good | {"x-slack-signature": signature[:-1]}, good | {"x-slack-request-timestamp": "1"}):
        assert anybody.post("/slack/pressed", content=body, headers=wrong).status_code == 401
    assert anybody.post("/slack/pressed", content=body + b"x", headers=good).status_code == 401
    assert gateway.requests == []


def test_what_slack_signed_is_good_for_five_minutes() -> None:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    stamp = str(int(now.timestamp()))
    for seconds, good in ((0, True), (300, True), (301, False), (-301, False)):
        at = now + timedelta(seconds=seconds)
        assert is_from_slack(SLACK_SECRET.get_secret_value(), stamp, b"x", signed(stamp, b"x"), at) is good
    assert not is_from_slack(SLACK_SECRET.get_secret_value(), "now", b"x", signed("now", b"x"), now)


def test_a_link_s_page_fits_a_phone_and_its_button_works(
    browser: "Browser", address: str, gateway: GatewayStandIn
) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(address + link())
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="I take care of it").click()
    page.get_by_text("Sent. It shows here").wait_for()
    assert [event["type"] for event in gateway.events(ACCOUNT)] == ["alert.acknowledged.v1"]
    page.close()


def signed(stamp: str, body: bytes) -> str:
    key = SLACK_SECRET.get_secret_value().encode()
    return "v0=" + hmac.new(key, f"v0:{stamp}:".encode() + body, sha256).hexdigest()
