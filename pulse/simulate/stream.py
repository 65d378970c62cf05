"""Facts on their way to the gateway: counted by account once acknowledged. What they mean is not known here."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from pulse.sending.batches import MOST_IN_FLIGHT, batches
from pulse.sending.gateway import Gateway
from pulse.sending.window import in_order
from pulse.simulate.facts import Fact
from schemas.catalogue import TOPIC_OF_TYPE
from schemas.topics import EVENT_TOPICS

IN_FLIGHT: Final = MOST_IN_FLIGHT


@dataclass(slots=True)
class Ledger:
    """What the gateway acknowledged: distinct facts on the topics that are folded, by account, and all refusals."""

    by_account: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    elsewhere: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    _seen: set[int] = field(default_factory=set)

    def take(self, facts: Sequence[Fact], reasons: Sequence[str]) -> None:
        """Write down one batch; an empty reason means accepted."""
        for told, reason in zip(facts, reasons, strict=True):
            if reason:
                self.refused[reason] += 1
            elif TOPIC_OF_TYPE[told.type] not in EVENT_TOPICS:
                self.elsewhere += 1
            elif (key := hash((told.source, told.id))) not in self._seen:
                self._seen.add(key)
                self.by_account[told.subject] += 1
                self.accepted += 1


async def send_all(facts: Iterable[Fact], gateway: Gateway, ledger: Ledger) -> AsyncGenerator[int, None]:
    """Send everything as fast as the gateway takes it; yields after each batch how many facts it held.

    Raises:
        SendingError: the gateway stays away or refuses us.
    """

    async def send(batch: list[Fact]) -> list[str]:
        return [verdict.reason for verdict in await gateway.send([told.body for told in batch])]

    cut = batches(facts, lambda told: len(told.body), lambda told: told.subject)
    async with aclosing(in_order(cut, send, IN_FLIGHT)) as settled:
        async for batch, reasons in settled:
            ledger.take(batch, reasons)
            yield len(batch)


class Maker(Protocol):
    """Whatever makes live events, one after another."""

    def next_fact(self, now: datetime) -> Fact:
        """The next event, as of `now`."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a trickle runs, in events a second, and for how long: until `keep_on` says no, asked between batches."""

    rate: float
    keep_on: Callable[[], bool]
    ticks_per_second: float = 10.0


async def send_live(
    trickle: Maker, gateway: Gateway, ledger: Ledger, pace: Pace, now: Callable[[], datetime]
) -> AsyncGenerator[int, None]:
    """Send events of now at a steady rate; yields after each batch how many facts it held."""
    loop = asyncio.get_running_loop()
    began_s, sent = loop.time(), 0
    while pace.keep_on():
        due = int((loop.time() - began_s) * pace.rate) - sent
        if due > 0:
            facts = [trickle.next_fact(now()) for _ in range(min(due, 500))]
            ledger.take(facts, [verdict.reason for verdict in await gateway.send([told.body for told in facts])])
            sent += len(facts)
            yield len(facts)
        await asyncio.sleep(1 / pace.ticks_per_second)
