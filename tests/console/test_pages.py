"""What the pages show, read without JavaScript."""

import re
from contextlib import ExitStack
from decimal import Decimal
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

import httpx
import pytest

from consumers.runtime.wording.reader import MINUS
from schemas.health import Dimension
from tests.console import samples
from tests.console.fixtures import HOSTILE, HOSTILE_ID, Visitors
from tests.console.serving import client, console, settings
from tests.console.world import World

PAGES = (
    "/",
    "/?band=watch",
    "/account?id=A-1",
    "/account?id=A-4",
    "/account?" + urlencode({"id": HOSTILE_ID}),
    "/account/events?" + urlencode({"id": "A-1", "before": samples.NOW.isoformat(), "before_id": "zzz"}),
    "/inbox",
    "/inbox?state=historic",
    "/mail",
    "/sign-in",
    "/nothing-here",
)


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="account"><a [^>]*>([^<]+)</a>', page)


def test_worklist_ranks_the_worst_first_and_shows_own_accounts_alone(mine: httpx.Client) -> None:
    found = names(mine.get("/").text)
    assert found[0] == "Example Retail 1"
    assert found[-1] == "Example Retail 4 without signal"
    assert "Foreign Retail 1" not in found
    assert "Example Retail 3" not in found


def test_lead_sees_the_accounts_of_everybody_below(visitors: Visitors) -> None:
    found = names(visitors("L-1").get("/").text)
    assert {"Example Retail 1", "Example Retail 3"} <= set(found)
    assert "Foreign Retail 1" not in found


def test_worklist_says_why_with_points(mine: httpx.Client) -> None:
    row = mine.get("/?q=Example+Retail+1").text.split("<tbody>")[1]
    assert "1 open complaint." in row
    assert "Complaints that cost money" in row
    assert f"{MINUS}22.0" in row
    assert "€48,000" in row


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"band": "critical"}, {"Example Retail 1"}),
        ({"band": "none"}, {"Example Retail 4 without signal"}),
        ({"q": "retail 2"}, {"Example Retail 2"}),
        ({"q": "A-4"}, {"Example Retail 4 without signal"}),
        (
            {"q": "'; DROP TABLE"},
            {"&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;Sons&#34; &#39;; DROP TABLE health; --\\"},
        ),
        ({"q": "' OR 1=1 --"}, set()),
        ({"band": "no such band", "q": "retail 2"}, {"Example Retail 2"}),
    ],
)
def test_worklist_filters(mine: httpx.Client, query: dict[str, str], expected: set[str]) -> None:
    assert set(names(mine.get("/", params=query).text)) == expected


def test_worklist_pages_hold_fifty(told: World, visitors: Visitors) -> None:
    accounts = [f"P-{number:03d}" for number in range(60)]
    told.tell(*(samples.profile(one, f"Paged {one}", "AM-9") for one in accounts))
    told.tell(*(samples.snapshot(one, {"orders": (Dimension.COMMERCE, 1.0)}, owner="AM-9") for one in accounts))
    own = visitors("AM-9")
    first, second = names(own.get("/").text), names(own.get("/?page=2").text)
    assert (len(first), len(second)) == (50, 10)
    assert len({*first, *second}) == 60


def test_shown_points_add_up_to_the_shown_score(mine: httpx.Client) -> None:
    page = mine.get("/account?id=A-1").text
    table = page.split('class="waterfall"')[1].split("</table>")[0]
    shown = [Decimal(text.replace(MINUS, "-")) for text in re.findall(r'class="num">([+−]?[\d.]+)</td>', table)]
    total = Decimal(re.search(r'class="num"><b>([\d.]+)</b>', table)[1])  # type: ignore[index]  # absent fails the test
    big = re.search(r'class="big"><b>([\d.]+)</b>', page)
    assert len(shown) > 4
    assert sum(shown) == total
    assert big is not None
    assert Decimal(big[1]) == total


def test_change_names_the_event_behind_it_and_the_timeline_its_points(mine: httpx.Client) -> None:
    page = mine.get("/account?id=A-1").text
    changes = page.split('id="changes"')[1].split("</ol>")[0]
    target = re.search(r'href="#(ev-[0-9a-f]+)">Complaint opened', changes)
    assert target is not None
    entry = page.split(f'id="{target[1]}"')[1].split("</li>")[0]
    assert "Complaint opened: C-1, delivery, severity 2 of 4" in entry
    assert 'class="pts' in entry


def test_account_without_signal_has_no_score(mine: httpx.Client) -> None:
    page = mine.get("/account?id=A-4").text
    assert "No signal, so no score" in page
    assert 'class="big none"><b>–</b>' in page


