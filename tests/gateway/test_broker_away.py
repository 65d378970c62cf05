"""202 only after Kafka acknowledged; with the broker away nothing is claimed, and when it is back all goes on."""

import json
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from os import kill
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from pulse import topics
from pulse.local import embedded_broker
from pulse.local.child import Child
from pulse.local.ports import free_port
from schemas.broker import Broker
from tests.gateway.events import PURCHASES, order, padded
from tests.gateway.running import BATCH, NDJSON, running, written
from tests.waiting import until

MIB: Final = 1024 * 1024


@pytest.fixture
def mortal() -> Iterator[tuple[Child, Broker]]:
    """An in-memory broker that the test may stop."""
    child = Child(embedded_broker.command())
    try:
        yield child, Broker(bootstrap=child.wait_ready()["bootstrap"], embedded=True)
    finally:
        with suppress(ProcessLookupError):
            kill(child.pid, signal.SIGCONT)
        child.stop()


@contextmanager
def frozen(child: Child) -> Iterator[None]:
    """The broker hears nothing and says nothing, but its connections stay open."""
    kill(child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        kill(child.pid, signal.SIGCONT)


def test_there_is_no_answer_before_the_acknowledgement(mortal: tuple[Child, Broker], tmp_path: Path) -> None:
    child, broker = mortal
    with running(broker, tmp_path) as gateway, ThreadPoolExecutor() as pool:
        assert gateway.post(order("warm")).status_code == 202
        with frozen(child):
            answer = pool.submit(gateway.post, order("waits"))
            with pytest.raises(TimeoutError):
                answer.result(timeout=1)
        assert answer.result(timeout=10).status_code == 202
        assert "waits" in {record.value["id"] for record in written(broker, PURCHASES)}


def test_without_an_acknowledgement_in_time_nothing_is_claimed(mortal: tuple[Child, Broker], tmp_path: Path) -> None:
    child, broker = mortal
    with running(broker, tmp_path, ack_timeout_s=1) as gateway:
        assert gateway.post(order("warm")).status_code == 202
        with frozen(child):
            answers = [
                gateway.post(order()),
                gateway.post([order("a"), order("b", source="crm"), order("c")], BATCH),
                gateway.post(json.dumps(order()).encode(), NDJSON),
            ]
            ready = gateway.get("/readyz")
        for answer in answers:
            assert answer.status_code == 503
            assert "accepted" not in answer.json()
            assert answer.json()["reason"] == "broker_away"
            assert int(answer.headers["retry-after"]) >= 1
        assert ready.status_code == 503
        until(lambda: gateway.post(order("later")).status_code == 202, 15)
        until(lambda: gateway.get("/readyz").status_code == 200, 5)
        assert "later" in {record.value["id"] for record in written(broker, PURCHASES)}


def test_a_broker_that_died_is_503_and_not_ready(mortal: tuple[Child, Broker], tmp_path: Path) -> None:
    child, broker = mortal
    with running(broker, tmp_path, ack_timeout_s=1) as gateway:
        assert gateway.post(order()).status_code == 202
        child.kill()
        assert child.wait(5) is not None
        assert gateway.post(order()).status_code == 503
        assert gateway.post([order(), order("b")], BATCH).status_code == 503
        assert gateway.get("/readyz").status_code == 503
        assert gateway.get("/healthz").status_code == 200
        refused = gateway.post(order(source="crm"))
        assert refused.status_code == 403, "what is wrong is wrong without a broker too"


def test_what_is_held_for_a_broker_that_hangs_is_bounded_and_each_accepted_event_is_there_once(
    mortal: tuple[Child, Broker], tmp_path: Path
) -> None:
    """Thirty posts of 200 KB at once, and 2 MiB may be held: ten fit, the others are told so at once."""
    child, broker = mortal
    sent = {number: _some_orders(number, 200_000) for number in range(30)}
    with (
        running(broker, tmp_path, max_in_flight_bytes=2 * MIB, ack_timeout_s=20) as gateway,
        ThreadPoolExecutor(len(sent)) as pool,
    ):
        assert gateway.post(order("warm")).status_code == 202
        with frozen(child):
            answers = {number: pool.submit(gateway.post, body, BATCH) for number, body in sent.items()}
            until(lambda: sum(answer.done() for answer in answers.values()) >= 30 - 10, 15)
            gauges = gateway.get("/metrics").text
        statuses = {number: answer.result(20).status_code for number, answer in answers.items()}
        assert _gauge(gauges, "pulse_gateway_in_flight_bytes_limit") == 2 * MIB
        assert 0 < _gauge(gauges, "pulse_gateway_in_flight_bytes") <= 2 * MIB
        assert _gauge(gauges, "pulse_gateway_open_connections") > 1
        assert set(statuses.values()) == {202, 429}
        accepted = [event["id"] for number, body in sent.items() if statuses[number] == 202 for event in body]
        assert sorted(it.value["id"] for it in written(broker, PURCHASES)) == sorted([*accepted, "warm"])


def test_a_stream_says_which_events_are_not_acknowledged(mortal: tuple[Child, Broker], tmp_path: Path) -> None:
    child, broker = mortal
    with running(broker, tmp_path, ack_timeout_s=1) as gateway:
        gone = threading.Event()

        def lines() -> Iterator[bytes]:
            yield json.dumps(order("before")).encode() + b"\n"
            gone.wait(10)
            yield json.dumps(order("after")).encode() + b"\n" + json.dumps(order(source="crm")).encode() + b"\n"
            yield json.dumps(order("never read")).encode() + b"\n"

        results = []
        headers = gateway.headers(NDJSON)
        with (
            ThreadPoolExecutor() as pool,
            socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=20) as connection,
        ):
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            connection.sendall(
                f"POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{head}\r\n".encode()
            )
            sending = pool.submit(_send_chunked, connection, lines())
            for line in connection.makefile("rb"):
                if line.startswith(b"{"):
                    results.append(json.loads(line))
                    if results[-1]["id"] == "before":
                        child.kill()
                        child.wait(5)
                        gone.set()
            sending.result(10)
        assert [(result["id"], result["status"]) for result in results] == [
            ("before", "accepted"),
            ("after", "unacknowledged"),
            ("order-1", "refused"),
        ]


