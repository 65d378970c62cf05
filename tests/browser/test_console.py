"""The journeys of an account manager in a real browser."""

import re
import time
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schemas.alerts import AlertKind, StepKind, StepReason, alert_id
from schemas.catalogue import AnyEvent
from schemas.health import Dimension
from schemas.ids import AccountId
from tests.cable import cable
from tests.console import samples
from tests.console.fixtures import HOSTILE, HOSTILE_ID
from tests.console.gateway_stand_in import GatewayStandIn
from tests.console.serving import token
from tests.console.world import World
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

COMMERCE = Dimension.COMMERCE


@pytest.fixture(scope="module", autouse=True)
def account(told: World) -> None:
    told.tell(
        samples.profile("W-1", "Watched Retail", "AM-1"),
        samples.snapshot("W-1", {"orders": (COMMERCE, 3.0)}, at=samples.ago(hours=9)),
    )


def order(number: str) -> AnyEvent:
    return samples.event(
        "purchase.order_placed", "W-1", number, {"order_id": number, "amount": "10", "currency": "EUR"}
    )


def live(page: "Page", path: str) -> None:
    """Open the page and wait until it is live."""
    page.goto(path)
    page.wait_for_selector("#live.live")


def test_event_and_score_show_on_the_open_page_within_a_second(told: World, page: "Page") -> None:
    live(page, "/account?id=W-1")
    page.evaluate("document.body.dataset.loaded = 'once'")
    took_s = []
    for version in (2, 3, 4):  # the machine may be busy with other things: the best of three counts
        bought, score = order(f"O-seen-{version}"), 59.5 + version
        signals = {"orders": (COMMERCE, 9.5 + version)}
        began = time.monotonic()
        told.publish(bought, samples.snapshot("W-1", signals, version=version, previous=53.0, cause=bought))
        page.wait_for_selector(f"#score .big b:text-is('{score}')", timeout=10_000)
        page.wait_for_selector(f"#timeline li:first-child:has-text('{bought.id}')", timeout=10_000)
        took_s.append(time.monotonic() - began)
        points = page.locator("#timeline li", has_text=bought.id).locator(".pts")
        until(lambda: points.all_inner_texts() == [f"+{score - 53.0 + 0.3:.1f}"], 5)  # noqa: B023 - called at once
        assert f"53.0 → {score}" in page.locator("#changes li").first.inner_text()
    assert page.evaluate("document.body.dataset.loaded") == "once"
    assert min(took_s) < 1.0


def test_alert_shows_in_the_inbox_and_its_acknowledgement_comes_back(
    told: World, page: "Page", gateway: GatewayStandIn
) -> None:
    live(page, "/inbox")
    before = int(page.locator("#open-alerts").inner_text())
    told.publish(samples.step("W-1", name="Watched Retail"))
    card = page.locator("#episodes > li").first
    card.get_by_text("The health of Watched Retail fell").wait_for()
    until(lambda: int(page.locator("#open-alerts").inner_text()) == before + 1, 10)
    assert int(page.locator("#count-open").inner_text()) == before + 1

    card.get_by_role("button", name="Acknowledge").click()
    card.get_by_text("waiting for the confirmation").wait_for()
    (event,) = gateway.events("W-1")
    assert event["data"] == {"alert_id": alert_id(AccountId("W-1"), AlertKind.BAND_DROPPED, 1), "actor": "AM-1"}

    told.publish(samples.step("W-1", 2, step_kind=StepKind.ACKNOWLEDGED, reason=StepReason.BY_PERSON, actor="AM-1"))
    card.get_by_text("Acknowledged by Manager 05").wait_for()
    assert card.get_by_role("button", name="Acknowledge").count() == 0
    until(lambda: int(page.locator("#open-alerts").inner_text()) == before, 10)


