"""/healthz and /readyz say how the worker stands."""

from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import httpx

from pulse import topics
from pulse.local.ports import free_port
from pulse.status import serve
from schemas.broker import Broker
from streams.worker.app import WorkerApp
from streams.worker.errors import StateLost
from streams.worker.status import STALE_S, STARTING, STOPPING, Board, Standing, standing_of
from tests.conftest import wipe
from tests.waiting import until
from tests.worker.running import Log, order, start_worker, worker

SETTLED_S = 45.0
READY = Standing(healthy=True, ready=True, fault=None)


def asked(url: str, path: str) -> tuple[int, dict[str, Any]] | None:
    """The answer's code and body; None while nobody answers."""
    try:
        answer = httpx.get(f"{url}{path}", trust_env=False)
    except httpx.TransportError:
        return None
    return answer.status_code, answer.json()


def ready(url: str) -> dict[str, Any] | None:
    answer = asked(url, "/readyz")
    return answer[1] if answer is not None and answer[0] == 200 else None


def test_a_ready_worker_tells_its_partitions_accounts_delay_and_lag(topics_applied: Broker) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    log = Log(topics_applied)
    try:
        with worker(topics_applied, metrics_port=str(port)):
            told = until(lambda: ready(url), SETTLED_S)
            assert [part["partition"] for part in told["partitions"]] == [0, 1, 2, 3]
            log.send(*(order(f"A{number}", number, datetime.now(UTC)) for number in range(20)))
            told = until(lambda: (found := ready(url)) and found["accounts"] == 20 and found, SETTLED_S)
            assert sum(part["accounts"] for part in told["partitions"]) == 20
            until(lambda: (found := ready(url)) and found["lag_records"] == 0, SETTLED_S)
            until(lambda: 0 <= ((ready(url) or {}).get("watermark_delay_s") or -1) < 60, SETTLED_S)
            assert (asked(url, "/healthz") or (0,))[0] == 200
            assert "pulse_worker_facts_applied_total 20.0" in httpx.get(f"{url}/metrics", trust_env=False).text
    finally:
        log.close()


def test_a_member_without_partitions_is_ready(kafka_broker: Broker) -> None:
    wipe(kafka_broker)
    broker = kafka_broker.model_copy(update={"partitions": 1})
    topics.apply(broker)
    ports = [free_port(), free_port()]
    workers = [start_worker(broker, f"worker-{port}", metrics_port=str(port)) for port in ports]
    try:
        for port in ports:
            until(partial(ready, f"http://127.0.0.1:{port}"), SETTLED_S)
        until(lambda: _partitions(ports) == [0, 1], SETTLED_S)
    finally:
        for one in workers:
            one.stop()


def test_a_worker_that_starts_or_stops_is_healthy_but_not_ready() -> None:
    board = Board(lambda: 0.0)
    url = f"http://127.0.0.1:{serve(0, '127.0.0.1', board)}"
    for standing in (STARTING, STOPPING):
        board.post(standing)
        assert [(asked(url, path) or (0,))[0] for path in ("/healthz", "/readyz")] == [200, 503]
        assert (asked(url, "/readyz") or (0, {}))[1]["fault"] == standing.fault


def test_a_fatal_error_is_unhealthy_and_said() -> None:
    lost = StateLost("account.purchases", 0, 1, 2)
    standing = standing_of(cast("WorkerApp", SimpleNamespace(fatal=lost)), 0.0)
    assert (standing.healthy, standing.ready, standing.fault) == (False, False, str(lost))


def test_a_loop_that_hangs_is_unhealthy() -> None:
    clock = [0.0]
    board = Board(lambda: clock[0])
    board.post(READY)
    clock[0] = STALE_S
    assert board.read() is READY
    clock[0] = STALE_S + 1
    assert (board.read().healthy, board.read().ready) == (False, False)
    assert "hangs" in (board.read().fault or "")


def _partitions(ports: list[int]) -> list[int]:
    """How many partitions each owns, fewest first."""
    return sorted(len((ready(f"http://127.0.0.1:{port}") or {}).get("partitions", ())) for port in ports)
