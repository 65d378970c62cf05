"""Reads a topic whole, and follows it: what every worker needs all of, whichever accounts it owns.

In no group, so nothing is committed and each process begins anew.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.broker import Broker

_AGAIN_S: Final = 1.0
_LOOK_MS: Final = 500
_EMBEDDED_LOOK_MS: Final = 100
"""The in-memory broker answers a fetch that found nothing only when its time is up, whatever has come meanwhile."""
_log = structlog.get_logger()


class Follower:
    """Hands all records of a topic to `take`, each partition's in order; `ready` when it has had all there was."""

    def __init__(self, broker: Broker, topic: str, take: Callable[[Iterable[Any]], None]) -> None:
        self.ready = asyncio.Event()
        self._topic = topic
        self._take = take
        self._lock = asyncio.Lock()
        self._look_ms = _EMBEDDED_LOOK_MS if broker.embedded else _LOOK_MS
        self._started = False
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=broker.bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            check_crcs=True,
            fetch_max_wait_ms=self._look_ms,
        )

    async def run(self) -> None:
        """Follow until cancelled; a broker that is away is waited for."""
        while True:
            try:
                await self.catch_up()
                self.ready.set()
                while await self._look():
                    pass
            except KafkaError as error:
                _log.warning("topic_not_followed", topic=self._topic, error=repr(error), again_in_s=_AGAIN_S)
            await asyncio.sleep(_AGAIN_S)

    async def catch_up(self) -> None:
        """Read what the topic holds now. A topic that is not there holds nothing.

        Raises:
            aiokafka.errors.KafkaError: the broker does not answer.
        """
        async with self._lock:
            if not self._started:
                await self._consumer.start()
                self._started = True
            places = await self._places()
            ends = await self._consumer.end_offsets(places) if places else {}
            while [place for place, end in ends.items() if await self._consumer.position(place) < end]:
                await self._read(places)

    async def stop(self) -> None:
        """Leave the broker."""
        await self._consumer.stop()

    async def _look(self) -> bool:
        """Read what has come; False where the topic is not there yet."""
        async with self._lock:
            places = await self._places()
            if places:
                await self._read(places)
        return bool(places)

    async def _read(self, places: list[TopicPartition]) -> None:
        found = await self._consumer.getmany(*places, timeout_ms=self._look_ms)
        if records := [record for theirs in found.values() for record in theirs]:
            self._take(records)

    async def _places(self) -> list[TopicPartition]:
        """The topic's partitions: one, but on the in-memory broker as many as of any topic."""
        known = sorted(self._consumer.assignment(), key=lambda place: int(place.partition))
        if known:
            return known
        await self._consumer._client.add_topic(self._topic)
        numbers = self._consumer.partitions_for_topic(self._topic) or ()
        places = [TopicPartition(self._topic, number) for number in sorted(numbers)]
        if places:
            self._consumer.assign(places)
            await self._consumer.seek_to_beginning(*places)
        return places
