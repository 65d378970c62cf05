"""NDJSON streams: endless, answered line by line, in bounded memory, at the readers' pace."""

import json
import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from schemas.broker import Broker
from schemas.limits import MAX_EVENT_BYTES
from streams.gateway.lines import LineCutter
from tests.gateway.events import PURCHASES, compact, order
from tests.gateway.running import NDJSON, Gateway, running, written

MIB = 1024 * 1024


class Connection:
    """A stream by hand: what is sent and what is read are not coupled as they are in a client library."""

    def __init__(self, gateway: Gateway) -> None:
        self._socket = socket.create_connection(("127.0.0.1", gateway.settings.port), timeout=20)
        self._file = self._socket.makefile("rb")
        head = "".join(f"{name}: {value}\r\n" for name, value in gateway.headers(NDJSON).items())
        self._socket.sendall(
            f"POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{head}\r\n".encode()
        )

    def send(self, data: bytes) -> None:
        self._socket.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def end(self) -> None:
        self._socket.sendall(b"0\r\n\r\n")

    def result(self) -> dict[str, object] | None:
        """The next result, None after the last."""
        while line := self._file.readline():
            if line.startswith(b"{"):
                return json.loads(line)  # type: ignore[no-any-return]
            if line.strip() == b"0":
                return None
        return None

    def set_timeout(self, timeout_s: float) -> None:
        self._socket.settimeout(timeout_s)

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@contextmanager
def connected(gateway: Gateway) -> Iterator[Connection]:
    connection = Connection(gateway)
    try:
        yield connection
    finally:
        connection.close()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_each_line_is_answered_while_the_stream_goes_on(gateway: Gateway) -> None:
    with connected(gateway) as stream:
        for number in range(5):
            stream.send(compact(order(f"live-{number}")) + b"\n")
            assert stream.result() == {"index": number, "id": f"live-{number}", "status": "accepted"}
        stream.end()
        assert stream.result() is None


def test_lines_may_be_cut_anywhere(gateway: Gateway, embedded_broker: Broker) -> None:
    text = b"\r\n\n".join(compact(order(f"cut-{number}", f"Zürich {number}")) for number in range(40))
    dice = random.Random(7)
    with connected(gateway) as stream:
        while text:
            size = dice.randint(1, 300)
            stream.send(text[:size])
            text = text[size:]
        stream.end()
        results = list(iter(stream.result, None))
    assert [(result["index"], result["id"]) for result in results] == [(n, f"cut-{n}") for n in range(40)]
    keys = {record.value["id"]: record.key for record in written(embedded_broker, PURCHASES)}
    assert keys["cut-39"] == "Zürich 39"


def test_an_endless_line_is_skipped_in_bounded_memory(gateway: Gateway) -> None:
    with connected(gateway) as stream:
        stream.send(b"x" * MIB)
        before = resident_bytes()
        for _ in range(60):
            stream.send(b"x" * MIB)
        grown = resident_bytes() - before
        stream.send(b"\n" + compact(order("after")) + b"\n")
        too_large, accepted = stream.result(), stream.result()
        stream.end()
    assert too_large is not None
    assert accepted is not None
    assert (too_large["reason"], accepted["id"]) == ("too_large", "after")
    assert grown < 20 * MIB


def test_a_client_that_does_not_read_is_held_back_and_then_let_go(embedded_broker: Broker, tmp_path: Path) -> None:
    """Its results are not piled up: the gateway stops reading from it, and closes when that lasts too long."""
    block = (compact({"type": "nothing", "id": "x"}) + b"\n") * 1000
    with running(embedded_broker, tmp_path, send_timeout_s=1, max_in_flight_bytes=4 * MIB) as gateway:
        before, sent = resident_bytes(), 0
        with connected(gateway) as stream, suppress(ConnectionError):
            while sent < 400 * MIB:
                stream.send(block)
                sent += len(block)
        assert sent < 400 * MIB
        assert resident_bytes() - before < 60 * MIB
        assert gateway.post(order()).status_code == 202


def test_a_stream_larger_than_all_memory_allowed_flows_through(embedded_broker: Broker, tmp_path: Path) -> None:
    """Twenty times what may be in flight; nearly all of it is refused, so that the broker does not fill up."""
    line = compact(order(source="crm", padding="x" * 2000)) + b"\n"
    count = 40 * MIB // len(line)
    with running(embedded_broker, tmp_path, max_in_flight_bytes=2 * MIB) as gateway:
        before = resident_bytes()

        def lines() -> Iterator[bytes]:
            for _ in range(count // 50):
                yield line * 50

        headers = gateway.headers(NDJSON)
        with gateway.client.stream("POST", gateway.url + "/v1/events", content=lines(), headers=headers) as answer:
            results = sum(1 for _ in answer.iter_lines())
        assert results == count // 50 * 50
        assert resident_bytes() - before < 40 * MIB
        assert "pulse_gateway_in_flight_bytes 0.0" in gateway.get("/metrics").text


def test_a_silent_stream_is_closed(embedded_broker: Broker, tmp_path: Path) -> None:
    with running(embedded_broker, tmp_path, stream_idle_timeout_s=0.3) as gateway, connected(gateway) as stream:
        stream.send(compact(order()) + b"\n")
        assert stream.result() is not None
        stream.set_timeout(5)
        assert stream.result() is None


def test_a_stream_ends_with_the_gateway_and_leaves_nothing_unanswered(embedded_broker: Broker, tmp_path: Path) -> None:
    with running(embedded_broker, tmp_path) as gateway:
        stream = Connection(gateway)
        stream.send(compact(order("last")) + b"\n")
        assert stream.result() == {"index": 0, "id": "last", "status": "accepted"}
    assert stream.result() is None
    stream.close()


def test_a_cutter_holds_no_more_than_one_line() -> None:
    cutter = LineCutter(limit_bytes=10)
    assert cutter.feed(b"12345678901234567890") == []
    assert cutter.held_bytes == 0
    assert cutter.feed(b"1234\nabc\n\n  \r\nxyz") == [None, b"abc"]
    assert cutter.held_bytes == 3
    assert cutter.end() == [b"xyz"]
    assert cutter.end() == []


def test_a_line_at_the_limit_is_a_line() -> None:
    cutter = LineCutter(MAX_EVENT_BYTES)
    assert cutter.feed(b"x" * MAX_EVENT_BYTES + b"\n") == [b"x" * MAX_EVENT_BYTES]
    assert cutter.feed(b"x" * (MAX_EVENT_BYTES + 1) + b"\n") == [None]
