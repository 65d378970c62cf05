"""Reads the managers' topic whole, and follows it: every worker needs all of them, whichever accounts it owns.

In no group, so nothing is committed and each process begins anew. What the topic says is a fold (`Directory`), so
reading a record again changes nothing. Records that cannot be read are refused by delivery, with their bytes; here they
are counted.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from schemas.broker import Broker
from schemas.codec import decode
from schemas.errors import BadEvent
from schemas.events.managers import ManagerProfileSet
from schemas.records import Record
from schemas.topics import MANAGERS
from streams.core.escalation.directory import Directory
from streams.worker import metrics

_RETRY_S: Final = 1.0
_LOOK_MS: Final = 500
_EMBEDDED_LOOK_MS: Final = 100
"""The in-memory broker answers a fetch that found nothing only when its time is up, whatever has come meanwhile."""
_log = structlog.get_logger()


class ManagersFollower:
    """Keeps `directory` as new as account.managers; `ready` when all that was there at the beginning is in it."""

    def __init__(self, broker: Broker, directory: Directory) -> None:
        self.ready = asyncio.Event()
        self._broker = broker
        self._directory = directory

    async def run(self) -> None:
        """Follow until cancelled; a broker that is away is waited for."""
        while True:
            consumer = self._consumer()
            try:
                await consumer.start()
                await self._follow(consumer)
            except KafkaError as error:
                _log.warning("managers_not_followed", error=repr(error), again_in_s=_RETRY_S)
            finally:
                await consumer.stop()
            await asyncio.sleep(_RETRY_S)

    async def _follow(self, consumer: Any) -> None:
        ends = await consumer.end_offsets(consumer.assignment())
        while True:
            behind = [place for place, end in ends.items() if await consumer.position(place) < end]
            if not behind and not self.ready.is_set():
                _log.info("managers_known", managers=len(self._directory))
                self.ready.set()
            found = await consumer.getmany(timeout_ms=self._look_ms)
            for records in found.values():
                take_in(self._directory, records, time.time)

    def _consumer(self) -> Any:
        return AIOKafkaConsumer(
            MANAGERS.name,
            bootstrap_servers=self._broker.bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=self._look_ms,
            check_crcs=True,
        )

    @property
    def _look_ms(self) -> int:
        return _EMBEDDED_LOOK_MS if self._broker.embedded else _LOOK_MS


def take_in(directory: Directory, records: Iterable[Record], clock: Callable[[], float]) -> None:
    """Take records of account.managers into the directory; one without a value takes the manager out."""
    now = datetime.fromtimestamp(clock(), UTC)
    for record in records:
        if record.value is None:
            directory.forget((record.key or b"").decode("utf-8", "replace"))
            continue
        try:
            event = decode(record.value, record.headers, now)
            if not isinstance(event, ManagerProfileSet):
                metrics.UNREADABLE_MANAGERS.inc()
                continue
        except BadEvent as error:
            metrics.UNREADABLE_MANAGERS.inc()
            _log.warning("manager_unreadable", offset=record.offset, reason=error.reason.value, detail=error.detail)
            continue
        directory.learn(event)
    metrics.MANAGERS.set(len(directory))
