"""The page of a team: sums of everything below, what nobody reacted to, what happened, and nothing of other people."""

import re
from random import Random

import httpx
import pytest

from schemas.alerts import AlertKind, StepKind, StepReason
from schemas.events.managers import Role
from schemas.health import Dimension
from tests.console import samples
from tests.console.fixtures import Visitors, wait_known
from tests.console.world import World

COMMERCE, SERVICE = Dimension.COMMERCE, Dimension.SERVICE
BAD, POOR, FINE = {"orders": (COMMERCE, -40.0)}, {"orders": (COMMERCE, -15.0)}, {"orders": (COMMERCE, 30.0)}
ANSWER = StepReason.ANSWER_DUE_PASSED


@pytest.fixture(scope="module", autouse=True)
def team(told: World, address: str) -> None:
    """The director T-D leads T-1, with T-3 below, and T-2; each has accounts, T-D one of his own."""
    told.tell(
        samples.manager("T-D", "Team Director", Role.DIRECTOR),
        samples.manager("T-1", "Team Lead 1", Role.LEAD, "T-D"),
        samples.manager("T-2", "Team Lead 2", Role.LEAD, "T-D"),
        samples.manager("T-3", "Team Member 3", Role.ASSOCIATE, "T-1"),
        samples.manager("T-X", "Team Stranger", Role.LEAD),
        samples.profile("TA-0", "Own Retail", "T-D", "100"),
        samples.profile("TA-1", "First Retail", "T-1", "3000"),
        samples.profile("TA-2", "Second Retail", "T-2", "4000"),
        samples.profile("TA-3", "Third Retail", "T-3", "5000"),
        samples.profile("TA-4", "Fourth Retail", "T-3", "700000", currency="JPY"),
        samples.profile("TA-5", "Stranger Retail", "T-X", "9000"),
    )
    told.tell(
        *(samples.snapshot(f"TA-{n}", FINE, owner=None, at=samples.ago(days=20)) for n in (0, 1, 2, 3, 5)),
        samples.snapshot("TA-2", POOR, owner=None, version=2),
        samples.snapshot("TA-3", BAD, owner=None, version=2),
        samples.snapshot("TA-4", POOR, owner=None),
        samples.snapshot("TA-5", BAD, owner=None, version=2),
        samples.step("TA-3", owner="T-3", name="Third Retail", at=samples.ago(days=3)),
        samples.step(
            "TA-1", owner="T-1", name="First Retail", at=samples.ago(days=1), kind=AlertKind.COMPLAINT_OVERDUE
        ),
        samples.step("TA-2", owner="T-2", name="Second Retail", at=samples.ago(hours=20)),
        samples.step(
            "TA-2",
            2,
            step_kind=StepKind.ACKNOWLEDGED,
            reason=StepReason.BY_PERSON,
            actor="T-2",
            owner="T-2",
            at=samples.ago(hours=18),
        ),
        samples.step("TA-5", owner="T-X", name="Stranger Retail"),
    )
    wait_known(address, "T-D")


def lines(page: httpx.Response) -> dict[str, str]:
    """The words of each line of the table, by who it is."""
    table = page.text.split('<table class="worklist team">')[1].split("</table>")[0].split("<tbody>")[1]
    found = {}
    for row in table.split("<tr")[1:]:
        words = " ".join(re.sub(r"<[^>]+>", " ", row.partition(">")[2]).split())
        head = re.search(r'<th scope="row"[^>]*>(.*?)</th>', row, re.DOTALL)
        assert head
        found[" ".join(re.sub(r"<small>.*?</small>|<[^>]+>", " ", head[1]).split())] = words
    return found


def section(page: httpx.Response, name: str) -> str:
    inside = page.text.split(f'aria-labelledby="{name}-title">')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", inside).split())


def test_each_report_is_a_line_with_everything_below_the_most_at_risk_first(visitors: Visitors) -> None:
    found = lines(visitors("T-D").get("/team"))
    assert list(found) == ["All together", "Team Lead 1", "Team Lead 2", "Team Director"]
    # no rates are laid down here: euros stand beside the yen
    assert "own accounts" in found["Team Director"]
    assert "1 person below" in found["Team Lead 1"]
    assert "2 opened 0 resolved" in found["Team Lead 1"]
    assert "1 opened 0 resolved" in found["Team Lead 2"]
    assert "2 oldest 3 days ago" in found["Team Lead 1"]
    assert "2 hr" in found["Team Lead 2"]
    assert "3 opened 0 resolved" in found["All together"]


