"""The way back: in the order of time, byte for byte, and never faster than the readers read."""

import asyncio
import json
from collections.abc import Iterator

from confluent_kafka import Consumer, TopicPartition

from pulse.lag import unread
from pulse.local.replay import Stored, caught_up, replay
from schemas.broker import Broker
from schemas.codec import STRUCTURED_HEADERS
from schemas.topics import COMPLAINTS, PURCHASES, SINK_GROUP, WORKER_APP

BIG = "x" * 20_000


def events(count: int) -> Iterator[Stored]:
    for number in range(count):
        topic = PURCHASES if number % 2 else COMPLAINTS
        yield Stored(topic.name, "one-account", json.dumps({"number": number, "text": BIG}))


def read_all(broker: Broker, topic: str, group: str, count: int) -> list[tuple[bytes, bytes, list[tuple[str, bytes]]]]:
    """Read as a reader does, committing as it goes."""
    settings = {"bootstrap.servers": broker.bootstrap, "group.id": group, "enable.auto.commit": False, "log_level": 0}
    consumer = Consumer({**settings, "auto.offset.reset": "error"})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(4)])
    found: list[tuple[bytes, bytes, list[tuple[str, bytes]]]] = []
    try:
        while len(found) < count:
            for message in consumer.consume(50, timeout=1):
                assert message.error() is None, message.error()
                found.append((message.key() or b"", message.value() or b"", message.headers() or []))  # type: ignore[arg-type]
                consumer.commit(message=message, asynchronous=False)
    finally:
        consumer.close()
    return found


def test_what_does_not_fit_waits_until_it_was_read(fresh_embedded_broker: Broker) -> None:
    count = 600  # twelve megabytes, half to one partition of each topic: more than the broker keeps
    said: list[int] = []

    async def run() -> int:
        writing = asyncio.create_task(replay(events(count), fresh_embedded_broker, said.append))
        await asyncio.sleep(3)
        assert not writing.done(), "there is no room for all before somebody read"
        names = (COMPLAINTS.name, PURCHASES.name)
        readers = [
            asyncio.to_thread(read_all, fresh_embedded_broker, name, group, count // 2)
            for name in names
            for group in (WORKER_APP, SINK_GROUP)
        ]
        read = await asyncio.gather(*readers)
        for found in read:
            numbers = [json.loads(value)["number"] for _, value, _ in found]
            assert numbers == sorted(numbers), "in the order of time"
            assert {key for key, _, _ in found} == {b"one-account"}
            assert all(headers == STRUCTURED_HEADERS for _, _, headers in found)
        assert await caught_up(fresh_embedded_broker, patience_s=5)
        return await writing

    assert asyncio.run(run()) == count
    assert said[-1] == count
    assert unread(fresh_embedded_broker, SINK_GROUP, [COMPLAINTS.name, PURCHASES.name]) == 0


def test_readers_that_read_nothing_are_not_waited_for_for_ever(fresh_embedded_broker: Broker) -> None:
    async def run() -> bool:
        await replay(events(4), fresh_embedded_broker, lambda _: None)
        return await caught_up(fresh_embedded_broker, patience_s=1)

    assert asyncio.run(run()) is False
