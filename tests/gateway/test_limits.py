"""How much and how slowly: rate, bytes in flight, room at the readers, heads and bodies that do not come."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from schemas.broker import Broker
from streams.gateway.limits import TokenBucket
from tests.gateway.events import compact, order, padded
from tests.gateway.running import BATCH, NDJSON, STRUCTURED, Gateway, running
from tests.waiting import until

MIB = 1024 * 1024


def metric(gateway: Gateway, name: str) -> float:
    """A metric without labels as it is now."""
    lines = gateway.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    bucket = TokenBucket(per_second=100, burst=500, now_s=0)
    assert bucket.wait_s(0) == 0
    bucket.pay(600, 0)
    assert bucket.wait_s(0) == pytest.approx(1.01)
    assert bucket.wait_s(0.5) == pytest.approx(0.51)
    assert bucket.wait_s(1.01) == 0
    assert bucket.wait_s(1000) == 0
    bucket.pay(500, 1000)
    assert bucket.wait_s(1000) > 0


def test_a_key_that_sends_too_much_is_429_and_told_when_to_come_again(embedded_broker: Broker, tmp_path: Path) -> None:
    with running(embedded_broker, tmp_path, events_per_second=1, burst_events=5) as gateway:
        other = gateway.key_for("crm", "crm")
        assert gateway.post([order(f"o-{number}") for number in range(20)], BATCH).status_code == 202
        refused = gateway.post(order())
        assert (refused.status_code, refused.json()["reason"]) == (429, "rate")
        assert 10 <= int(refused.headers["retry-after"]) <= 20

        def sent_by_the_other() -> int:
            headers = {"Authorization": f"Bearer {other}", "Content-Type": STRUCTURED}
            body = compact(order(source="crm"))
            return gateway.client.post(gateway.url + "/v1/events", content=body, headers=headers).status_code

        until(lambda: sent_by_the_other() == 202, 5)


def test_a_stream_that_sends_too_much_is_slowed_down(embedded_broker: Broker, tmp_path: Path) -> None:
    with running(embedded_broker, tmp_path, events_per_second=2000, burst_events=10) as gateway:
        body = b"\n".join(compact(order(f"o-{number}")) for number in range(2000))
        answer = gateway.post(body, NDJSON)
        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() > 0.5
        assert {json.loads(line)["status"] for line in answer.text.splitlines()} == {"accepted"}


def test_more_bytes_in_flight_than_allowed_are_429(embedded_broker: Broker, tmp_path: Path) -> None:
    """Bodies that are on their way count: here they stay on their way."""
    with running(embedded_broker, tmp_path, max_in_flight_bytes=2 * MIB) as gateway:
        halves = []
        for _ in range(2):
            connection = socket.create_connection(("127.0.0.1", gateway.settings.port))
            head = "".join(f"{name}: {value}\r\n" for name, value in gateway.headers(BATCH).items())
            connection.sendall(f"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: {MIB}\r\n{head}\r\n".encode())
            connection.sendall(b"[" + b" " * (MIB - 10))
            halves.append(connection)
        until(lambda: metric(gateway, "pulse_gateway_in_flight_bytes") == 2 * (MIB - 9), 5)
        refused = gateway.post(order())
        assert (refused.status_code, refused.json()["reason"]) == (429, "in_flight")
        assert refused.headers["retry-after"] == "1"
        for connection in halves:
            connection.close()
        until(lambda: gateway.post(order()).status_code == 202, 5)


def test_no_room_at_the_readers_is_429_and_nothing_is_dropped(fresh_embedded_broker: Broker, tmp_path: Path) -> None:
    """Nobody reads: at two megabytes unread the gateway stops taking, long before the broker drops."""
    with running(fresh_embedded_broker, tmp_path, room_wait_s=0.2) as gateway:
        batch = [padded(30_000, f"o-{number}") for number in range(30)]
        answers = [gateway.post(batch, BATCH) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]
        assert answers[-1].json()["reason"] == "no_room"
        assert gateway.post(
            order("elsewhere", type="interaction.hand_off_closed.v1", data={"hand_off_id": "h"})
        ).is_success


def test_many_writers_at_once_do_not_share_the_same_room(fresh_embedded_broker: Broker, tmp_path: Path) -> None:
    with running(fresh_embedded_broker, tmp_path, room_wait_s=0.2) as gateway, ThreadPoolExecutor(12) as pool:
        batch = [padded(30_000, f"o-{number}") for number in range(30)]
        statuses = [answer.status_code for answer in pool.map(lambda _: gateway.post(batch, BATCH), range(12))]
        assert statuses.count(202) <= 4
        assert set(statuses) == {202, 429}


def test_a_body_that_does_not_come_is_408(embedded_broker: Broker, tmp_path: Path) -> None:
    with (
        running(embedded_broker, tmp_path, body_timeout_s=0.3) as gateway,
        socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=10) as connection,
    ):
        head = "".join(f"{name}: {value}\r\n" for name, value in gateway.headers(STRUCTURED).items())
        connection.sendall(f"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n{head}\r\n{{".encode())
        answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("begun", [b"", b"POST /v1/events HTTP/1.1\r\nHost"], ids=["silent", "half a head"])
def test_a_head_that_does_not_come_closes_the_connection(embedded_broker: Broker, tmp_path: Path, begun: bytes) -> None:
    with (
        running(embedded_broker, tmp_path, head_timeout_s=0.3) as gateway,
        socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=5) as connection,
    ):
        connection.sendall(begun)
        assert connection.recv(100) == b""


def test_a_head_without_end_closes_the_connection(embedded_broker: Broker, tmp_path: Path) -> None:
    with (
        running(embedded_broker, tmp_path) as gateway,
        socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=10) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nX-Long: ")
        assert _send_until_refused(connection, b"x" * 65536) < 64 * MIB


def _send_until_refused(connection: socket.socket, block: bytes) -> int:
    sent = 0
    with suppress(ConnectionError):
        while sent < 64 * MIB:
            connection.sendall(block)
            sent += len(block)
    return sent


def test_connections_beyond_the_limit_are_503(embedded_broker: Broker, tmp_path: Path) -> None:
    with running(embedded_broker, tmp_path, max_connections=3) as gateway:
        idle = [socket.create_connection(("127.0.0.1", gateway.settings.port)) for _ in range(3)]
        until(lambda: gateway.get("/healthz").status_code == 503, 5)
        for connection in idle:
            connection.close()
        until(lambda: gateway.get("/healthz").status_code == 200, 5)


def test_a_stop_lets_what_is_in_flight_end(embedded_broker: Broker, tmp_path: Path) -> None:
    """A thousand posts while it stops: each is either acknowledged or not answered at all, never half."""
    statuses: list[int] = []
    enough = threading.Event()
    with ThreadPoolExecutor(4) as pool:
        with running(embedded_broker, tmp_path) as gateway:

            def post_until_closed() -> None:
                for number in range(1000):
                    try:
                        statuses.append(gateway.post(order(f"s-{number}")).status_code)
                    except Exception:  # noqa: BLE001 - the gateway is gone
                        return
                    if len(statuses) > 50:
                        enough.set()

            posting = [pool.submit(post_until_closed) for _ in range(4)]
            assert enough.wait(10)
        for each in posting:
            each.result(10)
    assert set(statuses) == {202}
