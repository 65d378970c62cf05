"""An alert that nobody takes on climbs the reporting line, on a quiet system and whatever is killed meanwhile."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from schemas.broker import Broker
from schemas.catalogue import AnyEvent
from schemas.topics import ALERTS, MANAGERS
from tests.policies import hurried_policy
from tests.waiting import until
from tests.worker.reporting_line import manager, owned_by
from tests.worker.running import Log, complaint, event, kill, worker

SETTLED_S = 45.0


@pytest.fixture
def log(topics_applied: Broker) -> Iterator[Log]:
    opened = Log(topics_applied)
    yield opened
    opened.close()


def line() -> list[AnyEvent]:
    return [
        manager("Ann", "account_manager", "Leo"),
        manager("Leo", "lead", "Vic"),
        manager("Vic", "vice_president", None),
    ]


def overdue(number: int) -> AnyEvent:
    now = datetime.now(UTC)
    return complaint("A1", number, now, now + timedelta(seconds=1))


def course(log: Log) -> list[tuple[str, str]]:
    """Step and who has the alert then, each step once however often it was told."""
    steps = {step["step_id"]: step for step in log.snapshots(ALERTS).get("A1", [])}
    return [(step["step"], (step["escalation_chain"] or [""])[0]) for step in steps.values()]


def told(wanted: list[tuple[str, str]], log: Log) -> bool:
    """Whether so much was told, or more: a worker that is slow to start makes up for several steps at once."""
    return course(log)[: len(wanted)] == wanted


WHOLE = [("opened", "Ann"), ("escalated", "Leo"), ("escalated", "Vic")]


def test_it_climbs_twice_on_a_quiet_system_through_kills_and_is_told_once_each(broker: Broker, log: Log) -> None:
    log.send(*line(), owned_by("Ann", 1))
    for steps in range(1, len(WHOLE) + 1):
        with worker(broker, "static", policy_file=str(hurried_policy())) as child:
            if steps == 1:
                log.send(overdue(2))
            until(partial(told, WHOLE[:steps], log), SETTLED_S)
            kill(child)
    with worker(broker, "static", policy_file=str(hurried_policy())):
        log.send(event("interaction.hand_off_closed.v1", "A1", 3, datetime.now(UTC), {"hand_off_id": "H"}))
        until(lambda: log.snapshots(ALERTS)["A1"], SETTLED_S)
    steps_told = log.snapshots(ALERTS)["A1"]
    assert course(log) == WHOLE
    by_id: dict[str, dict[str, Any]] = {}
    for step in steps_told:
        assert by_id.setdefault(step["step_id"], step) == step, "told again unlike"
    waits = [datetime.fromisoformat(step["at"]) for step in by_id.values()]
    assert [(later - sooner).total_seconds() for sooner, later in pairwise(waits)] == [3.6, 7.2]
    assert [step["historic"] for step in by_id.values()] == [False] * 3
    assert Counter(step["reason"] for step in by_id.values()) == {"answer_due_passed": 1, "unacknowledged": 2}


def test_an_alert_that_somebody_took_on_climbs_no_further(broker: Broker, log: Log) -> None:
    log.send(*line(), owned_by("Ann", 1))
    with worker(broker, policy_file=str(hurried_policy())):
        log.send(overdue(2))
        opened = until(lambda: log.snapshots(ALERTS).get("A1"), SETTLED_S)[0]
        data = {"alert_id": opened["alert_id"], "actor": "Ann"}
        log.send(event("alert.acknowledged.v1", "A1", 3, datetime.now(UTC), data))
        until(partial(told, [("opened", "Ann"), ("acknowledged", "Ann")], log), SETTLED_S)
        again = {**data, "actor": "Leo", "until": (datetime.now(UTC) + timedelta(seconds=9)).isoformat()}
        log.send(event("alert.snoozed.v1", "A1", 4, datetime.now(UTC), again))
        until(
            partial(told, [("opened", "Ann"), ("acknowledged", "Ann"), ("snoozed", "Leo"), ("reopened", "Leo")], log),
            60,
        )


def test_a_profile_told_while_it_runs_counts_at_once_and_a_bad_one_stops_nothing(broker: Broker, log: Log) -> None:
    log.send(*line()[1:], owned_by("Ann", 1))
    with worker(broker, policy_file=str(hurried_policy())):
        log.send(overdue(2))
        until(partial(told, [("opened", "Ann")], log), SETTLED_S)
        log.send_raw(MANAGERS, key=b"Leo", value=b"{")
        log.send(manager("Ann", "account_manager", "Leo", 3))
        until(partial(told, WHOLE[:2], log), SETTLED_S)
    first = next(step for step in log.snapshots(ALERTS)["A1"] if step["step"] == "opened")
    assert first["facts"]["gaps"] == "unknown_owner Ann"
