"""`pulse up`: nothing is left behind, whatever ends it, and what the broker forgot comes back."""

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from pulse.exit_codes import ExitCode
from pulse.local import secrets
from pulse.local.running import find
from tests.stack.running_stack import ROOT, alive, event, up
from tests.waiting import until


def test_kill_9_leaves_no_orphan_and_the_next_start_brings_everything_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data) as first:
        orders = [
            event("purchase.order_placed.v1", f"retail-{n}", {"order_id": f"O-{n}", "amount": "10", "currency": "EUR"})
            for n in range(300)
        ]
        assert first.post(*orders).status_code in (200, 202)
        until(lambda: first.query("SELECT count() AS n FROM health FINAL")[0]["n"] == 300, 90)
        pids = list(first.described().processes.values())
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(5)
        assert find(data) is None, "a description without its holder describes nothing"
    with up(data) as second:
        assert not [pid for pid in pids if alive(pid)], "the next start waits until the last one's processes are gone"
        assert any("replayed 300 events" in line for line in second.lines)
        assert second.query("SELECT count() AS n FROM events FINAL")[0]["n"] == 300
        again = until(lambda: second.query("SELECT events_applied FROM health FINAL WHERE account_id = 'retail-7'"), 60)
        assert again[0]["events_applied"] == 1
        os.kill(second.described().processes["broker"], signal.SIGKILL)
        second.wait_said("the in-memory broker ended (killed by SIGKILL)", 60)
        second.wait_said("the gateway is open again", 180)
        assert second.query("SELECT count() AS n FROM events FINAL")[0]["n"] == 300
        assert second.stop(signal.SIGTERM) == ExitCode.DONE


def test_a_taken_port_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PULSE_GATEWAY__PORT": str(port)}
        command = [sys.executable, "-m", "pulse", "up", "--data", str(tmp_path / "data")]
        ran = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == ExitCode.HELD
    assert f"port {port} (gateway)" in ran.stderr
    assert "gateway.port" in ran.stderr


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    first = secrets.ensure(tmp_path, datetime.now(UTC))
    kept = first.local_key.read_text()
    assert secrets.ensure(tmp_path, datetime.now(UTC)) == first
    assert first.local_key.read_text() == kept
    for path in (tmp_path / "secrets").iterdir():
        if not path.name.endswith(".lock"):
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_real_kafka_survives_restarts_and_leaves_no_orphan(tmp_path: Path, kafka_jars: Path) -> None:
    data = tmp_path / "data"
    order = event("purchase.order_placed.v1", "retail-1", {"order_id": "O-1", "amount": "10", "currency": "EUR"})
    with up(data, "--kafka") as first:
        assert first.described().kafka
        assert first.post(order).status_code in (200, 202)
        until(lambda: first.query("SELECT count() AS n FROM health FINAL")[0]["n"] == 1, 90)
        assert first.stop() == ExitCode.DONE
    with up(data, "--kafka") as second:
        assert not any("replay" in line for line in second.lines)
        more = event("purchase.order_placed.v1", "retail-1", {"order_id": "O-2", "amount": "10", "currency": "EUR"}, 2)
        assert second.post(order, more).status_code in (200, 202)
        applied = "SELECT events_applied FROM health FINAL WHERE account_id = 'retail-1'"
        until(lambda: second.query(applied) == [{"events_applied": 2}], 90)

        wrapper = second.described().processes["broker"]
        (java,) = children(wrapper)
        os.kill(wrapper, signal.SIGKILL)
        second.wait_said("broker restarted", 60)
        assert not alive(java), "Java does not outlive the process that watches over it"
        third = event("purchase.order_placed.v1", "retail-1", {"order_id": "O-3", "amount": "10", "currency": "EUR"}, 3)
        until(lambda: second.post(third).status_code in (200, 202), 60)
        until(lambda: second.query(applied) == [{"events_applied": 3}], 60)

        pids = list(second.described().processes.values())
        pids += children(second.described().processes["broker"])
        second.process.send_signal(signal.SIGKILL)
        until(lambda: not [pid for pid in pids if alive(pid)], 90)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
