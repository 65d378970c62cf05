"""A gateway for tests of the senders: speaks its protocol over HTTP, keeps what it accepted, and misbehaves as told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from schemas.codec import decode
from schemas.errors import BadEvent

Misbehave = Callable[[int], tuple[int, dict[str, str]] | None]


@dataclass
class FakeGateway:
    """`accepted` holds every event taken, repeats included. `misbehave` maps the request's number to a bad answer."""

    url: str = ""
    accepted: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    misbehave: Misbehave = lambda _number: None
    on_request: Callable[[int], None] = lambda _number: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ids(self) -> list[str]:
        return [event["id"] for event in self.accepted]

    def answer(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        with self.lock:
            self.requests += 1
            number = self.requests
        self.on_request(number)
        bad = self.misbehave(number)
        if bad is not None:
            return *bad, b"{}"
        results = [self._judge(index, event) for index, event in enumerate(json.loads(body))]
        return 202, {}, json.dumps({"results": results}).encode()

    def _judge(self, index: int, event: dict[str, Any]) -> dict[str, Any]:
        try:
            decode(json.dumps(event).encode(), (), datetime.now(UTC))
        except BadEvent as bad:
            return {"index": index, "status": "refused", "reason": bad.reason.value, "detail": bad.detail}
        with self.lock:
            self.accepted.append(event)
        return {"index": index, "status": "accepted"}


@contextmanager
def fake_gateway() -> Iterator[FakeGateway]:
    gateway = FakeGateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, headers, answer = gateway.answer(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # the tests kill clients
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
