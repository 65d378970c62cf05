"""The worker process: builds the app, runs its flush and commit loops, stops in order."""

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError
from faust.exceptions import FaustError
from faust.types import TP

from schemas import topics
from schemas.broker import Broker
from streams.core.releases import Releases
from streams.pacing import Pacer
from streams.worker import app as worker_app
from streams.worker import managers, policies
from streams.worker.app import WorkerApp
from streams.worker.engine import Engine
from streams.worker.errors import EXIT_STATE_LOST, StateLost
from streams.worker.flush import Flusher, new_producer
from streams.worker.following import Follower
from streams.worker.settings import WorkerSettings
from streams.worker.status import STOPPING, Board, keep_posted

OUTPUTS = (topics.HEALTH.name, topics.ALERTS.name, topics.DEAD_LETTERS.name, topics.SHADOW.name)
_GC_THRESHOLD = 100_000
_SWITCH_S = 0.0005
"""The thread that reads Kafka waits this long for its turn, at every step it takes; Python's own 5 ms starve it."""
_STOP_S = 5.0
_END_S = 7.0
"""Less than whoever stops a process gives it before SIGKILL."""
_BROKER_RETRY_S = 1.0
_LOOK_S = 0.1
_WATCH_S = 10.0
"""A partition that has stood still for so long, with records waiting, is not merely slow."""
_log = structlog.get_logger()


def run(
    settings: WorkerSettings, broker: Broker, releases: Releases, on_ready: Callable[[], None], board: Board
) -> None:
    """Run until SIGTERM or SIGINT, judging by `releases` and what their topic adds. `board` is kept true meanwhile.

    Raises:
        SystemExit: with `EXIT_STATE_LOST` when the broker dropped what the state needs.
    """
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, 50, 50)
    sys.setswitchinterval(_SWITCH_S)
    fatal = asyncio.run(_serve(settings, broker, releases, on_ready, board))
    if isinstance(fatal, StateLost):
        raise SystemExit(EXIT_STATE_LOST)
    if fatal is not None:
        raise fatal


async def _serve(
    settings: WorkerSettings, broker: Broker, releases: Releases, on_ready: Callable[[], None], board: Board
) -> BaseException | None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    app, producer, pacer = worker_app.build(settings, broker), new_producer(broker), Pacer(broker, OUTPUTS)
    engine = Engine(broker, releases.rules, settings.sweep_interval_s, settings.history_until)
    app.wire(engine, Flusher(engine, producer, pacer), _once(on_ready))
    rules = Follower(broker, topics.POLICIES.name, partial(policies.take_in, releases, engine))
    people = Follower(broker, topics.MANAGERS.name, partial(managers.take_in, engine.managers, time.time))
    app.read_policies = rules.catch_up
    beside = [asyncio.create_task(run) for run in (keep_posted(board, app), people.run(), rules.run())]
    if not (await _reached(producer, stop) and await _known(people, stop, beside)):
        await _cancelled(beside)
        for part in (rules, people, producer):
            await part.stop()
        return None
    await pacer.start()
    try:
        await app.start()
    except BaseException:
        await _stopped(app)  # its consumer thread would outlive this one
        raise
    loops = [
        *beside,
        *(asyncio.create_task(turn(app, settings)) for turn in (_flush_loop, _look_loop, _commit_loop, _watch_loop)),
    ]
    await _until_over(app, stop, loops)
    _end_in_time(0 if stop.is_set() else 1)
    board.post(STOPPING)
    await _cancelled(loops)
    if app.fatal is None:
        with suppress(TimeoutError):  # a broker that is away must not hold the process up: what is lost is read again
            await asyncio.wait_for(app.hand_over(), timeout=_STOP_S)
    await _stopped(app)
    for part in (rules, people, pacer, producer):
        await part.stop()
    return app.fatal or app.crash_reason


async def _reached(producer: AIOKafkaProducer, stop: asyncio.Event) -> bool:
    """Wait for the broker; False when told to stop meanwhile. A broker that is away is no fault of the worker's."""
    while not stop.is_set():
        try:
            await producer.start()
        except KafkaConnectionError as error:
            _log.warning("waiting_for_broker", error=str(error), again_in_s=_BROKER_RETRY_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=_BROKER_RETRY_S)
        else:
            return True
    return False


