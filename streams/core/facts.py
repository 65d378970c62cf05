"""A batch of facts as columns: what the fold needs of every event, taken out of it once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest

from schemas.catalogue import MODELS
from schemas.plain import Plain
from streams.core.policy import Floats, Ints

KINDS: Final = tuple(MODELS)
"""Every event type; a fact's kind is an index in it. Lives in memory alone, so the order is of no account."""
KIND_INDEX: Final = {name: index for index, name in enumerate(KINDS)}

Digests = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Facts:
    """n facts of one topic in offset order.

    `kind: int64[n]` index in `KINDS`; `at: float64[n]` event time, epoch seconds; `digest: uint64[n]` of (source, id);
    `offset: int64[n]`; `record_at: float64[n]` the broker's timestamp, epoch seconds.
    """

    events: Sequence[Plain]
    kind: Ints
    at: Floats
    digest: Digests
    offset: Ints
    record_at: Floats

    def __len__(self) -> int:
        return len(self.events)

    def of_kind(self, name: str) -> list[Plain]:
        """The events of one type."""
        return [self.events[place] for place in np.flatnonzero(self.kind == KIND_INDEX[name]).tolist()]

    def taken(self, places: Ints) -> "Facts":
        """Those at some places."""
        if len(places) == len(self.events):
            return self
        events = [self.events[place] for place in places.tolist()]
        return Facts(
            events, self.kind[places], self.at[places], self.digest[places], self.offset[places], self.record_at[places]
        )


def facts_of(events: Sequence[Plain], offset: Sequence[int], record_at: Sequence[float]) -> Facts:
    """The columns of events read from a topic."""
    return Facts(
        events,
        np.array([KIND_INDEX[event["type"]] for event in events], np.int64),
        np.array([seconds(event["time"]) for event in events], np.float64),
        np.array([digest_of(event["source"], event["id"]) for event in events], np.uint64),
        np.array(offset, np.int64),
        np.array(record_at, np.float64),
    )


def digest_of(source: str, event_id: str) -> int:
    """64 bits that stand for (source, id); never 0, which marks an empty place in the ring."""
    return xxh3_64_intdigest(f"{source}\x00{event_id}".encode()) or 1


def seconds(text: str) -> float:
    """A plain event's time as epoch seconds.

    >>> seconds("1970-01-01T00:01:00.5Z")
    60.5
    """
    return datetime.fromisoformat(text).timestamp()