def test_it_starts_without_a_broker_and_is_ready_when_it_comes(fresh_embedded_broker: Broker, tmp_path: Path) -> None:
    host, port = fresh_embedded_broker.bootstrap.split(":")
    door = free_port()
    away = Broker(bootstrap=f"127.0.0.1:{door}", embedded=True)
    with running(away, tmp_path, wait=False) as gateway:
        until(lambda: _answers(gateway.url), 10)
        assert gateway.post(order()).status_code == 503
        assert not gateway.ready.is_set()
        with _forwarding(door, host, int(port)):
            assert gateway.ready.wait(10)
            assert gateway.post(order()).status_code == 202


@pytest.mark.kafka
def test_topics_that_are_missing_or_of_another_size_are_told(fresh_kafka_broker: Broker, tmp_path: Path) -> None:
    """More partitions than agreed would send an account's events where its state is not."""
    with running(fresh_kafka_broker.model_copy(update={"partitions": 5}), tmp_path, wait=False) as gateway:
        until(lambda: _answers(gateway.url), 10)
        until(lambda: "account.purchases has 4 partitions, expected 5" in gateway.post(order()).text, 10)
        assert gateway.post(order()).status_code == 503
        assert not gateway.ready.is_set()
    with topics.admin(fresh_kafka_broker) as admin:
        admin.delete_topics([PURCHASES])
    with running(fresh_kafka_broker, tmp_path / "again", wait=False) as gateway:
        until(lambda: _answers(gateway.url), 10)
        until(lambda: "account.purchases is missing: run `pulse topics apply`" in gateway.post(order()).text, 10)
        topics.apply(fresh_kafka_broker)
        assert gateway.ready.wait(10)
        assert gateway.post(order()).status_code == 202


def _some_orders(number: int, size_bytes: int) -> list[dict[str, Any]]:
    """A batch of so many bytes."""
    return [padded(size_bytes // 10 - 20, f"o-{number}-{index}") for index in range(10)]


def _gauge(text: str, name: str) -> float:
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url + "/healthz").status_code == 200
    except httpx.TransportError:
        return False


def _send_chunked(connection: socket.socket, chunks: Iterator[bytes]) -> None:
    for chunk in chunks:
        connection.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
    connection.sendall(b"0\r\n\r\n")


@contextmanager
def _forwarding(door: int, host: str, port: int) -> Iterator[None]:
    """Lets whoever knocks at `door` through to the broker: it tells its true address itself."""
    with socket.create_server(("127.0.0.1", door)) as server:

        def work() -> None:
            with suppress(OSError):
                while True:
                    inner, _ = server.accept()
                    outer = socket.create_connection((host, port))
                    for source, target in ((inner, outer), (outer, inner)):
                        threading.Thread(target=_pump, args=(source, target), daemon=True).start()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError), source, target:
        while data := source.recv(65536):
            target.sendall(data)
