"""The contract of the loop, on the in-memory broker and on Apache Kafka."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition
from prometheus_client import Counter

from consumers.runtime.connect import fetched_bytes, group_consumer
from consumers.runtime.gathering import size_of
from consumers.runtime.loop import Record, Subscription, _Loop
from consumers.runtime.metrics import GAPS, LAG, MISSING
from pulse.local.ports import free_port
from schemas.broker import Broker
from schemas.limits import MAX_EVENT_BYTES
from tests.runtime.running import Remembering, Running, drop, make_topic, refuse_times, running, send, sending
from tests.waiting import SESSION_S, until


def fresh(broker: Broker, partitions: int = 1, **settings: Any) -> Subscription:
    """A group of its own on a topic of its own, which exists."""
    name = uuid4().hex[:8]
    make_topic(broker, f"topic-{name}", partitions)
    return Subscription(
        group=f"group-{name}", topics=(f"topic-{name}",), **{"session_timeout_s": SESSION_S, **settings}
    )


def committed(subscription: Subscription, broker: Broker) -> int | None:
    """The offset that the group has committed in the first partition."""
    consumer = group_consumer(replace(subscription, instance_id=None), broker, threading.Event())
    try:
        offset: int | None = consumer.committed(TopicPartition(subscription.topics[0], 0), timeout_ms=10_000)
    finally:
        consumer.close(autocommit=False)
    return offset


def test_every_record_is_handled_once_in_order_when_nothing_goes_wrong(broker: Broker) -> None:
    subscription, handler = fresh(broker), Remembering()
    values = [b"%d" % number for number in range(1000)]
    with running(subscription, broker, handler):
        send(broker, subscription.topics[0], values)
        handler.until(lambda it: len(it.values) >= 1000)
    assert handler.values == values


def test_a_restart_goes_on_after_what_was_handled(broker: Broker) -> None:
    subscription, first, second = fresh(broker), Remembering(), Remembering()
    send(broker, subscription.topics[0], [b"1", b"2"])
    with running(subscription, broker, first):
        first.until(lambda it: len(it.values) == 2)
    send(broker, subscription.topics[0], [b"3"])
    with running(subscription, broker, second):
        second.until(lambda it: bool(it.values))
    assert second.values == [b"3"]


@pytest.mark.parametrize("every_s", [0.2, 3600.0])
def test_a_handler_may_be_committed_seldom_and_is_in_full_at_the_end(broker: Broker, every_s: float) -> None:
    subscription, first, second = fresh(broker, commit_every_s=every_s), Remembering(), Remembering()
    with running(subscription, broker, first):
        for number in range(3):
            send(broker, subscription.topics[0], [b"%d" % number])
            first.until_handled(number + 1)
        if every_s < 1:
            until(lambda: committed(subscription, broker) == 3, 10)
        else:
            assert committed(subscription, broker) is None
    assert committed(subscription, broker) == 3
    with running(subscription, broker, second):
        send(broker, subscription.topics[0], [b"3"])
        second.until_handled(1)
    assert second.values == [b"3"]


def test_a_retry_gets_the_same_records_again_and_skips_nothing(broker: Broker) -> None:
    subscription, handler = fresh(broker), Remembering(refuse_times(3))
    values = [b"%d" % number for number in range(100)]
    send(broker, subscription.topics[0], values)
    with running(subscription, broker, handler):
        handler.until(lambda it: len(it.values) >= 100)
    assert handler.values == values
    assert handler.calls > 3


def test_records_of_many_small_batches_are_handled_together_where_gathering_is_asked_for() -> None:
    calls = {}
    for gather_s in (0.0, 0.3):
        subscription, handler = Subscription("g", ("t",), gather_s=gather_s), Remembering()
        consumer = _OneRecordAPoll(20)
        gathering = _Loop(subscription, consumer, handler, threading.Event(), lambda: None)
        while records := gathering._poll():
            handler.handle(records)
        calls[gather_s] = handler.calls
        assert handler.values == [b"%d" % number for number in range(20)]
    assert calls == {0.0: 20, 0.3: 1}


def test_what_was_gathered_before_a_new_assignment_is_left_to_be_read_again() -> None:
    subscription = Subscription("g", ("t",), gather_s=0.3)
    consumer = _OneRecordAPoll(5)
    gathering = _Loop(subscription, consumer, Remembering(), threading.Event(), lambda: None)
    consumer.on_poll = {3: lambda: setattr(gathering._assignments, "changed", True)}
    assert [record.value for record in gathering._poll()] == [b"2"]


class _OneRecordAPoll:
    """A consumer that gives one record of one partition a poll, as the in-memory broker does with single records."""

    def __init__(self, count: int) -> None:
        self.values = [b"%d" % number for number in range(count)]
        self.polls = 0
        self.on_poll: dict[int, Callable[[], None]] = {}

    def poll(self, timeout_ms: int, max_records: int) -> dict[str, list[Any]]:
        self.polls += 1
        self.on_poll.get(self.polls, lambda: None)()
        if self.polls > len(self.values):
            return {}
        offset = self.polls - 1
        return {"t": [_record(offset, self.values[offset])]}


@pytest.mark.parametrize("size_bytes, calls", [(100, 1), (MAX_EVENT_BYTES - 100, 3), (400_000, 3)])
def test_a_batch_is_bounded_in_bytes_and_nothing_is_left_out(size_bytes: int, calls: int) -> None:
    """Ten records, room for four of the largest that an event may be. Of those beyond it no more than that come."""
    handler, room = Remembering(), 4 * MAX_EVENT_BYTES
    consumer = _Backlog(10, size_bytes)
    gathering = _Loop(Subscription("g", ("t",), max_bytes=room), consumer, handler, threading.Event(), lambda: None)
    while records := gathering._poll():
        assert len(records) <= 4 or sum(map(size_of, records)) <= room
        handler.handle(records)
    assert ([int(value[:2]) for value in handler.values], handler.calls) == (list(range(10)), calls)


def test_a_batch_of_many_small_records_is_bounded_in_records() -> None:
    consumer = _Backlog(3_000, 100)
    gathering = _Loop(
        Subscription("g", ("t",), max_records=2_000), consumer, Remembering(), threading.Event(), lambda: None
    )
    assert [len(gathering._poll()) for _ in range(3)] == [2_000, 1_000, 0]


class _Backlog:
    """A consumer with many records of one size that wait for it."""

    def __init__(self, count: int, size_bytes: int) -> None:
        self._left = [_record(number, b"%02d" % number + bytes(size_bytes - 2)) for number in range(count)]

    def poll(self, timeout_ms: int, max_records: int) -> dict[str, list[Any]]:
        given, self._left = self._left[:max_records], self._left[max_records:]
        return {"t": given} if given else {}


def _record(offset: int, value: bytes) -> Any:
    return SimpleNamespace(topic="t", partition=0, offset=offset, key=None, value=value, headers=[])


def test_what_is_fetched_ahead_is_bounded_over_all_partitions_together(kafka_broker: Broker) -> None:
    """Four partitions of 2 MB each; half a megabyte may be fetched ahead, and one produced batch beyond it.

    kafka-python asks once more for a partition whose fetch it just takes up: for a moment such a void one lies beside.
    """
    broker = kafka_broker  # the in-memory one gives a single produced batch of each partition at a time
    subscription = fresh(broker, partitions=4, fetch_bytes=512 * 1024)
    for number in range(4):
        send(broker, subscription.topics[0], [bytes(20_000)] * 100, number)
    consumer = group_consumer(subscription, broker, threading.Event())
    try:
        consumer.subscribe(list(subscription.topics))
        until(lambda: consumer.poll(100, max_records=1), 20)
        held = [_fetched_meanwhile(consumer) for _ in range(60) if consumer.poll(50, max_records=5)]
    finally:
        consumer.close(autocommit=False)
    assert 0 < sorted(held)[len(held) * 9 // 10] <= 512 * 1024 + 20_200
    assert max(held) <= 5 * (512 * 1024 // 4) + 20_200


def _fetched_meanwhile(consumer: KafkaConsumer) -> int:
    """What lies there once a handler has taken its time: of two answers of the broker one may be handed out whole."""
    threading.Event().wait(0.02)
    return fetched_bytes(consumer)


def test_a_record_is_handled_soon_after_it_came(broker: Broker) -> None:
    subscription, handler = fresh(broker, embedded_fetch_wait_ms=5), Remembering()
    took = []
    with running(subscription, broker, handler), sending(broker) as send_one:
        for number in range(20):
            send_one(subscription.topics[0], b"x")
            began = time.monotonic()
            handler.until_handled(number + 1)
            took.append(time.monotonic() - began)
    assert sorted(took)[2] < 0.05, took  # the quickest: how long we wait, not how busy the machine is


def test_idle_is_called_and_a_stop_is_seen_while_a_retry_is_waited_for(broker: Broker) -> None:
    subscription, handler = fresh(broker), Remembering(refuse_times(99, after_s=60))
    send(broker, subscription.topics[0], [b"1"])
    with running(subscription, broker, handler) as loop:
        handler.until(lambda it: it.calls == 1)
        seen = handler.idles
        handler.until(lambda it: it.idles >= seen + 3, 5)
        began = time.monotonic()
        loop.stop.set()
        loop.join(5)
        assert time.monotonic() - began < 4
    assert handler.calls == 1


def test_what_was_refused_until_the_stop_is_read_by_the_next_run(broker: Broker) -> None:
    subscription, stuck, well = fresh(broker), Remembering(refuse_times(99)), Remembering()
    send(broker, subscription.topics[0], [b"1", b"2"])
    with running(subscription, broker, stuck):
        stuck.until(lambda it: it.calls > 1)
    with running(subscription, broker, well):
        well.until(lambda it: len(it.values) == 2)
    assert well.values == [b"1", b"2"]


def test_an_error_that_is_not_understood_ends_the_loop_without_a_commit(broker: Broker) -> None:
    def fail(_: Sequence[Record]) -> None:
        raise ZeroDivisionError

    subscription, broken, well = fresh(broker), Remembering(fail), Remembering()
    send(broker, subscription.topics[0], [b"1"])
    loop = Running(subscription, broker, broken)
    loop.join(30)
    assert isinstance(loop.error, ZeroDivisionError)
    with running(subscription, broker, well):
        well.until(lambda it: it.values == [b"1"])


def test_a_second_member_takes_over_a_part_and_nothing_is_skipped(kafka_broker: Broker) -> None:
    broker = kafka_broker  # the in-memory one loses track of a group while its members change
    subscription = fresh(broker, partitions=4)
    first, second = Remembering(), Remembering()
    with running(subscription, broker, first):
        for number in range(4):
            send(broker, subscription.topics[0], [b"a%d" % number], number)
        first.until(lambda it: len(it.values) == 4)
        with running(subscription, broker, second):
            for number in range(4):
                send(broker, subscription.topics[0], [b"b%d" % number], number)
            until(lambda: len({*first.values, *second.values}) == 8, 20)
    assert second.values


def test_lag_is_measured_for_every_partition(broker: Broker) -> None:
    subscription, handler = fresh(broker), Remembering(refuse_times(99, after_s=60))
    send(broker, subscription.topics[0], [b"1", b"2", b"3"])
    with running(subscription, broker, handler):
        until(lambda: lag(subscription) == 3, 10)
    with running(subscription, broker, Remembering()):
        until(lambda: lag(subscription) == 0, 20)


def test_records_that_were_dropped_before_they_were_read_are_counted(broker: Broker) -> None:
    subscription, handler = fresh(broker), Remembering()
    topic = subscription.topics[0]
    send(broker, topic, [b"1"])
    with running(subscription, broker, handler):
        handler.until(lambda it: len(it.values) == 1)
    drop(broker, topic)
    with running(subscription, broker, Remembering()):
        until(lambda: value(MISSING, subscription) > 0, 20)
    assert value(GAPS, subscription) == 1


def test_a_broker_that_is_away_is_waited_for_until_a_stop() -> None:
    nowhere = Broker(bootstrap=f"127.0.0.1:{free_port()}", embedded=True)
    loop = Running(Subscription("group", ("topic",)), nowhere, Remembering())
    assert not loop.ready.wait(1)
    loop.stop.set()
    loop.join(10)
    assert loop.error is None


def test_a_topic_that_is_missing_is_waited_for(kafka_broker: Broker) -> None:
    name = uuid4().hex[:8]
    subscription, handler = Subscription(f"group-{name}", (f"topic-{name}",)), Remembering()
    loop = Running(subscription, kafka_broker, handler)
    try:
        assert not loop.ready.wait(1.5)
        make_topic(kafka_broker, subscription.topics[0])
        assert loop.ready.wait(15)
        send(kafka_broker, subscription.topics[0], [b"1"])
        handler.until(lambda it: it.values == [b"1"])
    finally:
        loop.stop.set()
        loop.join()


def lag(subscription: Subscription) -> float:
    return float(LAG.labels(subscription.group, subscription.topics[0], "0")._value.get())


def value(counter: Counter, subscription: Subscription) -> float:
    return float(counter.labels(subscription.group, subscription.topics[0])._value.get())
