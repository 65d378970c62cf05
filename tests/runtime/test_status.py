"""/healthz and /readyz of a consumer say how its loop stands."""

from functools import partial
from typing import Any
from uuid import uuid4

import httpx

from consumers.runtime.loop import Subscription
from consumers.runtime.status import STALE_S, Status
from pulse.status import serve
from schemas.broker import Broker
from tests.runtime.running import Remembering, Running, make_topic, refuse_times, running, send
from tests.waiting import SESSION_S, until


def fresh(broker: Broker, **settings: Any) -> tuple[Subscription, str]:
    """A group and a topic of its own, and where its status is served."""
    name = uuid4().hex[:8]
    make_topic(broker, f"topic-{name}")
    subscription = Subscription(
        group=f"group-{name}", topics=(f"topic-{name}",), session_timeout_s=SESSION_S, **settings
    )
    return subscription, served(subscription.status)


def served(status: Status) -> str:
    return f"http://127.0.0.1:{serve(0, '127.0.0.1', status)}"


def asked(url: str, path: str) -> tuple[int, dict[str, Any]]:
    answer = httpx.get(f"{url}{path}", trust_env=False)
    return answer.status_code, answer.json()


def answers(url: str, path: str, code: int) -> dict[str, Any] | None:
    """The body when the code is this one."""
    found, body = asked(url, path)
    return body if found == code else None


def test_a_consumer_is_ready_once_it_has_partitions_and_tells_its_lag(broker: Broker) -> None:
    subscription, url = fresh(broker)
    assert asked(url, "/readyz")[0] == 503
    assert asked(url, "/healthz")[0] == 200
    handler = Remembering()
    with running(subscription, broker, handler):
        until(partial(answers, url, "/readyz", 200), 10)
        send(broker, subscription.topics[0], [b"1", b"2"])
        handler.until_handled(2)
        told = until(lambda: (body := asked(url, "/readyz")[1])["partitions"][0]["lag_records"] == 0 and body, 10)
    assert {place["topic"] for place in told["partitions"]} == set(subscription.topics)
    assert told["lag_records"] == 0
    assert "pulse_consumer_lag_records" in httpx.get(f"{url}/metrics", trust_env=False).text


def test_what_a_handler_waits_for_makes_it_unready_until_it_has_passed(fresh_embedded_broker: Broker) -> None:
    subscription, url = fresh(fresh_embedded_broker)
    handler = Remembering(refuse_times(1, after_s=1.0))
    with running(subscription, fresh_embedded_broker, handler):
        send(fresh_embedded_broker, subscription.topics[0], [b"1"])
        told = until(partial(answers, url, "/readyz", 503), 10)
        assert told["fault"] == "the test says so"
        assert asked(url, "/healthz")[0] == 200, "starting it anew would not help"
        handler.until_handled(1)
        until(partial(answers, url, "/readyz", 200), 10)


def test_a_second_member_without_partitions_is_ready(kafka_broker: Broker) -> None:
    subscription, _ = fresh(kafka_broker)
    loops = []
    second = Subscription(group=subscription.group, topics=subscription.topics, session_timeout_s=SESSION_S)
    url = served(second.status)
    try:
        loops = [Running(one, kafka_broker, Remembering()) for one in (subscription, second)]
        until(partial(_one_has_it, subscription.status, second.status), 30)
        until(partial(answers, url, "/readyz", 200), 10)
    finally:
        for one in loops:
            one.stop.set()
            one.join()


def test_a_loop_that_does_not_turn_is_unhealthy_but_one_that_starts_is_not() -> None:
    clock = [0.0]
    status = Status(lambda: clock[0])
    clock[0] = 10 * STALE_S
    assert status.read().healthy
    status.turned({}, None)
    assert status.read().ready
    clock[0] += STALE_S + 1
    assert not status.read().healthy


def _one_has_it(first: Status, second: Status) -> bool:
    standings = (first.read(), second.read())
    return all(it.ready for it in standings) and sorted(len(it.partitions) for it in standings) == [0, 1]
