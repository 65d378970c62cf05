"""A sink holds no more than it may while ClickHouse is away and much waits, and then carries all of it."""

import re
from pathlib import Path

import httpx

from consumers.runtime.clickhouse import ClickHouse, Client, rows
from pulse.local.ports import free_port
from schemas.broker import Broker
from schemas.catalogue import topic_of
from schemas.codec import STRUCTURED_HEADERS, to_structured
from schemas.ids import AccountId
from tests.cable import cable
from tests.clickhouse.facts import logged, opened, ordered, told
from tests.clickhouse.running import start_sink
from tests.waiting import until

LONG_S = 120
MIB = 1024 * 1024
EVENTS = 1_500
EVENT_BYTES = 28_000
BATCH_BYTES = 2 * MIB
FETCH_BYTES = 4 * MIB


def test_memory_stays_flat_while_clickhouse_is_away_and_then_nothing_is_lost_or_double(
    fresh_embedded_broker: Broker, clickhouse: ClickHouse, client: Client
) -> None:
    """42 MB wait, 2 MiB may be handled at once: without the bound 19 MB are, and the process grows by 180."""
    lines: list[str] = []
    bounds = {"max_batch_bytes": BATCH_BYTES, "max_fetch_bytes": FETCH_BYTES, "metrics_port": free_port()}
    with cable(clickhouse.url) as wire:
        wire.cut()
        place = clickhouse.model_copy(update={"url": wire.address})
        sink = start_sink(place, fresh_embedded_broker, lines, **bounds)
        try:
            sink.wait_ready()
            before = most_held_bytes(sink.pid)
            fill(fresh_embedded_broker)
            until(lambda: sum("handler_retries" in line for line in lines) >= 3, LONG_S)
            gauges = gauges_at(bounds["metrics_port"])
            assert gauges["pulse_consumer_batch_bytes_limit"] == BATCH_BYTES
            assert gauges["pulse_consumer_fetched_bytes_limit"] == FETCH_BYTES
            assert 0 < gauges["pulse_consumer_batch_bytes"] <= BATCH_BYTES
            assert most_held_bytes(sink.pid) - before < 80 * MIB
            wire.mend()
            until(lambda: count(client, "records") >= EVENTS, LONG_S)
        finally:
            assert sink.stop() == 0, sink.tail()
    seen = "SELECT count() AS n, uniqExact(topic, partition, offset) AS places FROM records FINAL"
    assert rows(client, seen) == [{"n": EVENTS, "places": EVENTS}]
    assert count(client, "facts") == EVENTS


def count(client: Client, table: str) -> int:
    """Rows of a table or view of ours."""
    (found,) = rows(client, "SELECT count() AS n FROM {t:Identifier}", {"t": table})
    return int(found["n"])


def fill(broker: Broker) -> None:
    """Events as large as they may be, over all partitions of three topics; the in-memory broker keeps 5 MB of each."""
    with told(broker) as log:
        for number in range(EVENTS):
            event = (opened, ordered, logged)[number % 3](number, AccountId(f"A-{number % 97}"))
            value = to_structured(event)
            padded = value + b" " * (EVENT_BYTES - len(value))
            log.put(topic_of(event).name, event.subject.encode(), padded, STRUCTURED_HEADERS)


def most_held_bytes(pid: int) -> int:
    """The most that the process ever held."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def gauges_at(port: int) -> dict[str, float]:
    """Gauges of the sink's reading, by name."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    found = re.findall(r"^(pulse_consumer_\w+)\{group=\S+\} (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}
