"""`pulse explain --from --to` over real tables."""

import json
from collections.abc import Sequence
from datetime import datetime

import pytest
from typer.testing import CliRunner, Result

from consumers.runtime.clickhouse import Client
from pulse.commands import explain
from pulse.spanning import NothingKnown
from schemas.catalogue import AnyEvent
from tests.auditing.warehouse import store
from tests.core.bench import score_of
from tests.core.building import DAY, HOUR, At, contact, opened, order, override_set, when

pytestmark = pytest.mark.usefixtures("place")
TOLD: Sequence[AnyEvent] = [
    order(0),
    opened(HOUR, 3),
    contact(At(2 * DAY, "call"), 0.5),
    override_set(3 * DAY, 90.0, DAY),
]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(explain.app, [*arguments])


def at(seconds: float) -> str:
    return when(seconds).isoformat()


@pytest.fixture(autouse=True)
def facts(client: Client) -> None:
    store(client, [*TOLD, TOLD[0]])


def test_parts_sum_to_what_the_score_moved_between_two_moments() -> None:
    told = json.loads(run("A-1", "--from", at(0.5 * HOUR), "--to", at(2.5 * DAY), "--json").stdout)
    before, after = score_of(TOLD[0], at_s=0.5 * HOUR), score_of(*TOLD[:3], at_s=2.5 * DAY)
    assert (told["start"]["score"], told["end"]["score"]) == (pytest.approx(before), pytest.approx(after))
    assert sum(part["points"] for part in told["parts"]) == pytest.approx(after - before, abs=1e-9)
    assert {part["event_id"] for part in told["parts"] if part["kind"] == "event"} == {TOLD[1].id, "call"}


def test_what_a_person_set_is_told_beside_what_the_facts_make() -> None:
    told = run("A-1", "--from", at(2.5 * DAY), "--to", at(3.5 * DAY)).stdout
    assert "set by M-2 until" in told
    assert "the facts alone make" in told
    assert "Set by hand" in told


def test_people_read_the_scores_and_the_sum() -> None:
    told = run("A-1", "--from", at(0.5 * HOUR), "--to", at(DAY)).stdout
    assert "A-1  53." in told
    assert "Complaint opened" in told
    assert "sum" in told


def test_one_moment_alone_is_explained_by_its_contributions() -> None:
    told = json.loads(run("A-1", "--to", at(DAY), "--json").stdout)
    assert (told["start"], told["parts"]) == (None, [])
    assert sum(part["points"] for part in told["contributions"]) == pytest.approx(told["end"]["score"], abs=1e-9)
    assert "Orders" in run("A-1", "--to", at(DAY)).stdout


def test_errors_say_what_is_wrong() -> None:
    unknown = run("A-9", "--to", at(DAY)).exception
    assert isinstance(unknown, NothingKnown)
    assert "nothing is known of A-9" in str(unknown)
    early = run("A-1", "--to", at(-DAY)).exception
    assert isinstance(early, NothingKnown)
    assert "its first event is of 2026-03-01" in str(early)
    upside_down = run("A-1", "--from", at(DAY), "--to", at(HOUR))
    assert (upside_down.exit_code, "before" in upside_down.output) == (2, True)
    naive = run("A-1", "--from", datetime(2026, 3, 1).isoformat())  # noqa: DTZ001 - this is the point
    assert (naive.exit_code, "zone" in naive.output) == (2, True)
