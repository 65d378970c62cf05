"""The way of events from a proven key to Kafka's acknowledgement: judge, wait for room, write, count.

Nothing of HTTP may come in here: requests and streams both go this way.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from streams.gateway.errors import BrokerAway, Rejected, Why
from streams.gateway.judging import Judgement, Raw, Record, judge
from streams.gateway.keys import ApiKey, authenticate
from streams.gateway.keys_file import KeyRing
from streams.gateway.limits import InFlight, TokenBucket
from streams.gateway.metrics import Metrics
from streams.gateway.settings import GatewaySettings
from streams.gateway.writer import Acknowledged, Writer
from streams.pacing import Pacer

RETRY_AFTER_S: Final = 1.0
_DENIED: Final[Mapping[Why, str]] = {
    Why.NO_KEY: "Authorization: expected `Bearer pulse_…`",
    Why.BAD_KEY: "Authorization: no such key",
    Why.KEY_EXPIRED: "Authorization: the key has expired",
    Why.KEY_REVOKED: "Authorization: the key was revoked",
}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two clocks: aware UTC, and monotonic seconds."""

    now: Callable[[], datetime]
    elapsed_s: Callable[[], float]


class Intake:
    """What all requests share. Of one event loop."""

    def __init__(
        self, settings: GatewaySettings, clocks: Clocks, metrics: Metrics, writer: Writer, pacer: Pacer
    ) -> None:
        """Raises `KeysFileError`."""
        self.settings = settings
        self.metrics = metrics
        self.writer = writer
        self.in_flight = InFlight(settings.max_in_flight_bytes, metrics.in_flight.set)
        self._clocks = clocks
        self._pacer = pacer
        self._keys = KeyRing(settings.keys_file, clocks.elapsed_s, metrics.keys_file_errors.inc)
        self._buckets: dict[str, TokenBucket] = {}

    def admit(self, token: str | None) -> ApiKey:
        """The key that a token proves, if it may send something now.

        Raises:
            Rejected: 401, or 429 when the key has sent more than it may.
        """
        key = authenticate(self._keys.current(), token, self._clocks.now())
        if isinstance(key, Why):
            _log.warning("request_denied", reason=key.value)
            raise Rejected(key, _DENIED[key])
        if (wait_s := self.wait_s(key)) > 0:
            raise Rejected(Why.RATE, f"more than {self.settings.events_per_second:g} events/s with this key", wait_s)
        return key

    def wait_s(self, key: ApiKey) -> float:
        """How long this key must wait before it may send again."""
        return self._bucket(key).wait_s(self._clocks.elapsed_s())

    def judge(self, key: ApiKey, raws: Sequence[Raw], first_index: int = 0) -> Judgement:
        """Judge events and count what was refused and how much was sent."""
        self._bucket(key).pay(len(raws), self._clocks.elapsed_s())
        judgement = judge(raws, key.speaks_for, self._clocks.now(), first_index)
        for refused in judgement.refused:
            self.metrics.refused.labels(refused.reason.value).inc()
        return judgement

    async def write(self, judgement: Judgement, room_wait_s: float) -> None:
        """Write what was accepted; returns when Kafka acknowledged all of it.

        Raises:
            Rejected: 429, no room within `room_wait_s`; 503, not acknowledged. Nothing may then be claimed accepted.
        """
        if not judgement.records:
            return
        sizes = judgement.bytes_by_topic()
        try:
            # Not `wait_for`: it waits in a task of its own, and others could take the room before we come back from it.
            async with asyncio.timeout(room_wait_s):
                await self._pacer.room_in_all(sizes)
        except TimeoutError:
            raise Rejected(Why.NO_ROOM, "the readers lag and the broker keeps little", RETRY_AFTER_S) from None
        with self._pacer.writing(sizes):
            acknowledged = await self._acknowledged(judgement.records)
            self._tell_pacer(judgement.records, acknowledged)
        for topic, count in _count_by_topic(acknowledged).items():
            self.metrics.accepted.labels(topic).inc(count)

    async def _acknowledged(self, records: Sequence[Record]) -> list[Acknowledged]:
        try:
            with self.metrics.acknowledgement.time():
                return await self.writer.write(records)
        except BrokerAway as away:
            raise Rejected(Why.BROKER_AWAY, f"nothing was accepted: {away}", RETRY_AFTER_S) from away

    def _tell_pacer(self, records: Sequence[Record], acknowledged: Sequence[Acknowledged]) -> None:
        if not self._pacer.active:
            return
        written: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        for record, told in zip(records, acknowledged, strict=True):
            sums = written[told.topic, told.partition]
            sums[0] = max(sums[0], told.offset)
            sums[1] += len(record.key) + len(record.value)
            sums[2] += 1
        for (topic, partition), (offset, size_bytes, count) in written.items():
            self._pacer.wrote(topic, partition, offset, size_bytes, count)

    def _bucket(self, key: ApiKey) -> TokenBucket:
        bucket = self._buckets.get(key.id)
        if bucket is None:
            settings = self.settings
            bucket = TokenBucket(settings.events_per_second, settings.burst_events, self._clocks.elapsed_s())
            self._buckets[key.id] = bucket
        return bucket


def _count_by_topic(acknowledged: Sequence[Acknowledged]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for told in acknowledged:
        counts[told.topic] += 1
    return counts
