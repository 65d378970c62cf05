"""`pulse explain` over real tables: a parent with its group, a child with its parent."""

import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner, Result

from consumers.runtime.clickhouse import Client
from pulse.commands import explain
from tests.clickhouse.test_groups import Account, laid

pytestmark = pytest.mark.usefixtures("place")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(explain.app, [*arguments])


@pytest.fixture(autouse=True)
def group(client: Client) -> None:
    laid(
        client,
        {
            "P": Account(value=Decimal(100), score=50.0),
            "big": Account("P", Decimal(900), score=90.0),
            "small": Account("P", Decimal(100), score=10.0),
            "yen": Account("P", Decimal(5000), "JPY", score=60.0),
            "stray": Account("nobody", Decimal(1), score=60.0),
        },
    )


def test_a_parent_is_explained_with_its_group() -> None:
    told = json.loads(run("P", "--json").stdout)
    group = told["group"]
    assert (group["accounts"], round(group["score"], 3), group["worst_account"]) == (3, 79.091, "small")
    assert Decimal(group["critical_value"]) == 100
    assert told["parent"] is None


def test_people_read_the_worst_beside_the_mean() -> None:
    told = run("P").stdout
    assert "group of 3 accounts below: 79.1, the mean by value a year; 1 critical, 1 watch, 1 healthy" in told
    assert "worst: small Name small, 10.0, critical" in told
    assert "100.00 EUR a year in critical, 0.00 in at_risk, of 1,100.00" in told
    assert "not weighed, for its currency: 5,000.00 JPY a year" in told


def test_a_child_is_explained_with_its_parent_and_why_it_does_not_count() -> None:
    assert json.loads(run("small", "--json").stdout)["parent"] == {"account_id": "P", "state": ""}
    assert "part of P" in run("small").stdout
    assert "part of nobody (parent_unknown: it counts for no group)" in run("stray").stdout


def test_an_account_of_no_group_has_neither() -> None:
    told = json.loads(run("big", "--json").stdout)
    assert told["group"] is None
