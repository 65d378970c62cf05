"""The course of a demo beside a running stack: load the history, then a measured live phase or a trickle for ever.

It runs in a thread of its own, because the stack's supervisor needs the main one.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from consumers.runtime.clickhouse import ClickHouse, Client
from pulse.auditing.run import Audit, Patience, audit
from pulse.demo import figures
from pulse.demo.figures import Figures
from pulse.demo.screen import Screen, Summary
from pulse.demo.script import CASES, FOR_S, RATE, Script
from pulse.demo.settling import Condition, settle
from pulse.importing.session import Clocks
from pulse.local.running import RunningStack
from pulse.policies.in_force import policy_in_force
from pulse.sending.gateway import Gateway
from pulse.sending.reach import target
from pulse.settings import load as load_settings
from pulse.simulate.facts import Fact
from pulse.simulate.history import open_history
from pulse.simulate.live import Trickle, run_id
from pulse.simulate.load import Recipe, load
from pulse.simulate.stream import IN_FLIGHT, Ledger, Pace, send_all, send_live
from pulse.warehouse import LONG_READ_S, reached
from streams.core.rulebook import Rulebook

LOADED_WITHIN_S: Final = 120.0
SETTLED_WITHIN_S: Final = 90.0
_SUMMARY_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Programme:
    """What is played: `ends` after a measured live phase, else a trickle of `rate` events a second goes on.

    With `audits` every score is then compared three ways while the stack still runs.
    """

    recipe: Recipe
    ends: bool
    rate: float
    audits: bool = False


class Conductor:
    """`on_end` is called from the conductor's thread when there is nothing more to play, or it failed."""

    def __init__(self, programme: Programme, screen: Screen, clocks: Clocks, on_end: Callable[[], None]) -> None:
        self.figures: Figures | None = None
        self.audit: Audit | None = None
        self.failure: Exception | None = None
        self._programme = programme
        self._screen = screen
        self._clocks = clocks
        self._on_end = on_end
        self._stopping = threading.Event()
        self._making = ThreadPoolExecutor(1, "demo-history")
        self._facts: Future[list[Fact]] = self._making.submit(self._make)
        self._thread: threading.Thread | None = None
        self._ledger = Ledger()

    def begin(self, running: RunningStack) -> None:
        """Start playing beside the stack, which is up. A stack that came up again is not played to twice."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._play, args=(running,), name="demo")
            self._thread.start()

    def stop(self) -> None:
        """End soon; returns when the thread has ended."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._making.shutdown(cancel_futures=True)

    def _make(self) -> list[Fact]:
        return load(open_history(self._clocks.wall()), self._programme.recipe)

    def _play(self, running: RunningStack) -> None:
        try:
            asyncio.run(self._course(running))
        except Exception as error:  # noqa: BLE001 - told by the main thread, which raises it
            self.failure = error
        finally:
            self._on_end()

    async def _course(self, running: RunningStack) -> None:
        with reached(load_settings(["clickhouse"]).part(ClickHouse)) as client:
            async with Gateway(target(), self._clocks.monotonic, IN_FLIGHT) as gateway:
                per_second = await self._load(client, gateway)
                if self._programme.ends:
                    await self._measured(client, gateway, per_second)
                else:
                    await self._for_ever(client, gateway, running)

    async def _load(self, client: Client, gateway: Gateway) -> float:
        """Send the history; returns events a second until the warehouse had them all."""
        facts = await asyncio.to_thread(self._facts.result)
        began_s = self._clocks.monotonic()
        done = 0
        async with aclosing(send_all(facts, gateway, self._ledger)) as counts:
            async for sent in counts:
                done += sent
                self._screen.progress(done, len(facts), done / max(0.001, self._clocks.monotonic() - began_s))
                if self._stopping.is_set():
                    return 0.0
        self._screen.say(f"{done:,} events accepted; waiting until the warehouse has them")
        await settle([self._unstored(client)], LOADED_WITHIN_S, self._screen.say)
        return self._ledger.accepted / (self._clocks.monotonic() - began_s)

    async def _measured(self, client: Client, gateway: Gateway, per_second: float) -> None:
        await settle([self._unapplied(client)], SETTLED_WITHIN_S, self._screen.say)
        since = self._clocks.wall()
        chosen = await asyncio.to_thread(figures.candidates, client, 2 * CASES)
        overdue, worsening = chosen[::2], chosen[1::2]
        self._screen.say(f"live: {RATE:.0f} events/s for {FOR_S:.0f} s")
        script = Script(self._trickle(since), overdue, worsening)
        ends_s = self._clocks.monotonic() + FOR_S
        pace = Pace(RATE, lambda: self._clocks.monotonic() < ends_s and not self._stopping.is_set())
        await _exhaust(send_live(script, gateway, self._ledger, pace, self._clocks.wall))
        self._screen.say("waiting until everything is applied, stored and receipted")
        conditions = [self._untold(client, overdue, since), *self._everything(client)]
        await settle(conditions, SETTLED_WITHIN_S, self._screen.say)
        self.figures = await asyncio.to_thread(figures.count, client, self._ledger.by_account, since, per_second)
        if self._programme.audits:
            self._screen.say("comparing every score three ways: live, rebuilt, by SQL alone")
            self.audit = await asyncio.to_thread(self._audited)

    def _audited(self) -> Audit:
        patience = Patience(self._clocks.monotonic, self._stopping.wait)
        with reached(load_settings(["clickhouse"]).part(ClickHouse), LONG_READ_S) as client:
            return audit(client, Rulebook.of(policy_in_force()).tables, patience)

    async def _for_ever(self, client: Client, gateway: Gateway, running: RunningStack) -> None:
        trickle = self._trickle(self._clocks.wall())
        pace = Pace(self._programme.rate, lambda: not self._stopping.is_set())
        sending = asyncio.ensure_future(_exhaust(send_live(trickle, gateway, self._ledger, pace, self._clocks.wall)))
        before, at_s = self._ledger.accepted, self._clocks.monotonic()
        while not sending.done():
            await asyncio.wait([sending], timeout=_SUMMARY_EVERY_S)
            bands, alerts = await asyncio.to_thread(_look, client)
            now, now_s = self._ledger.accepted, self._clocks.monotonic()
            self._screen.summary(running, Summary(now, (now - before) / (now_s - at_s), bands, alerts))
            before, at_s = now, now_s
        await sending

    def _trickle(self, began_at: datetime) -> Trickle:
        accounts = sorted(name for name in self._ledger.by_account if name.startswith("CDNOW"))
        return Trickle(accounts, self._programme.recipe.seed, run_id(self._programme.recipe.seed, began_at))

    def _unstored(self, client: Client) -> Condition:
        return Condition("events not yet in the warehouse", lambda: self._ledger.accepted - figures.stored(client))

    def _unapplied(self, client: Client) -> Condition:
        return Condition("events not yet in a score", lambda: self._ledger.accepted - figures.applied(client))

    def _untold(self, client: Client, accounts: list[str], since: datetime) -> Condition:
        name = "overdue complaints not yet told"
        return Condition(name, lambda: len(accounts) - figures.told_overdue(client, accounts, since))

    def _everything(self, client: Client) -> list[Condition]:
        receipts = Condition("alerts without a receipt", lambda: figures.unreceipted(client))
        return [self._unstored(client), self._unapplied(client), receipts]


def _look(client: Client) -> tuple[dict[str, int], list[figures.LastAlert]]:
    return figures.bands(client), figures.last_alerts(client)


async def _exhaust(counts: AsyncGenerator[int, None]) -> None:
    async with aclosing(counts):
        async for _ in counts:
            pass
