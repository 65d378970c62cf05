"""Sends one event to every partition each 50 ms, each about an account of its own, and notes when its health is there.

A new account is told of at once, so the first snapshot under its id says that the event was applied. One thread sends,
another reads; nothing here waits for the worker.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from typing import Final, Self

from aiokafka.partitioner import murmur2
from confluent_kafka import Consumer, Producer

from benchmarks import machine
from benchmarks.census import contact
from benchmarks.load import to_record
from benchmarks.recovery.waits import Probe
from schemas.broker import Broker
from schemas.topics import HEALTH, INTERACTIONS

EVERY_S: Final = 0.05
_JOIN_S: Final = 10.0


def names(prefix: str, partitions: int) -> Iterator[tuple[str, ...]]:
    """Account ids that begin with `prefix`, one for each partition, never the same twice."""
    waiting: defaultdict[int, list[str]] = defaultdict(list)
    for number in count():
        name = f"{prefix}{number:06d}"
        waiting[(murmur2(name.encode()) & 0x7FFFFFFF) % partitions].append(name)
        if len(waiting) == partitions and all(waiting.values()):
            yield tuple(waiting[partition].pop(0) for partition in range(partitions))


class Probes:
    """Runs from entering to leaving the block."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._sent: dict[str, tuple[int, float]] = {}
        self._seen: dict[str, float] = {}
        self._over = threading.Event()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._send, self._read)]
        self._consumer = Consumer(
            {"bootstrap.servers": broker.bootstrap, "group.id": "bench-probes", "enable.auto.commit": False}
        )
        self._consumer.assign(machine.ends(self._consumer, broker, [HEALTH.name]))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(_JOIN_S)
        self._consumer.close()

    def so_far(self) -> list[Probe]:
        """What was sent, in that order, and what was seen of it."""
        return [Probe(number, at, self._seen.get(name)) for name, (number, at) in list(self._sent.items())]

    def _send(self) -> None:
        settings = {"bootstrap.servers": self._broker.bootstrap, **machine.PRODUCER, "linger.ms": 0}
        producer = Producer(settings)
        for accounts in names(f"P{time.time():.0f}-", self._broker.partitions):
            for partition, account in enumerate(accounts):
                record = to_record(INTERACTIONS, (f"p{account}", time.time()), contact(account))
                self._sent[account] = (partition, time.monotonic())
                machine.produce(producer, INTERACTIONS.name, record)
            producer.poll(0)
            if self._over.wait(EVERY_S):
                break
        producer.flush(_JOIN_S)

    def _read(self) -> None:
        while not self._over.is_set():
            message = self._consumer.poll(0.1)
            now = time.monotonic()
            key = message.key() if message is not None and message.error() is None else None
            if key:
                self._seen.setdefault(key.decode(), now)
