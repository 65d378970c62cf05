"""The sending stage: one attempt at a time over each channel, what it came to, and when to try again. Knows channels,
not Kafka.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from consumers.delivery import metrics
from consumers.delivery.channels.port import Channel, Gone, Interrupting, NotNow, Paced, Refused, Undelivered
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.gate import Gate
from consumers.delivery.lanes import Lane, Patience, Task, await_all, await_first
from consumers.delivery.ledger import Deferred
from consumers.delivery.receipts import ReceiptDesk, Result, of_digest
from consumers.delivery.schedule import Outages, next_wait
from consumers.delivery.settings import RetrySettings
from consumers.delivery.waiting import Schedule, Waiting
from consumers.runtime.errors import Retry, StoppedEarly
from schemas.deliveries import DIGESTED, FOR_ATTENTION, Outcome, OutcomeReason
from schemas.events.managers import ContactKind
from schemas.ids import AlertId

_LONGEST_ASKED_S: Final = 86400.0
"""A receiver that asks to be left alone for longer is tried after a day."""

log = structlog.get_logger()


class Sender:
    """Sends and retries, by the desk's clock."""

    def __init__(
        self,
        channels: Mapping[ContactKind, Channel],
        desk: ReceiptDesk,
        retry: RetrySettings,
        max_waiting: int,
        patience: Patience,
    ) -> None:
        self.channels = channels
        self._max_waiting = max_waiting
        metrics.WAITING_LIMIT.set(max_waiting)
        self.desk = desk
        self._retry = retry
        self._clock = desk.clock
        self._gate = Gate(desk)
        self._turn_s = patience.turn_s
        self._lanes = {kind: Lane(kind, patience) for kind, channel in channels.items() if channel.repeats}
        self.forget()
        self._outages = Outages(retry)
        self._digest_rests: dict[str, datetime] = {}

    def tell(self, notification: Notification) -> None:
        """Send it when its turn comes: at once where that disturbs nobody, else by `work`.

        One that waits here already came before, and had no receipt yet.
        """
        waiting, channel = Waiting(notification, 1, self._clock()), self.channels[notification.channel]
        schedule = self._schedules.get(channel.kind)
        if (schedule is not None and notification.id in schedule) or self._is_held(waiting):
            return
        if schedule is not None:
            schedule.put(waiting, waiting.since)
        else:
            self._ended(waiting, lambda: channel.send(notification))

    def put_off(self, notification: Notification) -> None:
        """Receipt that it is still to be sent: what waits may be committed then."""
        now = self._clock()
        rests_until = self._outages.rests_until(notification.channel, now)
        away = Result(Outcome.DEFERRED, OutcomeReason.RECEIVER_AWAY, "the channel is away", rests_until)
        busy = Result(Outcome.DEFERRED, OutcomeReason.PACED, "others are told first", now)
        self.desk.write(notification, away if rests_until else busy, 1)

    def again(self, notification: Notification, deferred: Deferred) -> None:
        """Take up a notification that was deferred before."""
        last = deferred.last
        spared = last.reason in FOR_ATTENTION
        due_at = last.due_at if last.due_at and spared else self._clock()
        tries = 0 if spared else last.attempt
        waiting = Waiting(notification, last.attempt + 1, deferred.since, tries, spared)
        self._schedules[notification.channel].put(waiting, due_at)

    def forget(self) -> None:
        """Nothing waits here any more: what does is somebody else's, or taken up anew."""
        self._schedules = {kind: Schedule(self.desk.ledger.is_settled) for kind in self._lanes}

    def work(self, stop: threading.Event) -> None:
        """Send what is due, over all channels at a time, until that is done or a turn is over.

        While one message of a channel is on its way the receipt of the one before becomes durable: a crash can repeat
        these two. What was receipted before the first goes with the receipt of the first. Who is slow is left alone
        with what it has.

        Raises:
            Retry: receipts could not be written. Nothing more is sent before they are.
        """
        ends_at = time.monotonic() + self._turn_s
        self._turn(stop)
        while (left_s := ends_at - time.monotonic()) > 0 and await_first(self._lanes.values(), left_s):
            self._turn(stop)
            self.desk.settle()
        self.desk.settle()

    def _turn(self, stop: threading.Event) -> None:
        """Take what has ended, and give out what is next."""
        self._collect()
        if not stop.is_set():
            self._give_out()

    def finish(self, alerts: AbstractSet[AlertId] | None = None) -> None:
        """Wait for what is being told of these alerts, or for all, for as long as their channels do."""
        lanes = self._lanes.values()
        await_all(it for it in lanes if alerts is None or alerts & {one.step.alert_id for one in it.about})
        self._collect()

    def close(self) -> None:
        """Wait for what is being sent, write its receipts, and let go of all connections."""
        for lane in self._lanes.values():
            lane.close()
        try:
            self._collect()
            self.desk.settle()
        except (Retry, StoppedEarly) as error:
            log.warning("receipts_unwritten", reason=str(error))
        for channel in self.channels.values():
            channel.close()

    @property
    def away(self) -> frozenset[ContactKind]:
        """The channels that did not answer when last tried."""
        return self._outages.away

    @property
    def waiting(self) -> int:
        """How many notifications wait for another attempt."""
        return sum(map(len, self._schedules.values())) + len(self._in_hand)

    def digest(self, digest: Digest, waiting: Sequence[Deferred]) -> None:
        """Tell it, with a receipt for each of those it settles; what cannot be told now is due again at the next look.

        Of a failure that may pass there is no receipt: all that waits is durable already, as due.
        """
        now, channel = self._clock(), self.channels.get(digest.first.channel)
        if not isinstance(channel, Interrupting):
            nothing = Result(Outcome.FAILED, OutcomeReason.CHANNEL_NOT_OFFERED, "the channel has no digests")
            self._settle_digest(digest, waiting, nothing)
            return
        if self._outages.rests_until(channel.kind, now) or self._digest_rests.get(digest.id, now) > now:
            return
        lane = self._lanes[channel.kind]
        self._await(lane)
        if lane.is_free:
            lane.give(Task(digest.members, partial(channel.send_digest, digest), partial(self._told, digest, waiting)))
            self._await(lane)

    def _await(self, lane: Lane) -> None:
        """For as long as one is waited for that may be slow."""
        await_first((lane,), lane.left_s)
        self._collect()

    def _told(self, digest: Digest, waiting: Sequence[Deferred], answer: Callable[[], str]) -> None:
        try:
            told = answer()
        except Undelivered as error:
            self._digest_failed(digest, waiting, error)
        else:
            self._channel_works(digest.first.channel)
            reason = OutcomeReason.IN_INCIDENT if digest.of else OutcomeReason.IN_DIGEST
            self._settle_digest(digest, waiting, Result(Outcome.DELIVERED, reason, told))

    def _digest_failed(self, digest: Digest, waiting: Sequence[Deferred], error: Undelivered) -> None:
        now, kind = self._clock(), digest.first.channel
        if isinstance(error, Refused):
            self._channel_works(kind)
            self._settle_digest(digest, waiting, Result(Outcome.FAILED, OutcomeReason.RECEIVER_REFUSED, error.detail))
        elif now - digest.due_at > timedelta(seconds=self._retry.give_up_after_s):
            given_up = f"given up: {error.detail}"
            self._settle_digest(digest, waiting, Result(Outcome.FAILED, OutcomeReason.RECEIVER_AWAY, given_up))
        elif isinstance(error, NotNow | Paced):
            self._channel_works(kind)
            wait_s = error.after_s or self._retry.most_s
            self._digest_rests[digest.id] = now + timedelta(seconds=min(wait_s, _LONGEST_ASKED_S))
        else:
            self._channel_away(kind, error, now)

    def _settle_digest(self, digest: Digest, waiting: Sequence[Deferred], result: Result) -> None:
        told = Result(result.outcome, result.reason, f"digest {digest.id}: {result.detail}")
        for deferred in waiting:
            self.desk.file(of_digest(deferred.last, told, self._clock()))
        self._digest_rests.pop(digest.id, None)
        self.desk.settle()

    @property
    def full(self) -> bool:
        """Whether so many wait that no more should be decided: what is not taken stays on the log."""
        return self.waiting >= self._max_waiting

    @property
    def _in_hand(self) -> list[Notification]:
        return [one for lane in self._lanes.values() for one in lane.about]

    def _collect(self) -> None:
        for lane in self._lanes.values():
            lane.collect()

    def _give_out(self) -> None:
        """To every channel that is free and not away what is weightiest of what is due on it."""
        now = self._clock()
        for kind, lane in self._lanes.items():
            while lane.is_free and not self._outages.rests_until(kind, now):
                waiting = self._schedules[kind].take(now)
                if waiting is None:
                    break
                if not self._is_held(waiting):
                    send = partial(self.channels[kind].send, waiting.notification)
                    lane.give(Task((waiting.notification,), send, partial(self._ended, waiting)))

    def _is_held(self, waiting: Waiting) -> bool:
        """Whether it is not sent now after all; what becomes of it instead is receipted."""
        held = self._gate.held(waiting, self._in_hand)
        if held is None:
            return False
        self._write(waiting, held)
        if held.due_at is not None and held.reason not in DIGESTED:
            later = replace(waiting, attempt=waiting.attempt + 1, since=held.due_at, tries=0, spared=True)
            self._schedules[waiting.notification.channel].put(later, held.due_at)
        return True

    def _ended(self, waiting: Waiting, answer: Callable[[], str]) -> None:
        try:
            told = answer()
        except Undelivered as error:
            self._failed(waiting, error)
        else:
            self._channel_works(waiting.notification.channel)
            self._write(waiting, Result(Outcome.DELIVERED, OutcomeReason.ACCEPTED, told))

    def _failed(self, waiting: Waiting, error: Undelivered) -> None:
        now = self._clock()
        if isinstance(error, Refused):
            self._channel_works(waiting.notification.channel)
            reason = OutcomeReason.RECEIVER_GONE if isinstance(error, Gone) else OutcomeReason.RECEIVER_REFUSED
            self._write(waiting, Result(Outcome.FAILED, reason, error.detail))
            return
        reason = OutcomeReason.PACED if isinstance(error, Paced) else OutcomeReason.RECEIVER_AWAY
        tries = waiting.tries + isinstance(error, NotNow)
        due_at = self._next_due(waiting, error, now, tries)
        if due_at is None:
            self._write(waiting, Result(Outcome.FAILED, reason, f"given up: {error.detail}"))
            return
        self._write(waiting, Result(Outcome.DEFERRED, reason, error.detail, due_at))
        later = replace(waiting, attempt=waiting.attempt + 1, tries=tries)
        self._schedules[waiting.notification.channel].put(later, due_at)

    def _next_due(self, waiting: Waiting, error: Undelivered, now: datetime, tries: int) -> datetime | None:
        """When it is tried next, None when it was tried often or long enough."""
        if isinstance(error, Paced):
            return now + timedelta(seconds=error.after_s)
        if isinstance(error, NotNow):
            self._channel_works(waiting.notification.channel)
            wait = next_wait(self._retry, waiting.notification, tries)
            asked = timedelta(seconds=min(error.after_s or 0, _LONGEST_ASKED_S))
            return None if wait is None else now + max(wait, asked)
        rests_until = self._channel_away(waiting.notification.channel, error, now)
        too_long = now - waiting.since > timedelta(seconds=self._retry.give_up_after_s)
        return None if too_long else rests_until

    def _channel_away(self, channel: ContactKind, error: Undelivered, now: datetime) -> datetime:
        """The whole channel rests, until then."""
        if channel not in self._outages.away:
            log.warning("channel_away", channel=channel.value, error=error.detail)
        metrics.CHANNEL_AWAY.labels(channel.value).set(1)
        return self._outages.failed(channel, now)

    def _channel_works(self, channel: ContactKind) -> None:
        if self._outages.worked(channel):
            metrics.CHANNEL_AWAY.labels(channel.value).set(0)
            log.info("channel_back", channel=channel.value, waiting=self.waiting)

    def _write(self, waiting: Waiting, result: Result) -> None:
        self.desk.write(waiting.notification, result, waiting.attempt)
