"""Which thread of Slack tells of an episode: the one that a message there began.

What Slack answered stands in the receipt of the message, so the receipts are the memory, and a restart goes on in the
same thread. Which of them comes first does not matter, nor that one comes again.
"""

import re
from dataclasses import dataclass
from typing import Final

from schemas.deliveries import DeliveryReceipt, Outcome
from schemas.events.managers import ContactKind
from schemas.ids import AlertId

_ANSWER: Final = re.compile(r"ts (\d+\.\d+) in (\w+) for (\w+)(?:, thread (\d+\.\d+))?")
_MANY: Final = 50_000


@dataclass(frozen=True, slots=True)
class Thread:
    """By the channel that Slack named, for a member the conversation with them, and the time stamp of its beginning."""

    channel: str
    ts: str


class Threads:
    """Of the latest `most` episodes and addresses; what follows in an older one stands by itself."""

    def __init__(self, most: int = _MANY) -> None:
        self._most = most
        self._known: dict[tuple[AlertId, str], Thread] = {}

    def note(self, receipt: DeliveryReceipt) -> None:
        """Take in a receipt, ours or another's; of several beginnings the latest counts: the one before was gone."""
        if receipt.channel is not ContactKind.SLACK or receipt.outcome is not Outcome.DELIVERED:
            return
        if answered := _ANSWER.fullmatch(receipt.detail):
            ts, channel, address, began = answered.groups()
            place, thread = (receipt.alert_id, address), Thread(channel, began or ts)
            self._known[place] = max(self._known.pop(place, thread), thread, key=lambda it: it.ts)
            if len(self._known) > self._most:
                del self._known[next(iter(self._known))]

    def find(self, alert: AlertId, address: str) -> Thread | None:
        """The thread of an episode at an address, None where nothing was told there yet."""
        return self._known.get((alert, address))


def answer(ts: str, channel: str, address: str, thread: Thread | None) -> str:
    """What the receipt says of a message that Slack took.

    >>> answer("1700000000.000200", "D07", "U01", Thread("D07", "1700000000.000100"))
    'ts 1700000000.000200 in D07 for U01, thread 1700000000.000100'
    """
    return f"ts {ts} in {channel} for {address}" + (f", thread {thread.ts}" if thread else "")
