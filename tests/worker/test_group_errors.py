"""The driver stops taking part in its group until somebody has heard its error; the consumer thread hears it."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaError

from streams.worker.transport import ConsumerThread


class Coordinator:
    """Errs a number of times, as the driver's does; `dead` says that its task has ended."""

    def __init__(self, errors: int, *, dead: bool = False) -> None:
        self.errors_left = errors
        self._coordination_task: asyncio.Future[None] = asyncio.Future()
        if dead:
            self._coordination_task.set_result(None)

    def check_errors(self) -> None:
        if self.errors_left:
            self.errors_left -= 1
            raise KafkaError("the group is in disorder")


class Thread:
    """Stands in for the service: stops when the coordinator has nothing left to say."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._consumer = self
        self._coordinator = coordinator

    @property
    def should_stop(self) -> bool:
        return self._coordinator.errors_left == 0

    async def sleep(self, _seconds: float) -> None:
        await asyncio.sleep(0)


async def heed(errors: int, *, dead: bool) -> int:
    coordinator = Coordinator(errors, dead=dead)
    stand_in: Any = Thread(coordinator)
    await ConsumerThread._heed_the_group(cast("ConsumerThread", stand_in))
    return coordinator.errors_left


def test_errors_of_the_group_are_heard_so_that_the_driver_joins_again() -> None:
    assert asyncio.run(heed(3, dead=False)) == 0


def test_a_driver_that_has_ended_ends_the_worker() -> None:
    with pytest.raises(KafkaError):
        asyncio.run(heed(3, dead=True))
