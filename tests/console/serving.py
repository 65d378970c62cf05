"""The console in this process, on a loop of its own thread, as a browser or an HTTP client meets it."""

import asyncio
import html
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from consumers.console.server import running
from consumers.console.settings import ConsoleSettings
from consumers.runtime.clickhouse import ClickHouse
from schemas.broker import Broker
from tests.waiting import until

SECRET = SecretStr("a secret of tests, long enough to be one")
LINK_KEYS = SecretStr("n" * 40 + "\n" + "o" * 40)
SLACK_SECRET = SecretStr("a signing secret of tests")


def settings(
    *, gateway_url: str = "http://127.0.0.1:9", mail_dir: Path | None = None, **more: object
) -> ConsoleSettings:
    """Settings of a demo console on a free port."""
    return ConsoleSettings.model_validate(
        {
            "secret": SECRET,
            "port": 0,
            "demo_sign_in": True,
            "gateway_url": gateway_url,
            "mail_dir": mail_dir,
            "heartbeat_s": 0.3,
            "link_keys": LINK_KEYS,
            "slack_signing_secret": SLACK_SECRET,
            **more,
        }
    )


class _Running:
    """A console on a loop in a thread of its own."""

    def __init__(self, settings: ConsoleSettings, clickhouse: ClickHouse, broker: Broker) -> None:
        self._given = (settings, clickhouse, broker)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._settled = threading.Event()
        self.port: int | None = None
        self._thread = threading.Thread(target=self._body, name="console-of-a-test")

    def start(self) -> str:
        self._thread.start()
        assert self._settled.wait(20), "the console did not start"
        assert self.port is not None, "the console ended at once"
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the console did not stop"

    def _body(self) -> None:
        try:
            asyncio.run(self._run())
        finally:
            self._settled.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with running(*self._given) as self.port:
            self._settled.set()
            await self._stop.wait()


@contextmanager
def console(
    settings: ConsoleSettings, clickhouse: ClickHouse, broker: Broker, *, wait_ready: bool = True
) -> Iterator[str]:
    """The console's address while the block runs; it follows the topics when the block begins."""
    made = _Running(settings, clickhouse, broker)
    try:
        address = made.start()
        if wait_ready:
            until(lambda: httpx.get(f"{address}/readyz", trust_env=False).status_code == 200, 20)
        yield address
    finally:
        made.stop()


def client(address: str, manager: str | None = None) -> httpx.Client:
    """A browser without JavaScript; signed in as `manager`."""
    found = httpx.Client(base_url=address, trust_env=False, timeout=20)
    if manager is not None:
        answer = found.post("/sign-in", data={"manager": manager})
        if answer.status_code != 303:
            found.close()
            raise AssertionError(answer.text)
    return found


def token(page: str) -> str:
    """The form token in a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


@dataclass(frozen=True, slots=True)
class Heard:
    """One server-sent event."""

    event: str
    identity: str
    data: str


class Listening:
    """An open stream, read as it comes."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self._lines = response.iter_lines()

    def next(self) -> Heard:
        """The next event; an error when the stream ends."""
        found: dict[str, list[str]] = {}
        while line := next(self._lines):
            name, _, value = line.partition(": ")
            found.setdefault(name, []).append(value)
        return Heard(found["event"][0], "".join(found.get("id", [])), "\n".join(found.get("data", [])))

    def until(self, text: str, timeout_s: float = 10.0) -> list[Heard]:
        """All events up to the first that carries `text`."""
        ends = time.monotonic() + timeout_s
        heard = []
        while time.monotonic() < ends:
            heard.append(self.next())
            if text in heard[-1].data:
                return heard
        raise AssertionError(f"{text!r} was not heard; last: {heard[-1:]}")

    def for_beats(self, count: int) -> list[Heard]:
        """All events until `count` heartbeats passed: what did not come by then does not come."""
        heard: list[Heard] = []
        while sum(one.event == "beat" for one in heard) < count:
            heard.append(self.next())
        return heard


@contextmanager
def listening(client: httpx.Client, path: str, last_id: str = "") -> Iterator[Listening]:
    """The stream at `path`, resumed after `last_id`. It is being followed when the block begins."""
    headers = {"last-event-id": last_id} if last_id else {}
    with client.stream("GET", path, headers=headers) as response:
        found = Listening(response)
        if response.status_code == 200:
            assert found.next().event == "hello"
        yield found


def stream_of(page: str) -> str:
    """The address of the stream that a page opens."""
    found = re.search(r'sse-connect="([^"]+)"', page)
    assert found, "the page opens no stream"
    return html.unescape(found[1])