def test_a_line_leads_down_to_the_next_level_and_the_way_up_is_shown(visitors: Visitors) -> None:
    director = visitors("T-D")
    assert 'href="/team?of=T-1"' in director.get("/team").text
    page = director.get("/team?of=T-1")
    assert list(lines(page)) == ["All together", "Team Member 3", "Team Lead 1"]
    assert '<a href="/team?of=T-D">Team Director</a>' in page.text
    leaf = director.get("/team?of=T-3")
    assert list(lines(leaf)) == ["All together", "Team Member 3"]
    assert "Second Retail" not in page.text + leaf.text


def test_what_nobody_reacted_to_is_listed_oldest_first_with_who_has_it(visitors: Visitors) -> None:
    told = section(visitors("T-D").get("/team"), "unanswered")
    assert re.findall(r"(\w+ Retail) (?:Health dropped|Complaint overdue)", told) == ["Third Retail", "First Retail"]
    assert "Third Retail Health dropped 3 days ago" in told
    assert "With Manager 03" in told


def test_what_happened_names_bands_that_worsened_and_alerts_by_kind(visitors: Visitors) -> None:
    page = visitors("T-D").get("/team")
    moves = section(page, "moves")
    assert re.findall(r"(\w+ Retail) Team", moves) == ["Third Retail", "Second Retail"]
    assert "Healthy → Critical" in moves
    assert "Health dropped 2 1 – 1 Complaint overdue 1 – – 1" in section(page, "kinds")


def test_the_page_is_for_whoever_has_somebody_below(visitors: Visitors) -> None:
    assert 'href="/team"' in visitors("T-1").get("/").text
    member = visitors("T-3")
    assert 'href="/team"' not in member.get("/").text
    assert member.get("/team").status_code == 404


def test_a_foreign_team_and_one_that_is_not_there_are_the_same(visitors: Visitors) -> None:
    lead = visitors("T-1")
    answers = [lead.get(f"/team?of={one}") for one in ("T-2", "T-D", "T-X", "T-404", "", "' OR 1=1 --")]
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}


@pytest.mark.parametrize("seed", [1, 2])
def test_in_any_tree_nobody_learns_of_people_or_accounts_outside_their_line(
    told: World, address: str, visitors: Visitors, seed: int
) -> None:
    random = Random(seed)
    ids = [f"R{seed}-{number}" for number in range(9)]
    above = {one: random.choice(ids[:place]) if place > 1 else None for place, one in enumerate(ids)}
    name = {one: f"Person <{one}>" for one in ids}
    told.tell(
        *(samples.manager(one, name[one], Role.LEAD, above[one]) for one in ids),
        *(samples.profile(f"{one}-A", f"Firm <{one}>", one) for one in ids),
        *(samples.snapshot(f"{one}-A", FINE, owner=None, at=samples.ago(days=20)) for one in ids),
        *(samples.snapshot(f"{one}-A", BAD, owner=None, version=2) for one in ids),
        *(samples.step(f"{one}-A", owner=one, name=f"Firm <{one}>") for one in ids),
    )
    wait_known(address, ids[-1])
    for viewer in random.sample(ids, 4):
        browser = visitors(viewer)
        for asked in [None, *ids]:
            page = browser.get("/team", params={"of": asked} if asked else {})
            allowed = _below(viewer, above)
            shown = _below(asked or viewer, above)
            may = (asked or viewer) in allowed and len(allowed) > 1
            assert page.status_code == (200 if may else 404)
            firms = {one for one in ids if f"Firm &lt;{one}&gt;" in page.text}
            assert firms == (shown if may else set())
            assert {one for one in ids if f"Person &lt;{one}&gt;" in page.text} <= allowed


def _below(head: str, above: dict[str, str | None]) -> set[str]:
    found = {head}
    while more := {one for one, superior in above.items() if superior in found} - found:
        found |= more
    return found
