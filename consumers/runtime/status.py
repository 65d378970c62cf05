"""/healthz and /readyz beside /metrics of a consumer.

Healthy: its loop turns. Ready: the group has given it its partitions, be it none, and what it writes to answers. The
loop writes down how it stands; threads answer from that. The worker has its own: it knows other things of itself.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import make_wsgi_app

STALE_S: Final = 120.0
"""A loop that has not turned for so long hangs. Handling the largest batch may take half a minute until it gives up."""

_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PartitionStanding:
    """An assigned partition; `lag_records` is None until it was measured."""

    topic: str
    partition: int
    lag_records: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a consumer stands; `fault` says why it is not ready."""

    healthy: bool
    ready: bool
    fault: str | None
    lag_records: int = 0
    partitions: list[PartitionStanding] = field(default_factory=list)


class Status:
    """What the loop last said. One thread writes, others read; `monotonic` is the clock of both."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._said: tuple[Standing, float | None] = (Standing(healthy=True, ready=False, fault="starting"), None)

    def turned(self, lags: Mapping[tuple[str, int], int | None], fault: str | None) -> None:
        """The loop has turned once, with these partitions; `fault` is what keeps it from its work."""
        places = [PartitionStanding(topic, number, lags[topic, number]) for topic, number in sorted(lags)]
        total = sum(place.lag_records or 0 for place in places)
        self._said = Standing(True, fault is None, fault, total, places), self._monotonic()

    def read(self) -> Standing:
        """How the consumer stands; that its loop hangs when it has not turned for long."""
        standing, at = self._said
        silent_s = 0.0 if at is None else self._monotonic() - at
        if silent_s > STALE_S:
            return Standing(healthy=False, ready=False, fault=f"the loop has not turned for {silent_s:.0f} s")
        return standing


def serve(port: int | None, host: str, status: Status) -> int | None:
    """Serve /metrics, /healthz and /readyz in daemon threads; the port, which the system chooses for 0.

    None serves nothing.
    """
    if port is None:
        return None
    metrics: _Application = make_wsgi_app()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path not in ("/healthz", "/readyz"):
            return metrics(environ, start_response)
        standing = status.read()
        good = standing.healthy if path == "/healthz" else standing.ready
        code = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
        start_response(f"{code.value} {code.phrase}", [("Content-Type", "application/json")])
        return [json.dumps(asdict(standing)).encode() + b"\n"]

    server = make_server(host, port, answer, _Server, _Quiet)
    threading.Thread(target=server.serve_forever, name="status", daemon=True).start()
    log.info("status_served", host=host, port=server.server_port)
    return server.server_port


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing: probes come every few seconds."""
