"""A worker judges by what account.policies says, from the moment it says, whatever is killed in between."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulse.policies.reading import read_policy
from pulse.policies.topic import write
from schemas.broker import Broker
from schemas.health import Band
from schemas.policies import PolicyRelease, ReleaseKind
from schemas.shadow import ShadowDifference
from schemas.topics import ALERTS, HEALTH, SHADOW
from streams.core.policy import Policy
from tests.policies import talkative_policy
from tests.waiting import until
from tests.worker.running import START, Log, complaint, kill, order, worker
from tests.worker.test_process import SETTLED_S, assert_explained

SWITCH = START + timedelta(hours=1)


@pytest.fixture
def log(topics_applied: Broker) -> Iterator[Log]:
    opened = Log(topics_applied)
    yield opened
    opened.close()


def release(moment: datetime, **changes: Any) -> PolicyRelease:
    document = read_policy(talkative_policy()).model_dump(mode="json")
    for section, values in changes.items():
        document[section] |= values
    policy = Policy.model_validate(document | {"version": 2})
    return PolicyRelease(
        kind=ReleaseKind.PROMOTED,
        policy=policy.name,
        document=policy.model_dump(mode="json"),
        in_force_from=moment,
        written_at=datetime.now(UTC),
        author="Example Author",
        reason="orders weigh more",
    )


def trial(policy: PolicyRelease) -> PolicyRelease:
    """The same policy tried out from now on."""
    return policy.model_copy(update={"kind": ReleaseKind.SHADOW, "in_force_from": datetime.now(UTC)})


def differences(log: Log, count: int) -> list[ShadowDifference] | None:
    """What was said to differ, once it is `count` records."""
    found = [ShadowDifference.model_validate_json(record.value) for record in log.read(SHADOW)]
    return found if len(found) == count else None


def told(log: Log, count: int) -> dict[str, list[dict[str, Any]]] | None:
    """The snapshots, once those of all accounts hold `count` facts."""
    found = log.snapshots(HEALTH)
    return found if len(found) == 3 and all(parts[-1]["events_applied"] == count for parts in found.values()) else None


def test_a_version_counts_from_its_moment_on_though_workers_are_killed_around_it(broker: Broker, log: Log) -> None:
    """The harsher bands would be an alert of their own, were a release to page anyone."""
    harsher = {"healthy_from": 90, "at_risk_below": 80, "critical_below": 70}
    heavier = read_policy(talkative_policy()).model_dump(mode="json")["signals"]["orders"] | {"points": 9}
    write(broker, [release(SWITCH, bands=harsher, signals={"orders": heavier})])
    accounts = ("A1", "A2", "A3")
    with worker(broker, "static") as child:
        last = SWITCH - timedelta(seconds=1)
        log.send(*(order(account, number, START) for number, account in enumerate(accounts)))
        log.send(*(order(account, 10 + number, last) for number, account in enumerate(accounts)))
        until(lambda: told(log, 2), SETTLED_S)
        kill(child)
    log.send(*(order(account, 20 + number, SWITCH) for number, account in enumerate(accounts)))
    with worker(broker, "static"):
        found = until(lambda: told(log, 3), SETTLED_S)
    for snapshots in found.values():
        for one in snapshots:
            late = datetime.fromisoformat(one["as_of"]) >= SWITCH
            assert one["policy"] == ("default/2" if late else "default/1")
        moved = [part for one in snapshots for part in one["change"] if part["kind"] == "policy"]
        assert len(moved) == 1
    assert_explained(log)
    assert log.read(ALERTS) == []


def test_a_version_promoted_while_a_worker_runs_comes_into_force(broker: Broker, log: Log) -> None:
    with worker(broker):
        log.send(*(order(account, number, START) for number, account in enumerate(("A1", "A2", "A3"))))
        until(lambda: told(log, 1), SETTLED_S)
        moment = datetime.now(UTC) + timedelta(seconds=3)
        write(broker, [release(moment, bands={"healthy_from": 90, "at_risk_below": 80})])
        # Time has passed the last fact by two hours: until the clock takes over nothing is read at the new moment.
        log.send(complaint("A1", 50, moment, moment + timedelta(days=1)))
        until(lambda: log.snapshots(HEALTH)["A1"][-1]["policy"] == "default/2", SETTLED_S)


def test_a_record_that_cannot_count_stops_nothing(broker: Broker, log: Log) -> None:
    bad = release(SWITCH).model_copy(update={"document": {"policy": "default"}})
    write(broker, [bad])
    with worker(broker):
        log.send(*(order(account, number, SWITCH) for number, account in enumerate(("A1", "A2", "A3"))))
        found = until(lambda: told(log, 1), SETTLED_S)
    assert {one["policy"] for snapshots in found.values() for one in snapshots} == {"default/1"}


def test_a_policy_tried_out_says_what_differs_and_begins_anew_with_a_worker_that_does(broker: Broker, log: Log) -> None:
    accounts = ("A1", "A2", "A3")
    stricter = trial(release(SWITCH, bands={"healthy_from": 90, "at_risk_below": 80, "critical_below": 70}))
    with worker(broker) as child:
        log.send(*(order(account, number, START) for number, account in enumerate(accounts)))
        until(lambda: told(log, 1), SETTLED_S)
        write(broker, [stricter])
        found = until(lambda: differences(log, 3), SETTLED_S)
        kill(child)
    assert {one.account_id for one in found} == set(accounts), "of quiet accounts too"
    assert {(one.policy, one.shadow_policy) for one in found} == {("default/1", "default/2")}
    assert {(one.band, one.shadow_band) for one in found} == {(Band.WATCH, Band.CRITICAL)}
    assert {one.tried_since for one in found} == {stricter.in_force_from}
    with worker(broker):
        again = until(lambda: differences(log, 6), SETTLED_S)
        ended = stricter.model_copy(update={"kind": ReleaseKind.SHADOW_ENDED, "document": None})
        write(broker, [ended.model_copy(update={"in_force_from": datetime.now(UTC)})])
        log.send(*(order(account, 10 + number, SWITCH) for number, account in enumerate(accounts)))
        until(lambda: told(log, 2), SETTLED_S)
    assert len({one.began_at for one in again}) >= 2
    assert log.read(ALERTS) == []
    assert {one["policy"] for snapshots in log.snapshots(HEALTH).values() for one in snapshots} == {"default/1"}


def test_the_policy_in_force_tried_out_as_another_version_says_nothing(broker: Broker, log: Log) -> None:
    write(broker, [trial(release(SWITCH))])
    with worker(broker):
        log.send(*(order(account, number, START) for number, account in enumerate(("A1", "A2", "A3"))))
        until(lambda: told(log, 1), SETTLED_S)
        log.send(*(complaint(account, 9, SWITCH, SWITCH + timedelta(days=1), 4) for account in ("A1", "A2", "A3")))
        until(lambda: told(log, 2), SETTLED_S)
    assert differences(log, 0) == []
