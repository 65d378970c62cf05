"""One poll-handle-commit loop over kafka-python, used by every consumer.

What it promises: `handle` is given every record of the subscribed topics at least once, in order within a partition;
offsets are committed only after `handle` returned, at once or within `commit_every_s`; nothing is skipped. A handler
that asks to `Retry` gets the same records again, and meanwhile the partitions are paused and polling goes on, so that
the member stays in its group.
Records that a broker dropped before they were read are logged as an error and counted. No business may come in here.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable

import structlog
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import (
    CommitFailedError,
    InvalidRequestError,
    KafkaTimeoutError,
    RebalanceInProgressError,
    RetriableError,
)

from consumers.runtime import metrics
from consumers.runtime.assignment import Assignments
from consumers.runtime.connect import await_topics, fetched_bytes, group_consumer
from consumers.runtime.errors import Retry, StoppedEarly
from consumers.runtime.gathering import Gathering
from consumers.runtime.homes import Assigned, Place
from consumers.runtime.positions import Jump, Positions
from consumers.runtime.subscription import Handler, Record, Subscription
from schemas.broker import Broker

__all__ = ["Assigned", "Handler", "Record", "Subscription", "run"]

_MEASURE_EVERY_S = 1.0
_COMMIT_MS = 5_000
_CLOSE_MS = 2_000
_GATHER_POLL_S = 0.02
_COME_AGAIN = (CommitFailedError, RebalanceInProgressError, KafkaTimeoutError, RetriableError)

log = structlog.get_logger()


def run(
    subscription: Subscription,
    broker: Broker,
    handler: Handler,
    stop: threading.Event,
    on_ready: Callable[[], None],
) -> None:
    """Read until `stop` is set; then finish the batch in hand, commit and leave the group.

    `on_ready` is called once, when the group has assigned partitions and the first record can be read.

    Raises:
        Exception: whatever `handler` raises except `Retry`; the batch is not committed and the process should end.
    """
    unready = [on_ready]

    def ready() -> None:
        if unready:
            unready.pop()()

    try:
        while not _joined_and_ran(subscription, broker, handler, stop, ready):
            log.warning("group_left_and_joined_again", group=subscription.group)
    except StoppedEarly:
        log.info("stopped_early", group=subscription.group)


def _joined_and_ran(
    subscription: Subscription,
    broker: Broker,
    handler: Handler,
    stop: threading.Event,
    on_ready: Callable[[], None],
) -> bool:
    """False when the in-memory broker lost track of the group while a second member came or went: join anew then."""
    consumer = group_consumer(subscription, broker, stop)
    try:
        _Loop(subscription, consumer, handler, stop, on_ready).run()
    except InvalidRequestError:
        if not broker.embedded:
            raise
        return False
    finally:
        consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)
    return True


class _Loop:
    """The state of one run: where we are in each partition, and until when a retry is waited for."""

    def __init__(
        self,
        subscription: Subscription,
        consumer: KafkaConsumer,
        handler: Handler,
        stop: threading.Event,
        on_ready: Callable[[], None],
    ) -> None:
        self._subscription = subscription
        self._consumer = consumer
        self._handler = handler
        self._stop = stop
        self._on_ready = on_ready
        self._assignments = Assignments()
        self._positions = Positions()
        self._attempt = 0
        self._paused_until = 0.0
        self._fault: str | None = None
        self._ready = False
        self._lags: dict[tuple[str, int], int | None] = {}
        self._uncommitted: dict[TopicPartition, int] = {}
        self._measured_at = self._idled_at = self._committed_at = time.monotonic()
        metrics.BATCH_BYTES_LIMIT.labels(subscription.group).set(subscription.max_bytes)
        metrics.FETCHED_BYTES_LIMIT.labels(subscription.group).set(subscription.fetch_bytes)

    def run(self) -> None:
        """Poll, handle, commit until told to stop."""
        self._consumer.subscribe(list(self._subscription.topics), listener=self._assignments)
        await_topics(self._consumer, self._subscription.topics, self._stop)
        while not self._stop.is_set():
            paused = self._hold()
            records = self._poll()
            unsure = self._assignments.changed and not self._take_up()
            if unsure or paused:
                self._back_to_start_of(records)
            elif records:
                self._handle(records)
            self._tick()
            self._say_so()
        self._commit()

    def _hold(self) -> bool:
        """Pause everything while a retry is waited for, resume it afterwards; partitions may be new each time."""
        assigned = self._consumer.assignment()
        if time.monotonic() < self._paused_until:
            self._consumer.pause(*assigned)
            return True
        self._consumer.resume(*self._consumer.paused())
        return False

    def _poll(self) -> list[Record]:
        wait_s = self._subscription.poll_s
        if self._paused_until:
            wait_s = max(0.0, min(wait_s, self._paused_until - time.monotonic())) or wait_s
        return self._gathered(wait_s)

    def _gathered(self, wait_s: float) -> list[Record]:
        """What one call of the handler gets: the bounds are asked for anew before every poll."""
        hand = Gathering(self._subscription.max_records, self._subscription.max_bytes)
        asked = hand.room()
        came = self._polled(wait_s, asked)
        ends_at = time.monotonic() + self._subscription.gather_s
        while not self._assignments.changed:
            hand.add(came)
            wait_s = _GATHER_POLL_S if time.monotonic() < ends_at else 0.0
            if not came or not hand.room() or (len(came) < asked and not wait_s):
                metrics.BATCH_BYTES.labels(self._subscription.group).set(hand.size_bytes)
                return hand.records
            asked = hand.room()
            came = self._polled(wait_s, asked)
        # What was in hand comes again: a new assignment reads from what is committed. What just came does not.
        return came

    def _polled(self, wait_s: float, most: int) -> list[Record]:
        polled = self._consumer.poll(timeout_ms=int(wait_s * 1000), max_records=most)
        return [record for batch in polled.values() for record in batch]

    def _take_up(self) -> bool:
        """Learn the committed offsets of a new assignment. False when the broker did not answer: ask again later."""
        self._assignments.changed = False
        try:
            committed = {
                Place(*place): self._consumer.committed(place, timeout_ms=_COMMIT_MS)
                for place in self._consumer.assignment()
            }
            if self._subscription.on_assigned is not None:
                self._subscription.on_assigned(self._assigned(committed))
        except (KafkaTimeoutError, Retry) as error:
            log.warning("assignment_not_taken_up", group=self._subscription.group, error=str(error))
            self._assignments.changed = True
            return False
        self._positions.assign(committed)
        self._uncommitted = {}
        self._lags = dict.fromkeys(committed)
        self._forget_lag()
        metrics.REBALANCES.labels(self._subscription.group).inc()
        log.info("partitions_assigned", group=self._subscription.group, count=len(committed))
        self._ready = True
        self._on_ready()
        return True

    def _assigned(self, places: Iterable[Place]) -> Assigned:
        topics = self._subscription.topics
        partitions = {topic: len(self._consumer.partitions_for_topic(topic) or ()) for topic in topics}
        return Assigned(frozenset(places), partitions)

    def _handle(self, records: list[Record]) -> None:
        self._report(self._positions.advance(records))
        began = time.monotonic()
        try:
            self._handler.handle(records)
        except Retry as error:
            self._back_to_start_of(records)
            self._wait_before_retry(error)
            return
        self._attempt, self._paused_until = 0, 0.0
        self._count(records, time.monotonic() - began)
        self._uncommitted |= {TopicPartition(record.topic, record.partition): record.offset for record in records}
        self._commit_if_due()

    def _commit_if_due(self) -> None:
        if time.monotonic() - self._committed_at >= self._subscription.commit_every_s:
            self._commit()

    def _commit(self) -> None:
        """What was handled and not committed yet, of partitions that are still ours."""
        last, self._uncommitted = self._uncommitted, {}
        self._committed_at = time.monotonic()
        if not last or self._assignments.changed:
            return
        offsets = {place: OffsetAndMetadata(offset + 1, "", -1) for place, offset in last.items()}
        try:
            self._consumer.commit(offsets, timeout_ms=_COMMIT_MS)
        except _COME_AGAIN as error:
            metrics.COMMITS_REFUSED.labels(self._subscription.group).inc()
            log.warning("commit_refused", group=self._subscription.group, error=type(error).__name__)

    def _back_to_start_of(self, records: list[Record]) -> None:
        assigned = self._consumer.assignment()
        for place, offset in self._positions.rewind(records).items():
            if TopicPartition(*place) in assigned:
                self._consumer.seek(TopicPartition(*place), offset)

    def _wait_before_retry(self, error: Retry) -> None:
        self._attempt += 1
        self._fault = error.reason
        pause_s = self._subscription.pause_s(self._attempt) if error.after_s is None else error.after_s
        self._paused_until = time.monotonic() + pause_s
        metrics.RETRIES.labels(self._subscription.group).inc()
        log.warning(
            "handler_retries",
            group=self._subscription.group,
            reason=error.reason,
            attempt=self._attempt,
            pause_s=round(pause_s, 3),
        )

    def _tick(self) -> None:
        self._commit_if_due()
        now = time.monotonic()
        if now - self._idled_at >= self._subscription.poll_s * 0.9:
            self._idled_at = now
            try:
                self._handler.idle()
            except Retry as error:
                self._wait_before_retry(error)
        if now - self._measured_at >= _MEASURE_EVERY_S and not self._assignments.changed:
            self._measured_at = now
            self._measure()

    def _measure(self) -> None:
        """Lag of every partition and what is fetched; also finds records that were dropped at the end of the log."""
        metrics.FETCHED_BYTES.labels(self._subscription.group).set(fetched_bytes(self._consumer))
        for place in self._consumer.assignment():
            position = self._consumer.position(place, timeout_ms=0)
            end = self._consumer.highwater(place)
            if position is None or end is None:
                continue
            self._report(self._positions.observe(Place(*place), position))
            lag = self._lags[place] = max(0, end - position)
            metrics.LAG.labels(self._subscription.group, place.topic, str(place.partition)).set(lag)

    def _say_so(self) -> None:
        """After the work of this turn, so that a fault lasts until something has succeeded."""
        if time.monotonic() >= self._paused_until:
            self._fault = None
        if self._assignments.changed:
            self._subscription.status.turned({}, "partitions are being moved")
        elif self._ready:
            self._subscription.status.turned(self._lags, self._fault)
        else:
            self._subscription.status.turned({}, "no member of the group yet")

    def _forget_lag(self) -> None:
        for topic, partition in self._assignments.gone():
            metrics.LAG.remove(self._subscription.group, topic, str(partition))

    def _count(self, records: list[Record], took_s: float) -> None:
        group = self._subscription.group
        metrics.HANDLE_SECONDS.labels(group).observe(took_s)
        for topic, count in Counter(record.topic for record in records).items():
            metrics.HANDLED.labels(group, topic).inc(count)

    def _report(self, jumps: list[Jump]) -> None:
        for jump in jumps:
            topic, partition = jump.place
            metrics.GAPS.labels(self._subscription.group, topic).inc()
            metrics.MISSING.labels(self._subscription.group, topic).inc(jump.missing)
            log.error(
                "records_dropped_unread" if jump.missing else "log_was_cut",
                group=self._subscription.group,
                topic=topic,
                partition=partition,
                expected=jump.expected,
                found=jump.found,
            )
