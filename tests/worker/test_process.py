"""The worker process keeps its promises on either broker, whatever is killed."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from kafka import TopicPartition

from pulse.local.ports import free_port
from schemas.broker import Broker
from schemas.catalogue import AnyEvent
from schemas.deadletters import from_headers
from schemas.errors import Reason
from schemas.topics import ALERTS, CHANGELOG, COMPLAINTS, DEAD_LETTERS, HEALTH, PURCHASES
from streams.worker.errors import EXIT_STATE_LOST
from tests.waiting import until
from tests.worker.running import Log, commit, complaint, event, history, kill, order, overflow, start_worker, worker

SETTLED_S = 45.0


@pytest.fixture
def log(topics_applied: Broker) -> Iterator[Log]:
    opened = Log(topics_applied)
    yield opened
    opened.close()


def applied(log: Log) -> dict[str, int]:
    return {account: parts[-1]["events_applied"] for account, parts in log.snapshots(HEALTH).items()}


def told(events: list[AnyEvent]) -> dict[str, int]:
    return dict(Counter(one.subject for one in events))


def assert_explained(log: Log) -> None:
    for parts in log.snapshots(HEALTH).values():
        first: dict[int, dict[str, Any]] = {}
        for part in parts:
            first.setdefault(part["version"], part)
        assert list(first) == list(range(1, len(first) + 1))
        before = 0.0
        for part in first.values():
            score = part["score"] or 0.0
            assert score == pytest.approx(sum(one["points"] for one in part["contributions"]), abs=1e-9)
            assert score - before == pytest.approx(sum(one["points"] for one in part["change"]), abs=1e-9)
            before = score


def applies_more_than(count: int, log: Log) -> bool:
    return sum(applied(log).values()) > count


def at_least(count: int, found: list[Any]) -> list[Any]:
    return found if len(found) >= count else []


def test_each_event_counts_once_though_sent_twice_and_its_score_explains_itself(broker: Broker, log: Log) -> None:
    events = history(seed=1, count=600, accounts=40)
    with worker(broker):
        log.send(*events[:300])
        log.send(*events[250:])
        until(lambda: applied(log) == told(events), SETTLED_S)
    assert_explained(log)


def test_kill_9_loses_nothing_and_counts_nothing_twice(broker: Broker, log: Log) -> None:
    events = history(seed=2, count=900, accounts=60)
    for start in range(0, 900, 300):
        with worker(broker, "static") as child:
            log.send(*events[start : start + 300])
            until(partial(applies_more_than, start, log), SETTLED_S)
            kill(child)
    with worker(broker, "static"):
        until(lambda: applied(log) == told(events), SETTLED_S)
    assert_explained(log)


def test_a_second_worker_takes_its_share_and_gives_it_back(fresh_kafka_broker: Broker) -> None:
    log = Log(fresh_kafka_broker)  # the in-memory broker loses a group whose members change
    events = history(seed=3, count=900, accounts=60)
    try:
        with worker(fresh_kafka_broker, "first"):
            log.send(*events[:300])
            second = start_worker(fresh_kafka_broker, "second")
            second.wait_ready()
            log.send(*events[300:600])
            until(lambda: sum(applied(log).values()) >= 600, SETTLED_S)
            kill(second)
            log.send(*events[600:])
            until(lambda: applied(log) == told(events), SETTLED_S)
        assert_explained(log)
    finally:
        log.close()


def test_an_answer_overdue_alerts_once_through_a_restart(broker: Broker, log: Log) -> None:
    now = datetime.now(UTC)
    with worker(broker, "static") as child:
        log.send(complaint("A1", 1, now, now + timedelta(seconds=1)))
        until(lambda: log.read(ALERTS), SETTLED_S)
        kill(child)
    with worker(broker, "static"):
        log.send(order("A1", 2, datetime.now(UTC)))
        until(lambda: applied(log).get("A1") == 2, SETTLED_S)
    steps = log.snapshots(ALERTS)["A1"]
    assert {(step["kind"], step["step"], step["historic"]) for step in steps} == {
        ("complaint_overdue", "opened", False)
    }
    assert len({step["step_id"] for step in steps}) == 1


def test_an_alert_of_long_ago_is_historic(broker: Broker, log: Log) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=40)
    with worker(broker):
        log.send(complaint("A1", 1, long_ago, long_ago + timedelta(days=1)))
        log.send(*(order(f"B{number}", 10 + number, datetime.now(UTC)) for number in range(40)))
        until(lambda: log.read(ALERTS), SETTLED_S)
    assert all(step["historic"] for step in log.snapshots(ALERTS)["A1"])


def test_an_acknowledgement_becomes_a_step(broker: Broker, log: Log) -> None:
    now = datetime.now(UTC)
    with worker(broker):
        log.send(complaint("A1", 1, now, now + timedelta(seconds=1)))
        opened = until(lambda: log.snapshots(ALERTS).get("A1"), SETTLED_S)[0]
        data = {"alert_id": opened["alert_id"], "actor": "m1"}
        log.send(event("alert.acknowledged.v1", "A1", 2, datetime.now(UTC), data))
        steps = until(lambda: at_least(2, log.snapshots(ALERTS)["A1"]), SETTLED_S)
    assert (steps[1]["step"], steps[1]["actor"], steps[1]["step_no"]) == ("acknowledged", "m1", 2)


BAD: list[tuple[Reason, dict[str, Any]]] = [
    (Reason.NO_VALUE, {"key": b"A1", "value": None}),
    (Reason.NOT_JSON, {"key": b"A1", "value": b"{"}),
    (Reason.NOT_UTF8, {"key": b"A1", "value": b"\xff\xfe"}),
    (Reason.UNKNOWN_TYPE, {"key": b"A1", "value": b'{"type": "x.y.v1", "subject": "A1"}'}),
    (Reason.TOO_LARGE, {"key": b"A1", "value": b"[" + b"1" * 40_000}),
]


EXPECTED = {reason for reason, _ in BAD} | {Reason.WRONG_TOPIC, Reason.WRONG_KEY, Reason.WRONG_PARTITION}


def letters_by_reason(log: Log) -> dict[Reason, Any]:
    return {from_headers(letter.headers)[0].reason: letter for letter in log.read(DEAD_LETTERS)}


def complete(letters: dict[Reason, Any]) -> dict[Reason, Any] | None:
    return letters if letters.keys() >= EXPECTED else None


def test_bad_records_become_dead_letters_with_their_bytes_and_stop_nothing(broker: Broker, log: Log) -> None:
    marks = [("content-type", b"application/cloudevents+json"), ("x-mark", b"\x00\xff")]
    with worker(broker):
        log.send(order("A1", 1, datetime.now(UTC)))
        for _, record in BAD:
            log.send_raw(PURCHASES, headers=marks, **record)
        value = complaint("A1", 2, datetime.now(UTC), datetime.now(UTC) + timedelta(days=1)).model_dump_json().encode()
        log.send_raw(PURCHASES, headers=marks, key=b"A1", value=value)
        log.send_raw(COMPLAINTS, headers=marks, key=b"other", value=value)
        log.send_raw(COMPLAINTS, headers=marks, key=b"A1", value=value, partition=0)
        log.send_raw(COMPLAINTS, headers=marks, key=b"A1", value=value, partition=1)
        log.send(order("A1", 3, datetime.now(UTC)))
        by_reason = until(lambda: complete(letters_by_reason(log)), SETTLED_S)
        until(lambda: applied(log).get("A1", 0) >= 2, SETTLED_S)
    for reason, record in BAD:
        letter = by_reason[reason]
        assert (letter.key, letter.value) == (record["key"], record["value"])
        assert from_headers(letter.headers)[1] == marks


def test_a_worker_whose_changelog_lost_its_beginning_refuses_to_go_on(fresh_embedded_broker: Broker) -> None:
    log = Log(fresh_embedded_broker)
    try:
        with worker(fresh_embedded_broker, "static") as child:
            log.send(order("A1", 1, datetime.now(UTC)))
            until(lambda: applied(log), SETTLED_S)
            kill(child)
        overflow(fresh_embedded_broker, CHANGELOG)
        again = start_worker(fresh_embedded_broker, "static")
        assert again.wait(60) == EXIT_STATE_LOST
        assert "build the state anew" in again.tail()
    finally:
        log.close()


def test_a_worker_that_cannot_read_its_changelog_stops_and_says_so(fresh_embedded_broker: Broker) -> None:
    log = Log(fresh_embedded_broker)
    try:
        log.send_raw(CHANGELOG, key=b"A1", value=b"\x00 of another version")
        child = start_worker(fresh_embedded_broker)
        assert child.wait(60) == 1
        assert "Run the version that wrote it" in child.tail()
    finally:
        log.close()


def test_a_worker_refuses_topics_of_another_partition_count(broker: Broker) -> None:
    child = start_worker(broker.model_copy(update={"partitions": broker.partitions * 2}))
    assert child.wait(60) == 1
    assert f"account.purchases has {broker.partitions} partitions" in child.tail()
    assert f"expected {broker.partitions * 2}" in child.tail()


def test_a_worker_refuses_topics_that_were_made_anew_under_it(fresh_kafka_broker: Broker) -> None:
    log = Log(fresh_kafka_broker)
    try:
        log.send(*(order("A1", number, datetime.now(UTC)) for number in range(5)))
        with worker(fresh_kafka_broker):
            until(lambda: applied(log).get("A1") == 5, SETTLED_S)
        place = TopicPartition(PURCHASES.name, log.read(PURCHASES)[0].partition)
        commit(fresh_kafka_broker, place, 5_000)
        child = start_worker(fresh_kafka_broker)
        log.send(order("A1", 6, datetime.now(UTC)))
        assert child.wait(60) == EXIT_STATE_LOST
        assert "beyond its end" in child.tail()
    finally:
        log.close()


def test_a_worker_waits_for_a_broker_that_is_not_there_yet_and_stops_when_told() -> None:
    child = start_worker(Broker(bootstrap=f"127.0.0.1:{free_port()}"))
    try:
        until(lambda: "waiting_for_broker" in child.tail(), SETTLED_S)
        assert child.exit_code is None
    finally:
        child.stop()
    assert child.exit_code == 0
