"""The gateway as a process: ready once, stopped by a signal within seconds, clear about what keeps it from starting."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import httpx
import pytest

from pulse.local.child import Child, Command
from pulse.local.ports import free_port
from schemas.broker import Broker
from streams.gateway.errors import CannotListen, KeysFileError
from streams.gateway.keys import Grant
from streams.gateway.keys_file import create_key
from streams.gateway.server import run
from streams.gateway.settings import GatewaySettings
from tests.gateway.events import NOW, order

PROGRAM = """
import json, sys
from schemas.broker import Broker
from streams.gateway.server import serve
from streams.gateway.settings import GatewaySettings
given = json.loads(sys.argv[1])
serve(GatewaySettings(**given["settings"]), Broker(**given["broker"]), lambda: print('{"event": "ready"}', flush=True))
print("returned", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_within_three_seconds_and_serve_returns(
    embedded_broker: Broker, tmp_path: Path, number: signal.Signals
) -> None:
    keys_file, port = tmp_path / "keys.yaml", free_port()
    token = create_key(keys_file, Grant(id="shop", label="shop", sources=("shop",)), now=NOW)
    given = {"settings": {"keys_file": str(keys_file), "port": port}, "broker": embedded_broker.model_dump()}
    child = Child(Command("gateway", (sys.executable, "-c", PROGRAM, json.dumps(given))))
    try:
        child.wait_ready(20)
        with httpx.Client() as client:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
            answer = client.post(f"http://127.0.0.1:{port}/v1/events", json=order(), headers=headers)
            assert answer.status_code == 202
            before = time.monotonic()
            os.kill(child.pid, number)
            assert child.wait(10) == 0
            assert time.monotonic() - before < 3
        assert child.last_lines[-1] == "returned"
        assert sum('"ready"' in line for line in child.last_lines) == 1
    finally:
        child.stop()


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    create_key(tmp_path / "keys.yaml", Grant(id="shop", label="shop", sources=("shop",)), now=NOW)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = GatewaySettings(port=taken.getsockname()[1], keys_file=tmp_path / "keys.yaml")
        with pytest.raises(CannotListen, match="in use"):
            asyncio.run(run(settings, Broker(), lambda: None, asyncio.Event()))


def test_without_a_keys_file_it_does_not_start(tmp_path: Path) -> None:
    settings = GatewaySettings(port=0, keys_file=tmp_path / "keys.yaml")
    with pytest.raises(KeysFileError, match="pulse keys create"):
        asyncio.run(run(settings, Broker(), lambda: None, asyncio.Event()))
