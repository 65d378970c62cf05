"""Groups of accounts in ClickHouse, held against a plain walk in Python: trees, circles, unknown parents, money."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.clickhouse.rates import write_rates
from consumers.runtime.clickhouse import ClickHouse, Client, rows

BANDS: Final = (("critical", 25), ("at_risk", 45), ("watch", 70), ("healthy", 101))
DEEPEST: Final = 32
RATES: Final = {"EUR": 1.0, "USD": 0.87, "JPY": 0.0057}


@dataclass(frozen=True)
class Account:
    """`score` None without signal; `profiled` False for one that has been scored and never described."""

    parent: str = ""
    value: Decimal = Decimal(0)
    currency: str = "EUR"
    score: float | None = None
    profiled: bool = True

    @property
    def band(self) -> str:
        return "" if self.score is None else next(name for name, line in BANDS if self.score < line)


Accounts = Mapping[str, Account]
NO_RATES: Final[Mapping[str, float]] = {}


def laid(client: Client, accounts: Accounts, rates: Mapping[str, float] = NO_RATES) -> None:
    """These accounts and no others, straight into the tables, and what their currencies are worth."""
    for table in ("profiles", "health", "currency_rates"):
        client.command(f"TRUNCATE TABLE {table}")
    if rates:
        client.insert(
            "currency_rates", [[*one, "test"] for one in rates.items()], column_names=["currency", "rate", "policy"]
        )
    described = [
        [name, f"Name {name}", f"M-{name}", one.parent, one.value, one.currency, 0]
        for name, one in accounts.items()
        if one.profiled
    ]
    columns = ["account_id", "name", "owner", "parent", "annual_value", "currency", "time"]
    if described:
        client.insert("profiles", described, column_names=columns)
    scored = [[name, one.score, one.band, "M-of-health", 1] for name, one in accounts.items() if one.score is not None]
    if scored:
        client.insert("health", scored, column_names=["account_id", "score", "band", "owner", "version"])


def chain(name: str, accounts: Accounts) -> tuple[str, list[str]]:
    """The state of an account and those above it that count, by walking up step by step."""
    path: list[str] = []
    here = accounts[name]
    while here.profiled and here.parent:
        above = here.parent
        if above == name:
            return "parent_cycle", []
        if len(path) == DEEPEST:
            return "parent_too_deep", []
        if above in path:  # a circle higher up: its members stand alone, so the walk ends at the first of them
            return "", path[: path.index(above) + 1]
        if above not in accounts:
            return ("", path) if path else ("parent_unknown", [])
        path.append(above)
        here = accounts[above]
    return "", path


def below(accounts: Accounts) -> dict[str, dict[str, int]]:
    """By parent, everybody below with the level."""
    found: dict[str, dict[str, int]] = {}
    for name, one in accounts.items():
        if one.profiled and one.parent:
            for level, above in enumerate(chain(name, accounts)[1], 1):
                found.setdefault(above, {})[name] = level
    return found


def group(
    parent: str, children: Mapping[str, int], accounts: Accounts, rates: Mapping[str, float] = NO_RATES
) -> dict[str, Any]:
    """What `group_health` must say of one parent."""
    members = {name: accounts[name] for name in (parent, *children)}
    priced = {name: one for name, one in members.items() if one.profiled and one.value > 0}
    alike = Counter(one.currency for one in priced.values())
    scored_alike = Counter(one.currency for one in priced.values() if one.score is not None)
    currency = min(alike, key=lambda one: (-scored_alike[one], -alike[one], one), default="")
    in_currency = {name: _worth(one, currency, rates) for name, one in priced.items()}
    in_currency = {name: worth for name, worth in in_currency.items() if worth > 0}
    least = min((worth for name, worth in in_currency.items() if members[name].score is not None), default=Decimal(1))
    weights = {
        name: float(in_currency[name]) if name in in_currency else 0.0 if name in priced else float(least)
        for name, one in members.items()
        if one.score is not None
    }
    total = sum(weights.values())
    scores = {name: one.score for name, one in members.items() if one.score is not None}
    child_scores = sorted((scores[name], name) for name in children if name in scores)
    bands = Counter(accounts[name].band for name in children)
    others: defaultdict[str, Decimal] = defaultdict(Decimal)
    for name, one in priced.items():
        if name not in in_currency:
            others[one.currency] += one.value
    return {
        "score": sum(weights[name] * scores[name] for name in weights) / total if total else None,
        "own_score": accounts[parent].score,
        "children": sum(level == 1 for level in children.values()),
        "accounts": len(children),
        "levels": max(children.values()),
        "worst_account": child_scores[0][1] if child_scores else "",
        "worst_score": child_scores[0][0] if child_scores else None,
        "worst_band": accounts[child_scores[0][1]].band if child_scores else "",
        "best_score": child_scores[-1][0] if child_scores else None,
        **{name: bands[name] for name, _ in BANDS},
        "unscored": bands[""],
        "currency": currency,
        "annual_value": sum(in_currency.values(), Decimal(0)),
        **{
            f"{band}_value": sum(
                (worth for name, worth in in_currency.items() if name in children and accounts[name].band == band),
                Decimal(0),
            )
            for band in ("critical", "at_risk")
        },
        "unvalued": len(scores.keys() - priced.keys()),
        "unweighed": sum(name not in in_currency and one.score is not None for name, one in priced.items()),
        "other_values": dict(others),
    }


def _worth(one: Account, currency: str, rates: Mapping[str, float]) -> Decimal:
    """In another currency, cut off behind the fourth decimal; 0 without a rate."""
    if one.currency == currency:
        return one.value
    if not (rates.get(one.currency) and rates.get(currency)):
        return Decimal(0)
    turned = Decimal(float(one.value) * rates[one.currency] / rates[currency])
    return turned.quantize(Decimal("0.0001"), ROUND_DOWN)


def compare(client: Client, accounts: Accounts, rates: Mapping[str, float] = NO_RATES) -> None:
    laid(client, accounts, rates)
    parents = {row["account_id"]: row for row in rows(client, "SELECT * FROM account_parents")}
    named = {name: chain(name, accounts) for name, one in accounts.items() if one.profiled and one.parent}
    assert {name: (row["state"], row["above"]) for name, row in parents.items()} == named
    found = {row["account_id"]: row for row in rows(client, "SELECT * FROM group_health")}
    wanted = below(accounts)
    assert found.keys() == wanted.keys()
    for parent, children in wanted.items():
        expected = group(parent, children, accounts, rates)
        told = {key: found[parent][key] for key in expected}
        # What is turned into another currency is cut off behind its fourth decimal, which a last bit may decide.
        slack = 1e-9 if not rates else 1e-4 * len(accounts)
        for key in ("score", "worst_score", "best_score", "own_score"):
            assert told.pop(key) == pytest.approx(expected.pop(key), abs=slack), (parent, key)
        for key in ("annual_value", "critical_value", "at_risk_value"):
            assert float(told.pop(key)) == pytest.approx(float(expected.pop(key)), abs=slack if rates else 0), (
                parent,
                key,
            )
        assert told == expected, parent


def made(chance: random.Random, many: int, *, known: float = 0.95, up: bool = False) -> dict[str, Account]:
    """Accounts of which most name a parent; with `up` an earlier one, so that there are no circles."""
    accounts = {}
    for number in range(many):
        others = number if up else many
        parent = f"A-{chance.randrange(max(1, others))}" if chance.random() < known else "A-404"
        name = f"A-{number}"
        accounts[name] = Account(
            parent=parent if chance.random() < 0.7 and parent != name else "",
            value=chance.choice((Decimal(0), Decimal("0.0001"), Decimal(chance.randrange(1, 10**6)) / 100)),
            currency=chance.choice(("EUR", "EUR", "USD", "JPY")),
            score=None if chance.random() < 0.2 else round(chance.uniform(0, 100), 3),
            profiled=chance.random() < 0.95,
        )
    return {name: one for name, one in accounts.items() if one.profiled or one.score is not None}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 2**32), st.integers(1, 25), st.booleans(), st.sampled_from([{}, {"EUR": 1.0, "JPY": 0.0057}, RATES])
)
def test_the_views_say_what_a_plain_walk_says(
    client: Client, seed: int, many: int, up: bool, rates: Mapping[str, float]
) -> None:
    compare(client, made(random.Random(seed), many, up=up), rates)


def test_thousands_of_accounts_say_what_a_plain_walk_says(client: Client) -> None:
    accounts = made(random.Random(7), 3000, up=True)
    begun = time.perf_counter()
    compare(client, accounts)
    assert time.perf_counter() - begun < 30


def test_a_parent_is_told_with_its_worst_child_beside_its_mean(client: Client) -> None:
    laid(
        client,
        {
            "P": Account(),
            "big": Account("P", Decimal(900), score=90.0),
            "small": Account("P", Decimal(100), score=10.0),
        },
    )
    (row,) = rows(client, "SELECT * FROM group_health")
    assert (row["account_id"], row["score"], row["own_score"]) == ("P", 82.0, None)
    assert (row["worst_account"], row["worst_name"], row["worst_owner"]) == ("small", "Name small", "M-small")
    assert (row["worst_score"], row["worst_band"], row["critical"], row["critical_value"]) == (10.0, "critical", 1, 100)


def test_the_own_score_of_a_parent_weighs_by_its_own_value(client: Client) -> None:
    laid(client, {"P": Account(value=Decimal(300), score=50.0), "c": Account("P", Decimal(100), score=10.0)})
    (row,) = rows(client, "SELECT score, worst_score, accounts FROM group_health")
    assert row == {"score": 40.0, "worst_score": 10.0, "accounts": 1}


def test_children_of_children_count_at_every_level(client: Client) -> None:
    laid(
        client,
        {
            "P": Account(),
            "Q": Account("P", Decimal(100), score=100.0),
            "R": Account("Q", Decimal(300), score=20.0),
        },
    )
    found = {row["account_id"]: row for row in rows(client, "SELECT * FROM group_health")}
    assert {name: (row["score"], row["accounts"], row["levels"]) for name, row in found.items()} == {
        "P": (40.0, 2, 2),
        "Q": (40.0, 1, 1),
    }


def test_an_account_without_value_weighs_as_the_least_valued_one(client: Client) -> None:
    laid(
        client,
        {
            "P": Account(),
            "big": Account("P", Decimal(300), score=90.0),
            "least": Account("P", Decimal(100), score=60.0),
            "none": Account("P", score=10.0),
        },
    )
    assert rows(client, "SELECT score, unvalued FROM group_health") == [{"score": 68.0, "unvalued": 1}]


def test_another_currency_is_named_and_weighs_nothing(client: Client) -> None:
    laid(
        client,
        {
            "P": Account(),
            "a": Account("P", Decimal(100), "EUR", 80.0),
            "b": Account("P", Decimal(100), "EUR", 60.0),
            "c": Account("P", Decimal(10**7), "JPY", 10.0),
        },
    )
    (row,) = rows(client, "SELECT * FROM group_health")
    assert (row["score"], row["currency"], row["annual_value"]) == (70.0, "EUR", 200)
    assert (row["unweighed"], row["other_values"]) == (1, {"JPY": Decimal(10**7)})
    assert (row["worst_account"], row["critical"], row["critical_value"]) == ("c", 1, 0)


def test_with_rates_another_currency_weighs_what_it_is_worth(client: Client) -> None:
    accounts = {
        "P": Account(),
        "a": Account("P", Decimal(100), "EUR", 80.0),
        "b": Account("P", Decimal(100), "EUR", 60.0),
        "c": Account("P", Decimal(20000), "JPY", 10.0),
    }
    laid(client, accounts, {"EUR": 1.0, "JPY": 0.01})
    (row,) = rows(client, "SELECT * FROM group_health")
    assert (row["score"], row["currency"], row["annual_value"], row["critical_value"]) == (40.0, "EUR", 400, 200)
    assert (row["unweighed"], row["other_values"]) == (0, {})


def test_the_rates_of_a_policy_are_laid_down_once_and_taken_back(clickhouse: ClickHouse, client: Client) -> None:
    assert write_rates(clickhouse, {"EUR": 1.0, "USD": 0.87}, "default/1")
    assert not write_rates(clickhouse, {"EUR": 1.0, "USD": 0.87}, "default/1")
    assert write_rates(clickhouse, {"EUR": 1.0}, "default/2")
    found = rows(client, "SELECT currency, rate, policy FROM currency_rates FINAL ORDER BY currency")
    assert [tuple(row.values()) for row in found] == [("EUR", 1.0, "default/1"), ("USD", 0.0, "default/2")]


def test_members_of_a_circle_stand_alone_and_keep_what_hangs_below_them(client: Client) -> None:
    accounts = {
        "A": Account("B", Decimal(1), score=50.0),
        "B": Account("C", Decimal(1), score=50.0),
        "C": Account("A", Decimal(1), score=50.0),
        "below": Account("A", Decimal(1), score=10.0),
    }
    laid(client, accounts)
    states = {row["account_id"]: row["state"] for row in rows(client, "SELECT * FROM account_parents")}
    assert states == {"A": "parent_cycle", "B": "parent_cycle", "C": "parent_cycle", "below": ""}
    found = rows(client, "SELECT account_id, score, accounts FROM group_health")
    assert found == [{"account_id": "A", "score": 30.0, "accounts": 1}]
    # Mended, they are a tree again.
    laid(client, accounts | {"C": replace(accounts["C"], parent="")})
    assert {row["account_id"]: row["accounts"] for row in rows(client, "SELECT * FROM group_health")} == {
        "A": 1,
        "B": 2,
        "C": 3,
    }


def test_a_parent_nobody_knows_yet_is_named_and_counts_once_it_comes(client: Client) -> None:
    child = {"c": Account("P", Decimal(1), score=50.0)}
    laid(client, child)
    assert rows(client, "SELECT state, above FROM account_parents") == [{"state": "parent_unknown", "above": []}]
    assert rows(client, "SELECT * FROM group_health") == []
    laid(client, child | {"P": Account()})
    assert rows(client, "SELECT account_id, score FROM group_health") == [{"account_id": "P", "score": 50.0}]


@pytest.mark.parametrize("many", [33, 40])
def test_a_line_of_more_than_32_levels_is_named_from_there_on(client: Client, many: int) -> None:
    compare(client, _line(many))
    deep = rows(client, "SELECT account_id FROM account_parents WHERE state = 'parent_too_deep' ORDER BY account_id")
    assert [row["account_id"] for row in deep] == [f"L-{number:02d}" for number in range(33, many)]


@pytest.mark.parametrize("many", [2, 32, 33, 34, 50])
def test_a_circle_of_any_length_leaves_nobody_out(client: Client, many: int) -> None:
    accounts = _line(many)
    compare(client, accounts | {"L-00": replace(accounts["L-00"], parent=f"L-{many - 1:02d}")})
    states = {row["state"] for row in rows(client, "SELECT state FROM account_parents")}
    assert states == {"parent_cycle" if many <= 33 else "parent_too_deep"}


def _line(many: int) -> dict[str, Account]:
    return {
        f"L-{number:02d}": Account(f"L-{number - 1:02d}" if number else "", Decimal(number), score=float(number))
        for number in range(many)
    }


def test_values_of_bands_add_up_to_the_cent_however_large(client: Client) -> None:
    value = Decimal("99999999999999.9999")
    laid(client, {"P": Account()} | {f"c-{number}": Account("P", value, score=10.0) for number in range(50)})
    assert rows(client, "SELECT critical_value FROM group_health") == [{"critical_value": value * 50}]
