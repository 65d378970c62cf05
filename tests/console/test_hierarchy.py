"""The reporting line, right and wrong: no account vanishes, nobody is put above a superior, and a fault has a name."""

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.runtime.hierarchy import Hierarchy, LineFault, Person
from schemas.events.managers import Role
from schemas.ids import ManagerId
from tests.console import samples
from tests.console.fixtures import Visitors, wait_known
from tests.console.test_pages import names
from tests.console.world import World
from tests.waiting import until

ROLES = list(Role)


def person(one: str, above: str | None, role: Role = Role.LEAD) -> Person:
    return Person(ManagerId(one), one, role, ManagerId(above) if above else None)


def sees(hierarchy: Hierarchy, manager: str) -> frozenset[ManagerId]:
    found = hierarchy.viewer(manager)
    assert found is not None
    return found.sees


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 24), st.integers(1, len(ROLES)))
def test_subtree_is_exactly_what_reports_upwards_to_the_viewer(seed: int, size: int, roles: int) -> None:
    """By a plain walk up from everybody, which stops at the highest role of a circle."""
    random = Random(seed)
    line = {
        f"M{n}": person(
            f"M{n}", f"M{random.randrange(size + 2)}" if random.random() < 0.9 else None, random.choice(ROLES[:roles])
        )
        for n in range(size)
    }
    hierarchy = Hierarchy(random.sample(list(line.values()), size))
    upwards = {one: _upwards(one, line) for one in line}
    for viewer in line:
        assert sees(hierarchy, viewer) == {one for one in line if viewer in upwards[one]}
    assert {one for viewer in line for one in sees(hierarchy, viewer)} == set(line)


def _upwards(start: str, line: Mapping[str, Person]) -> list[str]:
    walked = [start]
    while (above := line[walked[-1]].reports_to) in line:
        circle = _circle_of(walked[-1], line)
        if circle and ROLES.index(line[walked[-1]].role) == max(ROLES.index(line[one].role) for one in circle):
            break
        walked.append(str(above))
    return walked


def _circle_of(start: str, line: Mapping[str, Person]) -> list[str]:
    walked = [start]
    for _ in line:
        above = line[walked[-1]].reports_to
        if above == start:
            return walked
        if above is None or above not in line:
            return []
        walked.append(above)
    return []


def test_a_circle_does_not_put_an_assistant_above_a_director() -> None:
    people = [
        person("D", "A", Role.DIRECTOR),
        person("L", "D", Role.LEAD),
        person("A", "L", Role.ASSISTANT),
        person("X", "A", Role.ASSISTANT),
    ]
    hierarchy = Hierarchy(people)
    assert sees(hierarchy, "D") == {"D", "L", "A", "X"}
    assert sees(hierarchy, "L") == {"L", "A", "X"}
    assert sees(hierarchy, "A") == {"A", "X"}
    (fault,) = hierarchy.faults
    assert (fault.kind, [one.name for one in fault.people]) == (LineFault.REPORTS_CYCLE, ["D", "A", "L"])
    assert [one.name for one in fault.tops] == ["D"]


def test_of_equals_in_a_circle_each_is_a_top() -> None:
    hierarchy = Hierarchy([person("M1", "M2"), person("M2", "M1"), person("M3", "M3")])
    assert [sees(hierarchy, one) for one in ("M1", "M2", "M3")] == [{"M1"}, {"M2"}, {"M3"}]
    assert [[one.name for one in fault.tops] for fault in hierarchy.faults] == [["M1", "M2"], ["M3"]]


def test_a_superior_without_a_profile_is_named_and_who_reports_there_is_a_top() -> None:
    hierarchy = Hierarchy([person("M1", "nobody"), person("M2", "M1")])
    (fault,) = hierarchy.faults
    assert (fault.kind, fault.people[0].reports_to) == (LineFault.SUPERIOR_UNKNOWN, "nobody")
    assert sees(hierarchy, "M1") == {"M1", "M2"}


def test_a_line_without_faults_has_none() -> None:
    hierarchy = Hierarchy([person("M1", None), person("M2", "M1")])
    assert hierarchy.faults == ()
    assert hierarchy.fault_counts() == {LineFault.REPORTS_CYCLE: 0, LineFault.SUPERIOR_UNKNOWN: 0}


@pytest.fixture(scope="module")
def turned(told: World, address: str) -> None:
    """K-1, a lead, reports to K-2, who reports to K-1; the assistant K-3 reports to somebody nobody knows."""
    told.tell(
        samples.manager("K-1", "Manager 21", Role.LEAD, "K-2"),
        samples.manager("K-2", "Manager 22", Role.ASSISTANT, "K-1"),
        samples.manager("K-3", "Manager 23", Role.ASSISTANT, "K-404"),
        samples.profile("KA-1", "Circle Retail 1", "K-1"),
        samples.profile("KA-2", "Circle Retail 2", "K-2"),
        samples.profile("KA-3", "Stray Retail 3", "K-3"),
        *(samples.snapshot(f"KA-{number}", {}, owner=f"K-{number}") for number in (1, 2, 3)),
    )
    for number in (1, 2, 3):
        wait_known(address, f"K-{number}")


@pytest.mark.usefixtures("turned")
def test_today_names_a_circle_and_shows_every_account_to_its_owner(visitors: Visitors) -> None:
    lead, assistant = visitors("K-1"), visitors("K-2")
    until(lambda: 'data-fault="reports_cycle"' in lead.get("/").text, 10)
    page = lead.get("/").text
    assert "Manager 21 → Manager 22 → Manager 21" in page
    assert "Manager 21 counts as the top of it" in " ".join(page.split())
    assert set(names(page)) == {"Circle Retail 1", "Circle Retail 2"}
    assert set(names(assistant.get("/").text)) == {"Circle Retail 2"}
    assert 'data-fault="reports_cycle"' in assistant.get("/").text
    assert "data-fault" not in visitors("AM-1").get("/").text


@pytest.mark.usefixtures("turned")
def test_today_names_a_superior_nobody_knows(visitors: Visitors) -> None:
    stray = visitors("K-3")
    until(lambda: 'data-fault="superior_unknown"' in stray.get("/").text, 10)
    page = stray.get("/").text
    assert "reports to K-404, of whom there is no profile" in page
    assert names(page) == ["Stray Retail 3"]
