"""The contract of the loop, on the in-memory broker and on Apache Kafka."""

import time
from uuid import uuid4

from consumers.runtime.loop import Subscription
from schemas.broker import Broker
from tests.runtime.running import Remembering, make_topic, refuse_times, running, send


def fresh(broker: Broker, **settings: object) -> Subscription:
    """A group of its own on a topic of its own, which exists."""
    name = uuid4().hex[:8]
    make_topic(broker, f"topic-{name}")
    return Subscription(group=f"group-{name}", topics=(f"topic-{name}",), **settings)  # type: ignore[arg-type]


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


def test_a_retry_gets_the_same_records_again_and_skips_nothing(broker: Broker) -> None:
    subscription, handler = fresh(broker), Remembering(refuse_times(3))
    values = [b"%d" % number for number in range(100)]
    send(broker, subscription.topics[0], values)
    with running(subscription, broker, handler):
        handler.until(lambda it: len(it.values) >= 100)
    assert handler.values == values
    assert handler.calls > 3


def test_a_latency_is_short(broker: Broker) -> None:
    subscription, handler = fresh(broker), Remembering()
    took = []
    with running(subscription, broker, handler):
        send(broker, subscription.topics[0], [b"warm"])
        handler.until(lambda it: len(it.values) == 1)
        for number in range(20):
            send(broker, subscription.topics[0], [b"x"])
            began = time.monotonic()
            handler.until(lambda it, n=number: len(it.values) == n + 2)
            took.append(time.monotonic() - began)
    print(sorted(took))
