"""The sending stage: one attempt at a time, what it came to, and when to try again. Knows channels, not Kafka."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from consumers.delivery import metrics
from consumers.delivery.channels.port import Channel, Gone, Interrupting, NotNow, Paced, Refused, Undelivered
from consumers.delivery.decisions import Digest, Notification
from consumers.delivery.ledger import Deferred
from consumers.delivery.receipts import ReceiptDesk, Result, of_digest
from consumers.delivery.schedule import Outages, Schedule, Waiting, next_wait
from consumers.delivery.settings import RetrySettings
from schemas.deliveries import DIGESTED, FOR_ATTENTION, Outcome, OutcomeReason
from schemas.events.managers import ContactKind

_LONGEST_ASKED_S: Final = 86400.0
"""A receiver that asks to be left alone for longer is tried after a day."""

log = structlog.get_logger()


class Sender:
    """Sends and retries, by the desk's clock. Nothing here waits but the channels."""

    def __init__(
        self, channels: Mapping[ContactKind, Channel], desk: ReceiptDesk, retry: RetrySettings, max_waiting: int
    ) -> None:
        self.channels = channels
        self._max_waiting = max_waiting
        metrics.WAITING_LIMIT.set(max_waiting)
        self.desk = desk
        self._retry = retry
        self._clock = desk.clock
        self._schedule = Schedule()
        self._outages = Outages(retry)
        self._digest_rests: dict[str, datetime] = {}

    def first(self, notification: Notification) -> None:
        """Try for the first time, or defer at once when its channel is away."""
        now = self._clock()
        waiting = Waiting(notification, 1, now)
        rests_until = self._outages.rests_until(notification.channel, now)
        if rests_until is None:
            self._attempt(waiting)
            return
        away = Result(Outcome.DEFERRED, OutcomeReason.RECEIVER_AWAY, "the channel is away", rests_until)
        self._write(waiting, away)
        self._schedule.put(waiting, rests_until)

    def later(self, notification: Notification, result: Result) -> None:
        """Defer it for its recipient's sake; `due` comes to it then, unless it is for a digest."""
        due_at = result.due_at or self._clock()
        self.desk.write(notification, result, 1)
        if result.reason not in DIGESTED:
            self._schedule.put(Waiting(notification, 2, due_at), due_at)

    def again(self, notification: Notification, deferred: Deferred) -> None:
        """Take up a notification that was deferred before; it is tried when `due` comes to it."""
        last = deferred.last
        spared = last.reason in FOR_ATTENTION
        due_at = last.due_at if last.due_at and spared else self._clock()
        tries = 0 if spared else last.attempt
        self._schedule.put(Waiting(notification, last.attempt + 1, deferred.since, tries), due_at)

    def forget(self) -> None:
        """Nothing waits here any more: what does is somebody else's, or taken up anew."""
        self._schedule = Schedule()

    def due(self, most: timedelta) -> int:
        """Try what is due, for no longer than `most`. How many were tried."""
        began = now = self._clock()
        tried = 0
        while now - began < most and (waiting := self._schedule.take(now)) is not None:
            rests_until = self._outages.rests_until(waiting.notification.channel, now)
            if self.desk.ledger.is_settled(waiting.notification.id):
                continue
            if rests_until is None:
                self._attempt(waiting)
                tried += 1
            else:
                self._schedule.put(waiting, rests_until)
            now = self._clock()
        return tried

    def close(self) -> None:
        """Let go of all connections."""
        for channel in self.channels.values():
            channel.close()

    @property
    def away(self) -> frozenset[ContactKind]:
        """The channels that did not answer when last tried."""
        return self._outages.away

    @property
    def waiting(self) -> int:
        """How many notifications wait for another attempt."""
        return len(self._schedule)

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
        try:
            answer = channel.send_digest(digest)
        except Undelivered as error:
            self._digest_failed(digest, waiting, error)
        else:
            self._channel_works(channel.kind)
            reason = OutcomeReason.IN_INCIDENT if digest.of else OutcomeReason.IN_DIGEST
            self._settle_digest(digest, waiting, Result(Outcome.DELIVERED, reason, answer))

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

    def _attempt(self, waiting: Waiting) -> None:
        channel = self.channels[waiting.notification.channel]
        try:
            answer = channel.send(waiting.notification)
        except Undelivered as error:
            self._failed(waiting, error)
        else:
            self._channel_works(channel.kind)
            self._write(waiting, Result(Outcome.DELIVERED, OutcomeReason.ACCEPTED, answer))
            if channel.repeats:
                # Until the receipt is durable a crash would tell the recipient again: no second mail before that.
                self.desk.settle()

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
        self._schedule.put(Waiting(waiting.notification, waiting.attempt + 1, waiting.since, tries), due_at)

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
            log.info("channel_back", channel=channel.value, waiting=len(self._schedule))

    def _write(self, waiting: Waiting, result: Result) -> None:
        self.desk.write(waiting.notification, result, waiting.attempt)
