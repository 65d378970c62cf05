"""What was fetched before the worker knew from where to read is read all the same."""

import asyncio
from typing import Any

from schemas.broker import Broker
from schemas.topics import PURCHASES
from streams.core.policies import default_tables
from streams.worker import app as worker_app
from streams.worker.engine import Engine
from streams.worker.settings import WorkerSettings
from streams.worker.store import Held
from streams.worker.transport import place
from tests.worker.running import order
from tests.worker.test_state import NOW, batch


class FakeConsumer:
    """Notes where reading is to go on."""

    def __init__(self) -> None:
        self.sought: list[tuple[Any, int]] = []

    async def seek(self, where: Any, offset: int) -> None:
        self.sought.append((where, offset))


def test_a_batch_that_comes_before_its_position_is_known_is_folded_or_sought_again() -> None:
    purchases = place(PURCHASES.name, 0)

    async def course() -> tuple[int, list[tuple[Any, int]]]:
        broker = Broker(partitions=1)
        app = worker_app.build(WorkerSettings(), broker, default_tables())
        engine = Engine(broker, default_tables(), 1.0, None)
        flusher: Any = None
        app.wire(engine, flusher, lambda: None)
        consumer: Any = FakeConsumer()
        app._consumer = consumer
        engine.own(0, Held(), 1)
        reading = asyncio.create_task(app.take_batch(batch(PURCHASES.name, 0, [order("A1", 1, NOW)]), WorkerSettings()))
        await asyncio.wait([reading], timeout=0.1)
        app.positions_committed({purchases: 0})
        await asyncio.sleep(0.05)
        return len(engine.owned[0].held.partition), consumer.sought

    folded, sought = asyncio.run(course())
    assert folded == 1 or (purchases, 0) in sought
