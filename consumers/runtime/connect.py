"""How we talk to the broker with kafka-python: the one place that knows its settings and its traps.

* `max_poll_records=500` and `enable_auto_commit=True` are its defaults and both wrong for us.
* The in-memory broker answers newer version requests wrongly: it needs `api_version=(2, 3)`.
* It bounds its buffers per partition alone: a consumer of many partitions would hold megabytes of each.
* Its pauses between attempts to connect again grow to thirty seconds: so long a broker that is back would not be read.
* On Apache Kafka a reader must not make topics appear: they would have the wrong partition count.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import structlog
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from consumers.runtime.errors import StoppedEarly
from consumers.runtime.subscription import MEBIBYTE, Subscription
from schemas.broker import Broker
from schemas.topics import BY_NAME

_EMBEDDED_API = (2, 3)
_AWAY = (KafkaTimeoutError, KafkaConnectionError)
_BOOTSTRAP_MS = 3_000
_RECONNECT_MS = 1_000
_FREE_RECORDS = 2_000
_FREE_FETCH_BYTES = 32 * MEBIBYTE
_PARTITION_BYTES = 4 * MEBIBYTE
"""No more of one partition at a time: who reads few need not wait for so much."""
_READING: dict[str, Any] = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "metadata_max_age_ms": 30_000}
_T = TypeVar("_T")

log = structlog.get_logger()


def group_consumer(subscription: Subscription, broker: Broker, stop: threading.Event) -> KafkaConsumer:
    """A consumer in the subscription's group, not yet subscribed. Waits for a broker that is away.

    Raises:
        StoppedEarly: `stop` was set first.
    """
    settings = {
        **_common(broker),
        "group_id": subscription.group,
        "group_instance_id": subscription.instance_id,
        "client_id": subscription.group,
        "max_poll_records": subscription.max_records,
        "session_timeout_ms": int(subscription.session_timeout_s * 1000),
        "heartbeat_interval_ms": int(subscription.session_timeout_s * 1000 / 5),
        "fetch_max_wait_ms": subscription.embedded_fetch_wait_ms if broker.embedded else 500,
        **_buffers(subscription.fetch_bytes, subscription.topics, broker),
    }
    return when_reachable(broker, stop, lambda: _consumer(broker, settings, subscription.topics))


def free_consumer(broker: Broker, client_id: str, stop: threading.Event, topics: Iterable[str] = ()) -> KafkaConsumer:
    """A consumer in no group that is assigned by hand. Waits for a broker that is away.

    `topics` are made to appear on the in-memory broker if nobody has written to them yet.

    Raises:
        StoppedEarly: `stop` was set first.
    """
    settings = {**_common(broker), "client_id": client_id, "max_poll_records": _FREE_RECORDS}
    settings |= _buffers(_FREE_FETCH_BYTES, BY_NAME, broker)
    settings["fetch_max_wait_ms"] = 20 if broker.embedded else 500
    return when_reachable(broker, stop, lambda: _consumer(broker, settings, topics))


def durable_producer(broker: Broker, client_id: str, stop: threading.Event) -> KafkaProducer:
    """A producer whose records are acknowledged by all replicas, in order, each once. Waits for a broker that is away.

    Raises:
        StoppedEarly: `stop` was set first.
    """
    settings = {**_common(broker), "client_id": client_id, "acks": "all", "linger_ms": 0, "max_block_ms": 10_000}
    settings |= {"enable_idempotence": True, "request_timeout_ms": 10_000, "delivery_timeout_ms": 20_000}
    return when_reachable(broker, stop, lambda: KafkaProducer(**settings))


def fetched_bytes(consumer: KafkaConsumer) -> int:
    """What the consumer has fetched and not begun to hand out, as it came over the wire. It has no public count."""
    fetcher = consumer._fetcher  # noqa: SLF001 - a contract test holds kafka-python to it
    waiting = (*fetcher._completed_fetches, *fetcher._paused_completed_fetches.values())  # noqa: SLF001 - the same
    return sum(len(fetch.partition_data.records or b"") for fetch in waiting)


def when_reachable(broker: Broker, stop: threading.Event, make: Callable[[], _T], pause_s: float = 1.0) -> _T:
    """What `make` makes, as soon as the broker lets it.

    Raises:
        StoppedEarly: `stop` was set first.
    """
    while not stop.is_set():
        try:
            return make()
        except _AWAY as error:
            log.warning("broker_away", bootstrap=broker.bootstrap, error=type(error).__name__)
            stop.wait(pause_s)
    raise StoppedEarly


def await_topics(consumer: KafkaConsumer, topics: Iterable[str], stop: threading.Event, pause_s: float = 0.5) -> None:
    """Return when all topics are there.

    Raises:
        StoppedEarly: `stop` was set first.
    """
    told: set[str] = set()
    while missing := {topic for topic in topics if not consumer.partitions_for_topic(topic)}:
        if missing != told:
            log.warning("topics_missing", topics=sorted(missing), hint="pulse topics apply")
            told = missing
        if stop.wait(pause_s):
            raise StoppedEarly


def _consumer(broker: Broker, settings: dict[str, Any], topics: Iterable[str]) -> KafkaConsumer:
    if broker.embedded:
        _call_forth(broker, topics)
    return _bootstrapped(KafkaConsumer(**settings, **_READING, allow_auto_create_topics=False))


def _call_forth(broker: Broker, topics: Iterable[str]) -> None:
    """The in-memory broker has no CreateTopics: a topic appears when a client asks for it by name."""
    asking = KafkaProducer(**_common(broker), max_block_ms=_BOOTSTRAP_MS)
    try:
        for topic in topics:
            asking.partitions_for(topic)
    finally:
        asking.close(timeout=0)


def _bootstrapped(consumer: KafkaConsumer) -> KafkaConsumer:
    try:
        consumer.bootstrap(_BOOTSTRAP_MS)
    except KafkaTimeoutError:
        consumer.close(autocommit=False, timeout_ms=0)
        raise
    return consumer


def _buffers(fetch_bytes: int, topics: Iterable[str], broker: Broker) -> dict[str, int]:
    """kafka-python holds one fetch of each partition at most: the share of each, and how much one answer may bring."""
    places = sum(BY_NAME[topic].partitions(broker.partitions) if topic in BY_NAME else 1 for topic in topics)
    share = min(_PARTITION_BYTES, max(1, fetch_bytes // max(1, places)))
    return {"max_partition_fetch_bytes": share, "fetch_max_bytes": fetch_bytes}


def _common(broker: Broker) -> dict[str, Any]:
    return {
        "bootstrap_servers": broker.bootstrap.split(","),
        "api_version": _EMBEDDED_API if broker.embedded else None,
        "bootstrap_timeout_ms": _BOOTSTRAP_MS,
        "metrics_enabled": False,
        "reconnect_backoff_max_ms": _RECONNECT_MS,
    }
