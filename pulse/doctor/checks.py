"""The checks of `pulse doctor`. Each asks one component as its users would, with short patience, and never raises for
what it is there to find.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import httpx
from clickhouse_connect.driver.exceptions import DatabaseError

from consumers.console.settings import ConsoleSettings
from consumers.delivery.settings import DeliverySettings
from consumers.runtime.clickhouse import ClickHouse, ClickHouseAway, connect, rows
from pulse import topics
from pulse.doctor.findings import Finding, absent, fault, ok
from pulse.doctor.telling import told
from pulse.errors import Missing, SettingsFault
from pulse.lag import unread
from pulse.local import jars
from pulse.local.running import DEFAULT_DATA, RunningStack, find
from pulse.local.settings import StackSettings
from pulse.settings import SECTIONS, Settings, load
from schemas.broker import Broker
from schemas.topics import DELIVERY_GROUP, READERS, SINK_GROUP, WORKER_APP
from streams.gateway.settings import GatewaySettings

PATIENCE_S: Final = 3.0
LONG_PATIENCE_S: Final = 30.0
"""For a question that reads all alerts and receipts."""
MANY_UNREAD: Final = 50_000
_UP: Final = "`pulse up` starts everything on this machine"


def examine() -> Iterator[Finding]:
    """Every component in the order of dependence."""
    parts: dict[str, Settings] = {}
    yield from _settings(parts)
    running = _running(parts)
    yield _stack(running)
    if "broker" in parts:
        yield from _broker(parts["broker"].part(Broker))
    if "clickhouse" in parts:
        yield from _clickhouse(parts["clickhouse"].part(ClickHouse))
    if "gateway" in parts:
        gateway = parts["gateway"].part(GatewaySettings)
        yield _http("gateway", f"http://{_reachable(gateway.host)}:{gateway.port}")
    if "console" in parts:
        console = parts["console"].part(ConsoleSettings)
        yield _http("console", f"http://{_reachable(console.host)}:{console.port}")
    if "delivery" in parts:
        smtp = parts["delivery"].part(DeliverySettings).smtp
        yield _mail(smtp.host, running.mail_port if running is not None else smtp.port)
    yield _java()


def _settings(parts: dict[str, Settings]) -> Iterator[Finding]:
    """Load each section by itself, so that one bad section hides no other component."""
    faults: list[str] = []
    for name in SECTIONS:
        try:
            parts[name] = load([name])
        except SettingsFault as found:
            faults += [line for line in found.faults if line not in faults]
    if faults:
        yield fault("settings", "; ".join(faults), "correct them; `pulse settings check` shows them one a line")
    else:
        yield ok("settings", f"{len(SECTIONS)} sections hold")


def _running(parts: dict[str, Settings]) -> RunningStack | None:
    return find(parts["stack"].part(StackSettings).data if "stack" in parts else DEFAULT_DATA)


def _stack(running: RunningStack | None) -> Finding:
    if running is None:
        return absent("local stack", "none runs on this data folder", f"{_UP}; not needed elsewhere")
    dead = [name for name, pid in running.processes.items() if not _alive(pid)]
    if dead:
        return fault(
            "local stack", f"pid {running.pid}, not running: {', '.join(dead)}", f"see {running.data / 'logs'}"
        )
    kind = "Apache Kafka" if running.kafka else "in-memory broker, keeps nothing"
    return ok("local stack", f"pid {running.pid}, {len(running.processes)} processes, {kind}")


def _broker(broker: Broker) -> Iterator[Finding]:
    kind = "in-memory broker" if broker.embedded else "Kafka"
    try:
        found = topics.states(broker)
    except Missing as error:
        yield fault("broker", str(error), f"start it, or set broker.bootstrap; {_UP}")
        return
    yield ok("broker", f"{kind} at {broker.bootstrap}")
    wrong = [state for state in found if state.standing is topics.Standing.WRONG_PARTITIONS]
    missing = [state for state in found if state.standing is topics.Standing.MISSING]
    if wrong:
        yield fault("topics", str(topics.WrongPartitions(wrong)), "set broker.partitions to what is there")
        return
    if missing:
        names = ", ".join(state.topic.name for state in missing)
        yield fault("topics", f"missing: {names}", "`pulse topics apply` creates them")
        return
    yield ok("topics", f"{len(found)} as declared")
    for name, group in (("worker", WORKER_APP), ("sink", SINK_GROUP), ("delivery", DELIVERY_GROUP)):
        yield _reader(name, broker, group)


def _reader(name: str, broker: Broker, group: str) -> Finding:
    read = [topic for topic, groups in READERS.items() if group in groups]
    behind = unread(broker, group, read)
    if behind > MANY_UNREAD:
        return fault(name, f"{behind:,} records unread", f"is `pulse {name}` running? Look at its log")
    return ok(name, f"{behind:,} records unread")


def _clickhouse(clickhouse: ClickHouse) -> Iterator[Finding]:
    try:
        client = connect(clickhouse, timeout_s=PATIENCE_S)
    except (ClickHouseAway, DatabaseError, OSError) as error:
        yield fault("clickhouse", f"{clickhouse.url}: {_short(error)}", f"start it, or set clickhouse.url; {_UP}")
        return
    with closing(client):
        try:
            (found,) = rows(client, "SELECT version() AS version, count() AS events FROM events")
        except (ClickHouseAway, DatabaseError) as error:
            yield fault("clickhouse", f"{clickhouse.url}: {_short(error)}", "`pulse migrate` makes its tables")
            return
        yield ok("clickhouse", f"{clickhouse.url}, version {found['version']}, {found['events']:,} rows of events")
    yield _told(clickhouse)


def _told(clickhouse: ClickHouse) -> Finding:
    try:
        with closing(connect(clickhouse, timeout_s=LONG_PATIENCE_S)) as client:
            return told(client)
    except (ClickHouseAway, DatabaseError, OSError) as error:
        return absent("alerts told", f"ClickHouse did not say: {_short(error)}")


def _http(component: str, url: str) -> Finding:
    try:
        answer = httpx.get(f"{url}/readyz", timeout=PATIENCE_S)
    except httpx.HTTPError as error:
        return fault(component, f"{url}: {_short(error)}", f"start `pulse {component}`; {_UP}")
    if answer.status_code != httpx.codes.OK:
        return fault(component, f"{url} is up but not ready: {answer.text[:200]}", "see what it needs above")
    return ok(component, url)


def _mail(host: str, port: int) -> Finding:
    try:
        with socket.create_connection((host, port), timeout=PATIENCE_S) as connection:
            greeting = connection.recv(200).decode(errors="replace").strip()
    except OSError as error:
        return fault("mail", f"{host}:{port}: {_short(error)}", "start it, or set delivery.smtp; " + _UP)
    return ok("mail", f"{host}:{port} says {greeting[:60]!r}")


def _java() -> Finding:
    try:
        return ok("java", f"{jars.java()} (for a real Kafka on this machine)")
    except Missing as error:
        return absent("java", str(error))


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not listened on


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
