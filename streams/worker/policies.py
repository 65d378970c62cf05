"""The worker's reading of account.policies: whole before it judges anything, then as it grows."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from schemas.broker import Broker
from schemas.policies import PolicyRelease, ReleaseKind
from schemas.topics import POLICIES
from streams.core.releases import Releases, Unfit
from streams.worker import metrics
from streams.worker.engine import Engine

_POLL_MS: Final = 500
_AGAIN_S: Final = 1.0
_log = structlog.get_logger()


class PolicyReader:
    """Keeps the engine's rules as the topic says. One broker, no group: every worker reads all of it."""

    def __init__(self, broker: Broker, releases: Releases, engine: Engine) -> None:
        self._releases = releases
        self._engine = engine
        self._lock = asyncio.Lock()
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=broker.bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            check_crcs=True,
            fetch_max_wait_ms=_POLL_MS,
        )
        self._started = False

    async def catch_up(self) -> None:
        """Read what the topic holds now. A topic that is not there holds nothing.

        Raises:
            aiokafka.errors.KafkaError: the broker does not answer.
        """
        async with self._lock:
            await self._start()
            places = await self._places()
            ends = await self._consumer.end_offsets(places) if places else {}
            while [place for place, end in ends.items() if await self._consumer.position(place) < end]:
                self._take(await self._consumer.getmany(*places, timeout_ms=_POLL_MS))

    async def follow(self) -> None:
        """Go on reading for as long as the worker runs."""
        while True:
            try:
                async with self._lock:
                    places = await self._places()
                    found = await self._consumer.getmany(*places, timeout_ms=_POLL_MS) if places else {}
                    self._take(found)
            except KafkaError as error:
                _log.warning("policies_not_read", error=repr(error))
            await asyncio.sleep(_AGAIN_S)

    async def stop(self) -> None:
        """Leave the broker."""
        if self._started:
            await self._consumer.stop()

    async def _start(self) -> None:
        if not self._started:
            await self._consumer.start()
            self._started = True

    async def _places(self) -> list[TopicPartition]:
        """The topic's partitions: one, but on the in-memory broker as many as of any topic."""
        known = sorted(self._consumer.assignment(), key=lambda place: int(place.partition))
        if known:
            return known
        await self._consumer._client.add_topic(POLICIES.name)
        numbers = self._consumer.partitions_for_topic(POLICIES.name) or ()
        places = [TopicPartition(POLICIES.name, number) for number in sorted(numbers)]
        if places:
            self._consumer.assign(places)
            await self._consumer.seek_to_beginning(*places)
        return places

    def _take(self, found: dict[TopicPartition, Iterable[Any]]) -> None:
        records = [record for theirs in found.values() for record in theirs]
        for record in records:
            self._learn(record)
        if records:
            self._engine.rules, self._engine.shadow = self._releases.rules, self._releases.trial
            names = [version.policy.name for version in self._engine.rules.versions]
            _log.info("policies_read", versions=names, shadow=self._engine.shadow and self._engine.shadow.policy.name)

    def _learn(self, record: Any) -> None:
        if record.value is None:
            self._releases.forget((record.key or b"").decode())
            return
        try:
            release = PolicyRelease.model_validate_json(record.value)
            self._releases.learn(release)
        except (ValidationError, Unfit) as error:
            metrics.REFUSED_POLICIES.inc()
            _log.error("policy_refused", offset=record.offset, error=str(error), hint="the policy before it counts on")
            return
        from_at = release.in_force_from.timestamp()
        passed = [owned.number for owned in self._engine.owned.values() if owned.watermark.value > from_at]
        if passed and release.kind is ReleaseKind.PROMOTED:
            metrics.LATE_POLICIES.inc()
            named = {"policy": release.policy, "in_force_from": release.in_force_from.isoformat()}
            _log.warning("policy_came_late", **named, partitions=passed)
