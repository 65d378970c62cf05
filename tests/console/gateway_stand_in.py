"""A small HTTP server in the gateway's place: keeps what it was sent and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class GatewayStandIn:
    """`status` is what it answers; `requests` are pairs of headers and body."""

    url: str = ""
    status: int = 202
    requests: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)

    def events(self, account: str) -> list[dict[str, Any]]:
        """The events about an account."""
        return [body for _, body in self.requests if body.get("subject") == account]


@contextmanager
def standing_in() -> Iterator[GatewayStandIn]:
    """Listens on a free port while the block runs."""
    found = GatewayStandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.requests.append((dict(self.headers.items()), json.loads(body) | {"path": self.path}))
            self.send_response(found.status)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the standard library
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
