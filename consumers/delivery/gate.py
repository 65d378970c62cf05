"""The last look before something is sent: asked when it is decided, and again when its turn has come.

What waited out an outage meets its recipient's budget, hours and digest as if it came now, the weightiest first: so an
hour's worth of alerts does not flood whoever is told of them.
"""

from collections.abc import Collection

from consumers.delivery.decisions import Notification
from consumers.delivery.ledger import Deferred
from consumers.delivery.receipts import ReceiptDesk, Result, of_overtaken
from consumers.delivery.routing import ENDS
from consumers.delivery.waiting import Waiting
from schemas.deliveries import Outcome, OutcomeReason


class Gate:
    """Decides by what the desk knows."""

    def __init__(self, desk: ReceiptDesk) -> None:
        self._desk = desk

    def held(self, waiting: Waiting, in_hand: Collection[Notification]) -> Result | None:
        """Why it is not sent now, None when it is. `in_hand` is being told at this moment.

        An end is told over the channels that told the beginning.
        """
        notification = waiting.notification
        if notification.step.step in ENDS and (untold := self._untold(notification)):
            overtake(self._desk, untold, notification.step.step.value)
            return Result(Outcome.SUPPRESSED, OutcomeReason.OVERTAKEN, "its beginning was not told")
        if waiting.spared:
            return None
        if self._is_too_much(notification):
            return Result(Outcome.SUPPRESSED, OutcomeReason.HISTORIC, "as many as may wait for the digest")
        resting = len(self._desk.ledger.resting.get((notification.recipient, notification.channel), ()))
        later = self._desk.attention.later(notification, in_hand, resting)
        return None if later is None else Result(Outcome.DEFERRED, later.reason, due_at=later.due_at)

    def _untold(self, end: Notification) -> list[Deferred]:
        """What came before it in the episode and waits for the same recipient and channel."""
        place = (end.recipient, end.channel)
        return [
            one
            for one in self._desk.ledger.waiting(end.step.alert_id)
            if (one.last.recipient, one.last.channel) == place
            and (one.step is None or one.step.step_no < end.step.step_no)
        ]

    def _is_too_much(self, notification: Notification) -> bool:
        """Of a load of history: so many wait for this reader already."""
        waiting = self._desk.ledger.digests.get((notification.recipient, notification.channel), ())
        return notification.step.historic and len(waiting) >= self._desk.attention.settings.history_most


def overtake(desk: ReceiptDesk, waiting: Collection[Deferred], by: str) -> None:
    """Nobody needs these any more."""
    for deferred in waiting:
        desk.file(of_overtaken(deferred.last, f"{by} before it was told", desk.clock()))
