"""One stack, from an HTTP request to the page and the mail, and through the deaths of its processes.

In this order: what is checked first is not disturbed by what is killed later.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition

from pulse.exit_codes import ExitCode
from schemas.topics import CHANGELOG
from tests.stack.running_stack import ROOT, Up, alive, event, up
from tests.waiting import until

ACCOUNT = "retail-00042"
MANAGER = "manager-07"
PUSHED_OUT_BYTES = 12_000_000
"""The in-memory broker keeps about 5 MB a partition."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("stack") / "data") as started:
        yield started


@pytest.fixture(scope="module")
def page(stack: Up) -> Iterator[httpx.Client]:
    """The console, signed in as the manager who owns the account."""
    people = event(
        "manager.profile_set.v1",
        MANAGER,
        {
            "name": "Manager 07",
            "role": "account_manager",
            "channels": [{"kind": "console"}, {"kind": "email", "address": "manager-07@example.test"}],
        },
    )
    profile = event(
        "account.profile_set.v1",
        ACCOUNT,
        {
            "name": "Example Retail 00042",
            "segment": "strategic",
            "annual_value": "120000",
            "currency": "EUR",
            "owner": MANAGER,
        },
    )
    assert stack.post(people, profile).status_code in (200, 202)
    with httpx.Client(base_url=stack.described().console_url, follow_redirects=True, timeout=20) as client:
        entered = until(lambda: _enter(client), 60)
        assert entered
        yield client


def test_a_complaint_shows_on_the_page_and_its_overdue_answer_comes_as_a_mail(stack: Up, page: httpx.Client) -> None:
    due_at = datetime.now(UTC) + timedelta(seconds=6)
    opened = event(
        "complaint.opened.v1",
        ACCOUNT,
        {
            "complaint_id": "C-1",
            "category": "delivery",
            "severity": 3,
            "answer_due_at": due_at.isoformat(),
            "summary": "Pallets arrived wet",
        },
    )
    bought = event("purchase.order_placed.v1", ACCOUNT, {"order_id": "O-1", "amount": "199.50", "currency": "EUR"})
    answer = stack.post(bought, opened)
    assert answer.status_code in (200, 202), answer.text

    shown = until(lambda: _containing(page, f"/account?id={ACCOUNT}", "Pallets arrived wet"), 60)
    assert "Example Retail 00042" in shown
    assert until(lambda: stack.query("SELECT score FROM health FINAL WHERE account_id = {id:String}", id=ACCOUNT), 60)

    mail = until(lambda: next((mail for mail in stack.mails() if "manager-07@example.test" in mail), None), 60)
    assert "Example Retail 00042" in mail
    alerts = stack.query("SELECT kind, historic FROM alerts FINAL WHERE step = 'opened'")
    assert {"kind": "complaint_overdue", "historic": False} in [dict(row) for row in alerts]
    assert until(lambda: _containing(page, "/inbox", "Example Retail 00042"), 60)


def test_the_doctor_finds_the_running_stack_and_nothing_wrong(stack: Up) -> None:
    ran = _pulse(stack, "doctor", "--json")
    assert ran.returncode == ExitCode.DONE, ran.stdout + ran.stderr


def test_a_second_up_on_the_same_data_says_who_holds_it(stack: Up) -> None:
    ran = _pulse(stack, "up", "--auto-ports")
    assert ran.returncode == ExitCode.HELD
    assert f"pid {stack.process.pid}" in ran.stderr
    assert "since 20" in ran.stderr


def test_a_killed_process_is_started_again_and_described_anew(stack: Up) -> None:
    before = stack.described().processes["sink"]
    os.kill(before, signal.SIGKILL)
    said = stack.wait_said("sink ended (killed by SIGKILL)", 60)
    assert "its last lines" in said["event"]
    stack.wait_said("sink restarted", 60)
    assert until(lambda: stack.described().processes["sink"] != before, 5)
    assert stack.post(event("interaction.logged.v1", ACCOUNT, _call(), 2)).status_code in (200, 202)
    until(lambda: _events(stack, "interaction.logged.v1") == 1, 90)


def test_a_state_that_lost_its_beginning_is_built_anew_from_the_warehouse(stack: Up) -> None:
    scores = "SELECT account_id, round(score, 3) AS score FROM health FINAL ORDER BY account_id"
    counted = "SELECT count() AS events FROM events FINAL"
    scored, stored, mails = stack.query(scores), stack.query(counted), len(stack.mails())
    push_out(stack.described().bootstrap, CHANGELOG.name)
    os.kill(stack.described().processes["worker"], signal.SIGKILL)
    stack.wait_said("building the state anew from the warehouse", 60)
    stack.wait_said("replayed", 180)
    stack.wait_said("the gateway is open again", 120)
    assert stack.query(counted) == stored, "the same facts, none twice"
    until(lambda: [row["account_id"] for row in stack.query(scores)] == [row["account_id"] for row in scored], 60)
    assert len(stack.mails()) == mails, "history alerts nobody"
    assert stack.post(event("interaction.logged.v1", ACCOUNT, _call(), 3)).status_code in (200, 202)
    until(lambda: _events(stack, "interaction.logged.v1") == 2, 90)


def test_ctrl_c_stops_everything_within_seconds(stack: Up) -> None:
    pids = list(stack.described().processes.values())
    assert stack.stop(signal.SIGINT, within_s=25) == ExitCode.DONE
    assert not [pid for pid in pids if alive(pid)]
    assert not (stack.data / "stack.json").exists()


def push_out(bootstrap: str, topic: str) -> None:
    """Write the newest record of a topic again, so often that the in-memory broker drops the beginning before it."""
    newest = _newest(bootstrap, topic)
    value = newest.value() or b""
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    for _ in range(PUSHED_OUT_BYTES // len(value)):
        producer.produce(
            topic, value, key=newest.key(), partition=newest.partition() or 0, headers=newest.headers() or []
        )
        producer.poll(0)
    assert producer.flush(60) == 0


def _newest(bootstrap: str, topic: str) -> Message:
    group = {"group.id": "newest", "auto.offset.reset": "earliest", "enable.auto.commit": False, "log_level": 0}
    consumer = Consumer({"bootstrap.servers": bootstrap, **group})
    try:
        partitions = [TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(4)]
        consumer.assign(partitions)
        read = consumer.consume(10_000, timeout=3)
        return max((message for message in read if message.error() is None), key=lambda message: message.offset() or 0)
    finally:
        consumer.close()


def _enter(client: httpx.Client) -> bool:
    answer = client.post("/sign-in", data={"manager": MANAGER, "next": "/"}, headers={"origin": str(client.base_url)})
    return answer.status_code == httpx.codes.OK and "Manager 07" in answer.text


def _containing(client: httpx.Client, path: str, part: str) -> str | None:
    text = client.get(path).text
    return text if part in re.sub(r"\s+", " ", text) else None


def _call() -> dict[str, object]:
    return {"channel": "call", "direction": "inbound", "sentiment": 0.4, "duration_s": 60}


def _events(stack: Up, event_type: str) -> int:
    found = stack.query("SELECT count() AS events FROM events FINAL WHERE type = {type:String}", type=event_type)
    return int(found[0]["events"])


def _pulse(stack: Up, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PULSE_")}
    env = {**clean, "PYTHONPATH": str(ROOT), "PULSE_STACK__DATA": str(stack.data)}
    command = [sys.executable, "-m", "pulse", *arguments]
    return subprocess.run(command, env=env, cwd=Path("/"), capture_output=True, text=True, timeout=60, check=False)