def test_page_misses_nothing_while_the_network_is_gone(told: World, browser: "Browser", address: str) -> None:
    with cable(address) as line:
        context = browser.new_context(base_url=line.address)
        context.request.post("/sign-in", form={"manager": "AM-1"})
        page = context.new_page()
        live(page, "/account?id=W-1")
        line.cut()
        page.wait_for_selector("#live.away", timeout=10_000)
        told.publish(*(order(f"O-gap-{number}") for number in range(3)))
        line.mend()
        page.wait_for_selector("#timeline li:has-text('O-gap-2')", timeout=15_000)
        titles = page.locator("#timeline li b").all_inner_texts()
        context.close()
    assert [title for title in titles if "O-gap" in title] == [
        f"Order placed: O-gap-{number}, €10.00" for number in (2, 1, 0)
    ]


def test_worklist_row_follows_the_score(told: World, page: "Page") -> None:
    live(page, "/?q=Watched")
    told.publish(samples.snapshot("W-1", {"orders": (COMMERCE, -30.0)}, version=9))
    page.wait_for_selector(".row-score b:text-is('20.0')", timeout=5000)
    assert page.locator(".row-score .band").inner_text() == "Critical"


def test_hostile_names_do_nothing(page: "Page") -> None:
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    live(page, "/")
    page.get_by_role("link", name=HOSTILE).click()
    page.wait_for_selector("#live.live")
    assert page.locator("h1").inner_text() == HOSTILE
    assert HOSTILE_ID in page.locator(".sub").inner_text()
    assert said == []


def test_mail_is_read_in_a_frame_where_nothing_runs(page: "Page", mail_dir: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "pulse@example.test", "am-1@example.test", "Health dropped"
    message.set_content("plain words")
    message.add_alternative("<h1>rich words</h1><script>document.body.innerText='ran'</script>", subtype="html")
    (mail_dir / "0001.eml").write_bytes(message.as_bytes())
    page.goto("/mail")
    page.get_by_role("link", name=re.compile("Health dropped")).click()
    assert page.frame_locator("iframe.mail").locator("h1").inner_text() == "rich words"


_SWEDISH_AGE = re.compile(r"för \d+ (sek|min|tim)")


def test_the_language_is_switched_on_the_page_and_ages_go_on_in_it(page: "Page") -> None:
    live(page, "/account?id=W-1")
    page.locator(".languages summary").click()
    page.get_by_role("button", name="Svenska").click()
    page.wait_for_selector("html[lang=sv] #live.live")
    assert page.url.endswith("/account?id=W-1")
    assert _SWEDISH_AGE.match(page.locator("#score time").inner_text())
    page.evaluate("document.querySelectorAll('time').forEach(one => { one.textContent = '' })")
    until(lambda: _SWEDISH_AGE.match(page.locator("#score time").inner_text()) is not None, 15)


def test_everything_can_be_read_without_scripts(browser: "Browser", address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    context.request.post("/sign-in", form={"manager": "AM-1"})
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="Example Retail 1", exact=True).click()
    assert page.locator("#timeline li").count() > 0
    page.get_by_role("button", name="Acknowledge").first.click()
    assert "Your acknowledgement was sent" in page.locator("main").inner_text()
    context.close()


@pytest.mark.parametrize(
    ("width", "language"),
    [(360, "en"), (360, "de"), (360, "es"), (360, "nb"), (360, "sv"), (768, "de"), (1280, "es"), (1920, "en")],
)
def test_no_page_is_wider_than_its_window(browser: "Browser", address: str, width: int, language: str) -> None:
    context = browser.new_context(base_url=address, viewport={"width": width, "height": 800})
    context.request.post("/sign-in", form={"manager": "VP-1"})
    page = context.new_page()
    page.goto("/")
    context.request.post("/language", form={"csrf": token(page.content()), "language": language})
    for path in ("/", "/account?id=A-1", "/inbox", "/inbox?state=historic", "/team", "/mail", "/sign-in"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()
