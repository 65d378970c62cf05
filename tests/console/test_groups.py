"""Groups on the account page: the worst first, what is not the viewer's business counted and not named."""

import re

import httpx
import pytest

from schemas.health import Dimension
from tests.console import samples
from tests.console.fixtures import Visitors
from tests.console.world import World

COMMERCE = Dimension.COMMERCE


@pytest.fixture(scope="module", autouse=True)
def group(told: World) -> None:
    """G-0 has four children and a grandchild; one child is another branch's, another one's value is in yen."""
    told.tell(
        samples.profile("G-0", "Sample Holding", "AM-1", "0"),
        samples.profile("G-1", "Sample Mill", "AM-1", "1000", parent="G-0"),
        samples.profile("G-2", "Sample Bakery", "AM-2", "3000", parent="G-0"),
        samples.profile("G-3", "Sample Secret", "AM-3", "4000", parent="G-0"),
        samples.profile("G-4", "Sample Tea", "AM-1", "500000", parent="G-0", currency="JPY"),
        samples.profile("G-5", "Sample Shop", "AM-1", "2000", parent="G-1"),
        samples.profile("G-6", "Sample Orphan", "AM-1", parent="G-404"),
        samples.profile("G-7", "Sample Ring 7", "AM-1", parent="G-8"),
        samples.profile("G-8", "Sample Ring 8", "AM-1", parent="G-7"),
        samples.snapshot("G-1", {"orders": (COMMERCE, 30.0)}),
        samples.snapshot("G-2", {"orders": (COMMERCE, -20.0)}, owner="AM-2"),
        samples.snapshot("G-3", {"orders": (COMMERCE, -40.0)}, owner="AM-3"),
        samples.snapshot("G-4", {"orders": (COMMERCE, 0.0)}),
        samples.snapshot("G-5", {"orders": (COMMERCE, 10.0)}),
    )


def card(page: httpx.Response) -> str:
    """The words of the group's card."""
    found = re.search(r'<section class="card group".*?</section>', page.text, re.DOTALL)
    assert found, "there is no card of a group"
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def children(page: httpx.Response) -> list[str]:
    table = page.text.split('<table class="children">')[1].split("</table>")[0]
    return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', table)


def test_a_parent_shows_its_children_worst_first_with_band_and_value(visitors: Visitors) -> None:
    page = visitors("D-1").get("/account?id=G-0")
    assert children(page) == ["Sample Secret", "Sample Bakery", "Sample Tea", "Sample Mill"]
    # 80 of 1,000, 30 of 3,000, 10 of 4,000 and 60 of 2,000
    assert card(page).startswith("The group below 33.0 of 100 mean, weighed by value a year")
    assert "Worst: Sample Secret 10.0 Critical" in card(page)
    assert "5 accounts below: 1 critical 1 at risk 2 watch 1 healthy" in card(page)
    assert "€4,000 a year in critical, €3,000 in at risk, of €10,000 in all." in card(page)
    assert "Not weighed, for its currency: ¥500,000." in card(page)
    assert "outside your line" not in card(page)


def test_a_parent_without_facts_of_its_own_shows_its_group_first(visitors: Visitors) -> None:
    holding, mill = (visitors("D-1").get(f"/account?id={one}").text for one in ("G-0", "G-1"))
    assert holding.index("card group") < holding.index("card score-card")
    assert mill.index("card group") > mill.index("card score-card")
    assert "€0" not in holding.split("<h1>")[1].split("</p>")[0]


def test_a_child_of_somebody_else_is_counted_and_not_named(visitors: Visitors) -> None:
    page = visitors("AM-1").get("/account?id=G-0")
    assert children(page) == ["Sample Tea", "Sample Mill"]
    assert "Worst: an account of somebody else 10.0 Critical" in card(page)
    assert "2 belong to people outside your line: counted above, not named here." in card(page)
    assert "5 accounts below: 1 critical" in card(page)
    for secret in ("Sample Secret", "G-3", "AM-3", "Manager 07", "Sample Bakery", "G-2"):
        assert secret not in page.text


def test_a_child_shows_its_parent_and_a_name_only_to_who_may_see_it(visitors: Visitors) -> None:
    assert '<a href="/account?id=G-0">Sample Holding</a>' in visitors("AM-1").get("/account?id=G-1").text
    foreign = visitors("AM-3").get("/account?id=G-3").text
    assert "part of G-0" in foreign
    assert "Sample Holding" not in foreign


@pytest.mark.parametrize(("account", "state"), [("G-6", "parent_unknown"), ("G-7", "parent_cycle")])
def test_a_parent_that_cannot_count_is_said_with_its_state(visitors: Visitors, account: str, state: str) -> None:
    page = visitors("AM-1").get(f"/account?id={account}").text
    assert f'data-state="{state}"' in page
    assert "card group" not in page


def test_an_account_without_children_has_no_card_of_a_group(visitors: Visitors) -> None:
    page = visitors("AM-1").get("/account?id=G-5").text
    assert "card group" not in page
    assert "Sample Mill" in page
