"""/metrics, /healthz and /readyz of the processes that have no web server of their own: worker, sink, delivery.

Their rooms may not know one another, so each says how it stands in its own words, on a board of its own; here, above
all of them, it is served. Threads answer from what was last written down: a process that hangs is found out, and asking
costs it nothing. What healthy and ready mean is not decided here.
"""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any, ClassVar, Protocol
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import make_wsgi_app

_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
log = structlog.get_logger()


class Standing(Protocol):
    """How a process stands: a dataclass, whose fields become the JSON that is answered."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def healthy(self) -> bool:
        """Whether starting it anew would not help."""
        ...

    @property
    def ready(self) -> bool:
        """Whether it does its work."""
        ...


class Board(Protocol):
    """Where a process writes down how it stands; read from other threads."""

    def read(self) -> Standing:
        """The last that was written, or that nothing was for too long."""
        ...


def serve(port: int | None, host: str, board: Board) -> int | None:
    """Serve for as long as the process lives, in daemon threads; the port, which the system chooses for 0.

    None serves nothing.
    """
    if port is None:
        return None
    server = make_server(host, port, _application(board), _Server, _Quiet)
    threading.Thread(target=server.serve_forever, name="status", daemon=True).start()
    log.info("status_served", host=host, port=server.server_port)
    return server.server_port


def _application(board: Board) -> _Application:
    metrics: _Application = make_wsgi_app()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path not in ("/healthz", "/readyz"):
            return metrics(environ, start_response)
        standing = board.read()
        good = standing.healthy if path == "/healthz" else standing.ready
        code = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
        start_response(f"{code.value} {code.phrase}", [("Content-Type", "application/json")])
        return [json.dumps(asdict(standing)).encode() + b"\n"]

    return answer


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing: probes come every few seconds."""
