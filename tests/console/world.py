"""A warehouse, its sink and a broker, each a real process of its own; and what has happened so far."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from consumers.clickhouse import migrate
from consumers.runtime.clickhouse import ClickHouse
from pulse.local.child import Child, Command
from pulse.local.ports import free_port
from schemas.alerts import AlertStep
from schemas.broker import Broker
from schemas.catalogue import AnyEvent, topic_of
from schemas.codec import STRUCTURED_HEADERS, to_structured
from schemas.deliveries import DeliveryReceipt
from schemas.health import HealthSnapshot
from schemas.policies import PolicyRelease
from schemas.shadow import ShadowDifference
from schemas.topics import ALERTS, DELIVERIES, HEALTH, POLICIES, SHADOW, SINK_GROUP, Topic
from tests.waiting import until

Told = AnyEvent | HealthSnapshot | AlertStep | DeliveryReceipt | PolicyRelease | ShadowDifference
Place = tuple[str, int, int]

_READY = 'lambda: print(\'{"event": "ready"}\', flush=True)'
_WAREHOUSE = f"""
import sys
from consumers.clickhouse.settings import WarehouseSettings
from consumers.clickhouse.warehouse.server import serve
from pulse.local import lifeline
lifeline.watch()
serve(WarehouseSettings.model_validate_json(sys.argv[1]), {_READY})
"""
_SINK = f"""
import sys
from consumers.clickhouse.settings import SinkSettings
from consumers.clickhouse.sink import run
from consumers.runtime.clickhouse import ClickHouse
from consumers.runtime.status import Status
from pulse.local import lifeline
from schemas.broker import Broker
lifeline.watch()
clickhouse, broker = ClickHouse.model_validate_json(sys.argv[1]), Broker.model_validate_json(sys.argv[2])
run(SinkSettings(poll_s=0.05, session_timeout_s=2), clickhouse, broker, {_READY}, Status())
"""


class World:
    """Tells things as the pipeline does."""

    def __init__(self, clickhouse: ClickHouse, broker: Broker, start_sink: Callable[[], Child]) -> None:
        api = {"bootstrap_servers": broker.bootstrap, "api_version": (2, 3) if broker.embedded else None}
        self.clickhouse = clickhouse
        self.broker = broker
        self._start_sink = start_sink
        self._sink = start_sink()
        self._producer = KafkaProducer(**api, linger_ms=5)
        self._admin = KafkaAdminClient(**api)

    def tell(self, *told: Told) -> None:
        """Publish, and wait until the warehouse holds it."""
        places = self.publish(*told)
        ends = {(topic, partition): offset for topic, partition, offset in places}
        wanted = [TopicPartition(topic, partition) for topic, partition in ends]

        def stored() -> bool:
            committed = self._admin.list_group_offsets({SINK_GROUP: wanted})[SINK_GROUP]
            return all(committed[place].offset > ends[place.topic, place.partition] for place in wanted)

        until(stored, 30)

    def publish(self, *told: Told) -> list[Place]:
        """Onto the topics; the warehouse follows in its own time."""
        sent = [self._send(*_as_record(one)) for one in told]
        self._producer.flush()
        return [(one.topic, one.partition, one.offset) for one in (future.get(10) for future in sent)]

    def publish_raw(self, topic: Topic, key: str, value: bytes) -> None:
        """Any bytes."""
        self._send(topic, key, value).get(10)

    @contextmanager
    def warehouse_behind(self) -> Iterator[None]:
        """The sink is stopped while the block runs: what is told stands on the topics alone."""
        self._sink.stop()
        try:
            yield
        finally:
            self._sink = self._start_sink()

    def close(self) -> None:
        """Stop what was started."""
        self._producer.close(1)
        self._admin.close()
        self._sink.stop()

    def _send(self, topic: Topic, key: str, value: bytes) -> Any:
        headers = [] if topic in (HEALTH, ALERTS, DELIVERIES, POLICIES, SHADOW) else list(STRUCTURED_HEADERS)
        return self._producer.send(topic.name, value=value, key=key.encode(), headers=headers)


@contextmanager
def world(folder: Path, broker: Broker) -> Iterator[World]:
    """A warehouse process with our tables, and the sink process that fills it from the broker."""
    url = f"http://127.0.0.1:{free_port()}"
    port = int(url.rsplit(":", 1)[1])
    settings = json.dumps({"data_dir": str(folder), "port": port})
    clickhouse = ClickHouse(url=url)
    with ExitStack() as stack:
        stack.callback(_started("warehouse", _WAREHOUSE, settings).stop)
        migrate.apply(clickhouse)
        # the password of the local warehouse is empty, so nothing is lost in this dump
        arguments = (json.dumps({"url": url}), broker.model_dump_json())
        made = World(clickhouse, broker, lambda: _started("sink", _SINK, *arguments))
        stack.callback(made.close)
        yield made


def _started(name: str, code: str, *arguments: str) -> Child:
    child = Child(Command(name, (sys.executable, "-c", code, *arguments)))
    try:
        child.wait_ready()
    except BaseException:
        child.stop()
        raise
    return child


def _as_record(told: Told) -> tuple[Topic, str, bytes]:
    if isinstance(told, HealthSnapshot):
        return HEALTH, told.account_id, told.model_dump_json().encode()
    if isinstance(told, DeliveryReceipt):
        return DELIVERIES, told.notification_id, told.model_dump_json().encode()
    if isinstance(told, AlertStep):
        return ALERTS, told.account_id, told.model_dump_json().encode()
    if isinstance(told, ShadowDifference):
        return SHADOW, told.account_id, told.model_dump_json().encode()
    if isinstance(told, PolicyRelease):
        return POLICIES, told.key, told.model_dump_json().encode()
    return topic_of(told), told.subject, to_structured(told)
