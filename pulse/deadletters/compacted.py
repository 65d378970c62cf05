"""Keeps an old fact from hiding a newer one on a compacted topic.

Readers take the newest by event time, compaction keeps the newest by offset: a profile of last year sent again today
would be the one that is left. Only topics that parcels go to are read, each once.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from consumers.runtime.subscription import Record
from pulse.deadletters.judging import Parcel, Refusal
from schemas.codec import decode
from schemas.errors import BadEvent
from schemas.topics import BY_NAME

SUPERSEDED: Final = "superseded"
_FAR: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""As the clock: what stands on the topic counts whenever it is for."""


class Newest:
    """`read` gives the records of a topic. Asked for each parcel in the order of sending."""

    def __init__(self, read: Callable[[str], Iterable[Record]]) -> None:
        self._read = read
        self._known: dict[str, dict[bytes, datetime]] = {}

    def pass_on(self, outcome: Parcel | Refusal) -> Parcel | Refusal:
        """The outcome, or that a newer fact of the same key is on the compacted topic."""
        if isinstance(outcome, Refusal) or outcome.time is None or not BY_NAME[outcome.topic].compacted:
            return outcome
        known = self._of(outcome.topic)
        key = outcome.key or b""
        newest = known.get(key, outcome.time)
        if newest > outcome.time:
            detail = f"the topic is compacted and holds a newer fact of this key, of {newest.isoformat()}"
            return Refusal(outcome.letter_id, SUPERSEDED, detail, "leave it; --force sends it all the same")
        known[key] = outcome.time
        return outcome

    def _of(self, topic: str) -> dict[bytes, datetime]:
        if topic not in self._known:
            known = self._known[topic] = {}
            for record in self._read(topic):
                _learn(known, record)
        return self._known[topic]


def _learn(known: dict[bytes, datetime], record: Record) -> None:
    key = record.key or b""
    if record.value is None:
        known.pop(key, None)
        return
    try:
        time = decode(record.value, record.headers, _FAR).time
    except BadEvent:
        return  # it became a dead letter itself and hides nothing that readers would take
    known[key] = max(time, known.get(key, time))
