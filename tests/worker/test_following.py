"""A topic that every worker needs all of is read whole, then followed, on either broker."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from consumers.runtime.producer import Outgoing, Publisher
from schemas.broker import Broker
from schemas.topics import MANAGERS
from streams.worker.following import Follower

PATIENCE_S = 30


class Taken:
    """The values a follower was handed, to be waited for."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self._more = asyncio.Event()

    def __call__(self, records: Iterable[Any]) -> None:
        self.values += [record.value for record in records]
        self._more.set()

    async def until(self, count: int) -> None:
        while len(self.values) < count:
            self._more.clear()
            await self._more.wait()


def put(broker: Broker, topic: str, *values: bytes) -> None:
    with Publisher(broker, "tests", threading.Event()) as publisher:
        publisher.publish([Outgoing(topic, b"key", value) for value in values])


def followed(broker: Broker, topic: str, work: Callable[[Follower, Taken], Awaitable[None]]) -> None:
    """Does the work beside a follower that runs."""

    async def both() -> None:
        taken = Taken()
        follower = Follower(broker, topic, taken)
        running = asyncio.create_task(follower.run())
        try:
            await asyncio.wait_for(work(follower, taken), PATIENCE_S)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await follower.stop()

    asyncio.run(both())


def test_what_was_there_is_known_when_it_is_ready_and_what_comes_later_is_taken_in(topics_applied: Broker) -> None:
    put(topics_applied, MANAGERS.name, b"1", b"2")

    async def work(follower: Follower, taken: Taken) -> None:
        await follower.ready.wait()
        assert taken.values == [b"1", b"2"]
        await asyncio.to_thread(put, topics_applied, MANAGERS.name, b"3")
        await taken.until(3)

    followed(topics_applied, MANAGERS.name, work)


def test_catching_up_beside_it_hands_over_all_there_is_and_nothing_twice(topics_applied: Broker) -> None:
    async def work(follower: Follower, taken: Taken) -> None:
        await follower.ready.wait()
        for number in range(3):
            await asyncio.to_thread(put, topics_applied, MANAGERS.name, b"%d" % number)
            await follower.catch_up()
            assert taken.values == [b"%d" % one for one in range(number + 1)]

    followed(topics_applied, MANAGERS.name, work)
