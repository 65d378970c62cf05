"""Brokers, browser and the rule that a suite which must run fails loudly instead of being skipped.

PULSE_REQUIRE names what must be there, comma-separated: `kafka` (Java and Maven), `browser` (Chromium).
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from pulse import topics
from pulse.errors import Missing
from pulse.local import embedded_broker as embedded
from pulse.local import jars, kafka
from pulse.local.child import Child
from pulse.local.ports import free_port
from schemas.broker import Broker
from tests.waiting import until

if TYPE_CHECKING:
    from kafka import KafkaAdminClient
    from playwright.sync_api import Browser

GROUPS_GONE_S = 60.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the real Kafka or the browser, so that `-m 'not kafka'` leaves it out."""
    for item in items:
        names: list[str] = getattr(item, "fixturenames", [])
        for fixture, marker in (("kafka_jars", "kafka"), ("browser", "browser")):
            if fixture in names:
                item.add_marker(marker)


def missing(what: str, reason: str) -> NoReturn:
    """Skip the test, or fail it where PULSE_REQUIRE says that it must run."""
    if what in os.environ.get("PULSE_REQUIRE", "").split(","):
        pytest.fail(f"PULSE_REQUIRE names {what}: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[Broker]:
    """One in-memory broker for the whole session: use where what others wrote does not matter."""
    yield from _embedded()


@pytest.fixture
def fresh_embedded_broker() -> Iterator[Broker]:
    """An in-memory broker of the test's own, empty (it starts in a tenth of a second)."""
    yield from _embedded()


@pytest.fixture(scope="session")
def kafka_jars() -> Path:
    """The cache with Apache Kafka in it: for tests that start one of their own."""
    try:
        jars.java()
        jars.jars(jars.default_cache())
    except Missing as error:
        missing("kafka", str(error))
    return jars.default_cache()


@pytest.fixture(scope="session")
def kafka_broker(kafka_jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One Apache Kafka for the whole session, without topics: use `fresh_kafka_broker` for an empty one."""
    node = kafka.Node(tmp_path_factory.mktemp("kafka"), free_port(), cache=kafka_jars)
    child = Child(kafka.command(node))
    try:
        yield Broker(bootstrap=child.wait_ready()["bootstrap"])
    finally:
        child.stop()


@pytest.fixture
def fresh_kafka_broker(kafka_broker: Broker) -> Broker:
    """The session's Apache Kafka with all topics of ours there and empty, and no consumer groups."""
    wipe(kafka_broker)
    topics.apply(kafka_broker)
    return kafka_broker


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker(request: pytest.FixtureRequest) -> Broker:
    """A broker of either kind, empty and with all topics of ours: what a contract suite runs on."""
    return request.getfixturevalue(f"fresh_{request.param}_broker")  # type: ignore[no-any-return]


@pytest.fixture
def topics_applied(broker: Broker) -> Broker:
    """The broker of `broker`, its topics certainly there."""
    topics.apply(broker)
    return broker


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium. Not for the session: playwright's loop would forbid `asyncio.run` in every later test."""
    path = os.environ.get("PULSE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only who opens a browser needs it
    except ImportError:
        missing("browser", "playwright is not installed")
    if path is None or not Path(path).exists():
        missing("browser", "no Chromium on the PATH; PULSE_CHROMIUM may name one")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


def wipe(broker: Broker) -> None:
    """Delete every topic and consumer group of a real Kafka; only for brokers that tests started."""
    with topics.admin(broker) as client:
        until(lambda: _groups_gone(client), GROUPS_GONE_S)
        if names := [name for name in client.list_topics() if not name.startswith("__")]:
            client.delete_topics(names)
        until(lambda: not [name for name in client.list_topics() if not name.startswith("__")], 15)


def _groups_gone(client: "KafkaAdminClient") -> bool:
    """Deletes what can be. A group outlives a static member by its session: until then its offsets would count."""
    names = [group["group_id"] for group in client.list_groups()]
    if names:
        client.delete_groups(names)
    return not client.list_groups()


def _embedded() -> Iterator[Broker]:
    child = Child(embedded.command())
    try:
        yield Broker(bootstrap=child.wait_ready()["bootstrap"], embedded=True)
    finally:
        child.stop()
