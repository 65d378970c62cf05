"""A gateway in a thread with a real port, and a look into the topics it writes to."""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from kafka import KafkaConsumer, TopicPartition

from pulse.local.ports import free_port
from schemas.broker import Broker
from streams.gateway.keys import Grant
from streams.gateway.keys_file import create_key
from streams.gateway.server import run
from streams.gateway.settings import GatewaySettings
from tests.gateway.events import NOW

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"


@dataclass
class Gateway:
    """A running gateway; `token` speaks for the source `shop` alone."""

    url: str
    settings: GatewaySettings
    token: str
    client: httpx.Client
    ready: threading.Event = field(default_factory=threading.Event)

    def post(self, content: Any, content_type: str = STRUCTURED, **headers: str) -> httpx.Response:
        """Post JSON, or bytes as they are, with the key."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.client.post(self.url + "/v1/events", content=body, headers=self.headers(content_type, **headers))

    def headers(self, content_type: str, **more: str) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.token}", "Content-Type": content_type, **named}

    def get(self, path: str) -> httpx.Response:
        return self.client.get(self.url + path)

    def key_for(self, key_id: str, *sources: str) -> str:
        """One more key; in force once the gateway has looked at its file again."""
        return create_key(self.settings.keys_file, Grant(id=key_id, label=key_id, sources=sources), now=NOW)


@contextmanager
def running(broker: Broker, folder: Path, *, wait: bool = True, **settings: Any) -> Iterator[Gateway]:
    """A gateway until the end of the block; `wait` for Kafka."""
    keys_file = folder / "keys.yaml"
    token = create_key(keys_file, Grant(id="shop", label="the shop", sources=("shop",)), now=NOW)
    values = GatewaySettings(port=free_port(), keys_file=keys_file, **settings)
    with httpx.Client(timeout=30) as client:
        gateway = Gateway(f"http://127.0.0.1:{values.port}", values, token, client)
        loop, stop = asyncio.new_event_loop(), asyncio.Event()
        ended: list[BaseException] = []

        def work() -> None:
            try:
                loop.run_until_complete(run(values, broker, gateway.ready.set, stop))
            except BaseException as error:  # noqa: BLE001 - shown by the test
                ended.append(error)
            finally:
                loop.close()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            if wait:
                assert gateway.ready.wait(20), ended
            yield gateway
        finally:
            if thread.is_alive():
                loop.call_soon_threadsafe(stop.set)
            thread.join(15)
        assert not thread.is_alive(), "the gateway did not stop"
        assert not ended, ended


@dataclass(frozen=True)
class Written:
    """One record as a topic holds it."""

    partition: int
    key: str
    value: Mapping[str, Any]
    headers: Mapping[str, bytes]


def written(broker: Broker, topic: str) -> list[Written]:
    """Everything a topic holds now."""
    options = {"api_version": (2, 3)} if broker.embedded else {}
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=None, auto_offset_reset="earliest", **options)
    try:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Written] = []
        while len(found) < sum(ends.values()):
            for records in consumer.poll(timeout_ms=1000).values():
                found += [_written(record) for record in records]
        return found
    finally:
        consumer.close()


def _written(record: Any) -> Written:
    return Written(record.partition, record.key.decode(), json.loads(record.value), dict(record.headers))
