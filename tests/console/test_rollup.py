"""Sums along the reporting line: nothing twice, nothing lost, nothing of other people, whatever the line looks like."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.runtime.hierarchy import Hierarchy, Person
from consumers.runtime.rollup import Figures, Money, Team, money_of, summed, team_of
from schemas.events.managers import Role
from schemas.ids import ManagerId

NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
RATES: Final = {"EUR": 1.0, "USD": 0.5}
ROLES: Final = list(Role)
SUMMED: Final = ("accounts", "by_band", "annual", "critical", "worsened", "opened", "unanswered", "unanswered_since")


def person(one: str, above: str | None, role: Role = Role.LEAD) -> Person:
    return Person(ManagerId(one), f"Name {one}", role, ManagerId(above) if above else None)


def figures(random: Random) -> Figures:
    def values() -> dict[str, Decimal]:
        chosen = random.sample(("EUR", "USD", "JPY"), random.randrange(3))
        return {one: Decimal(random.randrange(1, 10**6)) / 100 for one in chosen}

    unanswered = random.randrange(3)
    return Figures(
        accounts=random.randrange(9),
        by_band={"critical": random.randrange(5), "watch": random.randrange(1, 5)},
        annual=values(),
        critical=values(),
        at_risk=values(),
        worsened=random.randrange(4),
        opened=random.randrange(4),
        unanswered=unanswered,
        unanswered_since=NOW - timedelta(hours=random.randrange(99)) if unanswered else None,
        answered_after_s=tuple(random.randrange(9999) for _ in range(random.randrange(3))),
    )


def drawn(random: Random, size: int) -> tuple[Hierarchy, dict[ManagerId, Figures]]:
    """A line with circles, strangers and several tops; not everybody owns something."""
    people = [
        person(
            f"M{n}",
            f"M{random.randrange(size + 2)}" if random.random() < 0.9 else None,
            random.choice(ROLES[: 1 + n % 6]),
        )
        for n in range(size)
    ]
    own = {one.manager_id: figures(random) for one in people if random.random() < 0.8}
    return Hierarchy(people), own


def team(hierarchy: Hierarchy, own: Mapping[ManagerId, Figures], head: str) -> Team:
    seen = hierarchy.viewer(head)
    assert seen is not None
    return team_of(hierarchy, seen, {one: own[one] for one in own if one in seen.sees}, RATES)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_lines_of_a_team_add_up_to_everything_below_and_to_nothing_else(seed: int, size: int) -> None:
    random = Random(seed)
    hierarchy, own = drawn(random, size)
    for head in hierarchy.people():
        found = team(hierarchy, own, head.manager_id)
        seen = hierarchy.viewer(head.manager_id)
        assert seen is not None
        expected = summed(own[one] for one in sorted(seen.sees) if one in own)
        together = summed(line.figures for line in found.lines)
        for name in (
            "accounts",
            "by_band",
            "annual",
            "critical",
            "worsened",
            "opened",
            "unanswered",
            "unanswered_since",
        ):
            assert getattr(found.total.figures, name) == getattr(expected, name), name
            assert getattr(together, name) == getattr(expected, name), name
        assert sorted(together.answered_after_s) == sorted(expected.answered_after_s)
        assert found.total.people == len(seen.sees) - 1
        assert sum(line.people + 1 for line in found.lines if not line.alone) == len(seen.sees) - 1


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_who_is_not_below_the_viewer_has_no_team_for_that_viewer(seed: int, size: int) -> None:
    random = Random(seed)
    hierarchy, _ = drawn(random, size)
    for one in hierarchy.people():
        viewer = hierarchy.viewer(one.manager_id)
        assert viewer is not None
        for other in [*hierarchy.people(), person("stranger", None)]:
            found = hierarchy.below(viewer, other.manager_id)
            assert (found is not None) == (other.manager_id in viewer.sees)
            if found is not None:
                alone = hierarchy.viewer(other.manager_id)
                assert alone is not None
                assert found.sees == alone.sees <= viewer.sees
                way = [step.manager_id for step in hierarchy.way(viewer, other.manager_id)]
                assert (way[0], way[-1]) == (one.manager_id, other.manager_id)
                for above, below in pairwise(way):
                    assert below in [report.manager_id for report in hierarchy.reports(above)]


def test_the_most_revenue_at_risk_comes_first_in_one_currency() -> None:
    hierarchy = Hierarchy([person("L", None), person("a", "L"), person("b", "L"), person("c", "b")])
    euros, dollars = {"EUR": Decimal(300)}, {"USD": Decimal(500)}
    own = {
        ManagerId("L"): Figures(accounts=1, annual=euros),
        ManagerId("a"): Figures(accounts=1, annual=dollars, critical=dollars),
        ManagerId("b"): Figures(accounts=1, annual=euros, at_risk=euros),
        ManagerId("c"): Figures(accounts=1, annual=euros, critical={"EUR": Decimal(1), "JPY": Decimal(7)}),
    }
    found = team(hierarchy, own, "L")
    assert found.money.currency == "EUR"
    assert [(one.person.manager_id, one.people, one.alone, one.risk) for one in found.lines] == [
        ("b", 1, False, Decimal(301)),
        ("a", 0, False, Decimal(250)),
        ("L", 0, True, Decimal(0)),
    ]
    assert found.lines[0].others == {"JPY": Decimal(7)}
    assert (found.total.risk, found.total.annual.amount) == (Decimal(551), Decimal(1150))


def test_whoever_owns_nothing_has_no_line_of_their_own() -> None:
    hierarchy = Hierarchy([person("L", None), person("a", "L")])
    found = team(hierarchy, {ManagerId("L"): Figures()}, "L")
    assert [(one.person.manager_id, one.alone) for one in found.lines] == [("a", False)]


@pytest.mark.parametrize(
    ("annual", "rates", "currency"),
    [
        ({"EUR": 100, "USD": 150}, RATES, "EUR"),
        ({"EUR": 100, "USD": 250}, RATES, "USD"),
        ({"EUR": 100, "JPY": 9000}, RATES, "EUR"),
        ({"EUR": 100, "JPY": 9000}, {}, "JPY"),
        ({}, RATES, ""),
    ],
)
def test_a_page_is_written_in_the_currency_of_most_of_the_value(
    annual: dict[str, int], rates: dict[str, float], currency: str
) -> None:
    assert money_of({one: Decimal(value) for one, value in annual.items()}, rates).currency == currency


def test_without_rates_every_other_currency_stands_beside() -> None:
    worth = Money("EUR", {}).worth({"EUR": Decimal("0.10"), "USD": Decimal(3)}, {"EUR": Decimal("0.20")})
    assert (worth.amount, worth.others) == (Decimal("0.30"), {"USD": Decimal(3)})


def test_the_median_is_of_all_times_and_not_of_medians() -> None:
    together = summed([Figures(answered_after_s=(10, 20, 600)), Figures(answered_after_s=(15,))])
    assert together.answered_after == timedelta(seconds=17.5)
    assert summed([]).answered_after is None
