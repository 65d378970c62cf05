"""A real HTTP server that does what a test says, and keeps what it was sent."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """What the server answers; `hang` never does."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hang: bool = False
    drip_s: float = 0.0


@dataclass(frozen=True)
class Request:
    """One request: header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class WebServer:
    """`reply` says what is answered to a request. Listens on a free port of this machine, always the same."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.reply: Callable[[Request], Reply] = lambda _: Reply()
        self.released = threading.Event()
        self.port = 0
        self.come_back()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def go_away(self) -> None:
        """Close the port; whoever hangs is let go without an answer."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def come_back(self) -> None:
        """Listen."""
        self.released.clear()
        self._server = _Server(self)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()


class _Server(ThreadingHTTPServer):
    def __init__(self, made: WebServer) -> None:
        super().__init__(("127.0.0.1", made.port), _Handler)
        self.made = made

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none of the server's errors."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        request = Request(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.made.requests.append(request)
        self._answer(self.server.made.reply(request))

    def _answer(self, reply: Reply) -> None:
        if reply.hang:
            self.server.made.released.wait(20)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self._write(reply)

    def _write(self, reply: Reply) -> None:
        step = 1 if reply.drip_s else max(1, len(reply.body))
        try:
            for at in range(0, len(reply.body), step):
                self.wfile.write(reply.body[at : at + step])
                if reply.drip_s and self.server.made.released.wait(reply.drip_s):
                    return
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the standard library
        """Say nothing."""


@contextmanager
def web_server() -> Iterator[WebServer]:
    """Listens while the block runs."""
    server = WebServer()
    try:
        yield server
    finally:
        server.go_away()