def test_historic_alert_is_marked_and_apart_from_the_inbox(mine: httpx.Client) -> None:
    assert "Historic, not sent" in mine.get("/account?id=A-2").text
    assert "Historic, not sent" in mine.get("/inbox?state=historic").text
    assert "Historic, not sent" not in mine.get("/inbox").text


def test_inbox_tells_the_sentence_of_the_mail(mine: httpx.Client) -> None:
    page = mine.get("/inbox").text
    assert "The health of Example Retail 1 fell from “watch” to “critical”; its score is now 21 of 100." in page
    assert "2 complaints of Example Retail 1 are unanswered past their time: C-81 and C-82." in page


def test_older_events_follow_without_gap_or_repetition(told: World, mine: httpx.Client) -> None:
    told.tell(samples.profile("A-9", "Example Retail 9", "AM-1"))
    same_time = samples.ago(days=3)
    told.tell(
        *(
            samples.event(
                "purchase.order_placed",
                "A-9",
                f"o-{n:02d}",
                {"order_id": f"O-{n}", "amount": "1", "currency": "EUR"},
                same_time,
            )
            for n in range(70)
        )
    )
    seen: list[str] = []
    path = "/account?id=A-9"
    while path:
        page = mine.get(path).text
        seen += re.findall(r'<span class="id">(o-\d\d)</span>', page)
        link = re.search(r'href="(/account/events\?[^"]+)"', page)
        path = link[1].replace("&amp;", "&") if link else ""
    assert sorted(seen) == [f"o-{n:02d}" for n in range(70)]


def test_hostile_names_are_text(mine: httpx.Client) -> None:
    for path in ("/", "/account?" + urlencode({"id": HOSTILE_ID})):
        page = mine.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    link = f"/account?id={quote(HOSTILE_ID)}"
    assert f'href="{link}"' in mine.get("/").text
    assert HOSTILE.split(";")[1].strip() in mine.get(link).text


class Inline(HTMLParser):
    """Collects what a strict policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        self.found += [f"{tag} {value}" for value in given.values() if value and re.match(r"(https?:)?//", value)]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_keeps_to_a_strict_policy(mine: httpx.Client, path: str) -> None:
    answer = mine.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    inline = Inline()
    inline.feed(answer.text)
    assert inline.found == []


def test_static_files_have_a_fingerprint_and_may_be_kept(mine: httpx.Client) -> None:
    page = mine.get("/").text
    assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(assets) >= 5
    for asset in assets:
        answer = mine.get(asset)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_first_load_is_small(mine: httpx.Client) -> None:
    page = mine.get("/").text
    assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert len(page) + sum(len(mine.get(asset).content) for asset in assets) < 200_000


def test_page_without_a_session_goes_to_the_sign_in_and_back(visitors: Visitors) -> None:
    nobody = visitors()
    answer = nobody.get("/inbox?state=resolved")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Finbox%3Fstate%3Dresolved"
    page = nobody.get(answer.headers["location"]).text
    assert "Demo." in page
    signed_in = nobody.post("/sign-in", data={"manager": "AM-1", "next": "/inbox?state=resolved"})
    assert signed_in.headers["location"] == "/inbox?state=resolved"


def test_sign_in_never_leads_elsewhere(visitors: Visitors) -> None:
    answer = visitors().post("/sign-in", data={"manager": "AM-1", "next": "https://elsewhere.test/"})
    assert answer.headers["location"] == "/"


def test_without_the_demo_flag_nobody_gets_in(told: World) -> None:
    with ExitStack() as stack:
        elsewhere = stack.enter_context(console(settings(demo_sign_in=False), told.clickhouse, told.broker))
        nobody = client(elsewhere)
        stack.callback(nobody.close)
        assert "Nobody can sign in" in nobody.get("/sign-in").text
        assert nobody.post("/sign-in", data={"manager": "AM-1"}).status_code == 404


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(visitors: Visitors) -> None:
    cookie = visitors().post("/sign-in", data={"manager": "AM-1"}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_forged_session_is_nobody(visitors: Visitors) -> None:
    forged = visitors()
    forged.cookies.set("pulse_session", "eyJtYW5hZ2VyIjoiVlAtMSIsImNzcmYiOiJ4In0.aaaaaa.bbbbbb")
    assert forged.get("/").status_code == 303


def test_health_and_metrics_answer_without_a_session(visitors: Visitors) -> None:
    nobody = visitors()
    assert nobody.get("/healthz").status_code == 200
    assert nobody.get("/readyz").status_code == 200
    assert "pulse_console_open_pages" in nobody.get("/metrics").text