async def _known(people: Follower, stop: asyncio.Event, beside: list[asyncio.Task[None]]) -> bool:
    """Wait for all managers to be known, without whom nobody is told; False when told to stop meanwhile."""
    waits = [asyncio.create_task(event.wait()) for event in (people.ready, stop)]
    await asyncio.wait([*waits, *beside], return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    for task in beside:
        if task.done():
            task.result()  # it failed, and says why
    return people.ready.is_set()


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _end_in_time(exit_code: int) -> None:
    """End the process however stopping goes: Faust has waited for ever for a thread that had crashed.

    What is durable is on Kafka, and a worker that does not end is not started again.
    """

    def end() -> None:
        _log.error("ended_without_waiting", waited_s=_END_S)
        os._exit(exit_code)

    timer = threading.Timer(_END_S, end)
    timer.daemon = True
    timer.start()


async def _stopped(app: WorkerApp) -> None:
    try:
        await asyncio.wait_for(app.stop(), timeout=_STOP_S)
    except TimeoutError:
        _log.warning("faust_did_not_stop_in_time", waited_s=_STOP_S)


async def _until_over(app: WorkerApp, stop: asyncio.Event, loops: list[asyncio.Task[None]]) -> None:
    """Wait for a signal, a fatal error, a crash of Faust's, or a loop that failed."""
    ends = [asyncio.create_task(end.wait()) for end in (stop, app.stopped_for_good, app._crashed)]
    await asyncio.wait([*ends, *loops], return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
    for task in loops:
        if task.done() and (error := task.exception()) is not None:
            app.fail(error)
    _log.info("worker_stopping", reason="signal" if stop.is_set() else "error")


async def _flush_loop(app: WorkerApp, settings: WorkerSettings) -> None:
    """Flushes follow one another when something changed, and once in a while because time passes.

    While little waits to be read, at once, for what is told soon is worth most. In a backlog rarely: an account that
    changed often meanwhile is then written once.
    """
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(app.wake.wait(), timeout=max(settings.flush_interval_s, 0.1))
        app.wake.clear()
        began = time.monotonic()
        if not app.rebalancing:
            await app.flusher.flush(time.time())
        await _pause(app, settings, time.monotonic() - began)


def rest_s(took_s: float, interval_s: float) -> float:
    """How long to rest after a flush that took so long: short ones begin at the interval, long ones leave a third of
    the time, up to the interval, for what comes to gather.

    >>> [rest_s(took_s, 0.05) for took_s in (0.0, 0.04, 0.5)]
    [0.05, 0.02, 0.05]
    """
    return max(interval_s - took_s, min(took_s / 2, interval_s))


async def _pause(app: WorkerApp, settings: WorkerSettings, took_s: float) -> None:
    """Until the next flush is worth its cost: short, unless a backlog keeps coming and there is room for more of it."""
    ends = time.monotonic() + settings.backlog_flush_interval_s
    await asyncio.sleep(rest_s(took_s, settings.flush_interval_s))
    while app.engine.lag > settings.backlog_records and app.has_room(settings):
        if time.monotonic() >= ends or app.rebalancing:
            return
        await asyncio.sleep(settings.flush_interval_s)


async def _look_loop(app: WorkerApp, _: WorkerSettings) -> None:
    """Beside the flushes, which may take long: a clock that stood still must be noticed."""
    while True:
        if not app.rebalancing:
            app.look_at_ends(time.time())
        await asyncio.sleep(_LOOK_S)


async def _commit_loop(app: WorkerApp, settings: WorkerSettings) -> None:
    while True:
        await asyncio.sleep(settings.commit_interval_s)
        if not app.rebalancing:
            await app.commit_durable()


async def _watch_loop(app: WorkerApp, settings: WorkerSettings) -> None:
    """Looks now and then whether every partition is read that has something to read."""
    before: dict[TP, int] = {}
    while True:
        await asyncio.sleep(_WATCH_S)
        if app.rebalancing or not app.has_room(settings):
            before = {}
            continue
        try:
            before = await app.unstick(before)
        except (KafkaError, FaustError) as error:
            _log.warning("not_watched", error=repr(error))


def _once(action: Callable[[], None]) -> Callable[[], None]:
    done = False

    def run_once() -> None:
        nonlocal done
        if not done:
            done = True
            action()

    return run_once
