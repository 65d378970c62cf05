"""A batch of facts as columns: what the fold needs of every event, taken out of it once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final

import numpy as np
import numpy.typing as npt
import orjson
from xxhash import xxh3_64_intdigest

from schemas.catalogue import MODELS
from schemas.plain import Plain
from streams.core.policy import Floats, Ints

KINDS: Final = tuple(MODELS)
"""Every event type; a fact's kind is an index in it. Lives in memory alone, so the order is of no account."""
KIND_INDEX: Final = {name: index for index, name in enumerate(KINDS)}

Digests = npt.NDArray[np.uint64]
Objects = npt.NDArray[np.object_]

_ENVELOPE: Final = itemgetter("subject", "source", "id", "type", "time")


@dataclass(frozen=True, slots=True)
class Facts:
    """n facts, those of one topic in offset order.

    `events: object[n]`; `told: object[n]` what a part of a score says of each, fields of a JSON object with a comma at
    the end; `kind: int64[n]` index in `KINDS`; `at: float64[n]` event time, epoch seconds; `digest: uint64[n]` of
    (source, id); `offset: int64[n]`; `record_at: float64[n]` the broker's timestamp, epoch seconds.
    """

    subjects: Sequence[str]
    events: Objects
    told: Objects
    kind: Ints
    at: Floats
    digest: Digests
    offset: Ints
    record_at: Floats

    def __len__(self) -> int:
        return len(self.events)

    @classmethod
    def joined(cls, several: Sequence["Facts"]) -> "Facts":
        """Those of several topics, one behind the other."""
        if len(several) == 1:
            return several[0]
        subjects = [subject for one in several for subject in one.subjects]
        columns = zip(
            *((one.events, one.told, one.kind, one.at, one.digest, one.offset, one.record_at) for one in several),
            strict=True,
        )
        return cls(subjects, *(np.concatenate(column) for column in columns))

    def of_kind(self, name: str) -> list[Plain]:
        """The events of one type."""
        found: list[Plain] = self.events[self.kind == KIND_INDEX[name]].tolist()
        return found

    def taken(self, places: Ints) -> "Facts":
        """Those at some places."""
        return Facts(
            [self.subjects[place] for place in places.tolist()],
            self.events[places],
            self.told[places],
            self.kind[places],
            self.at[places],
            self.digest[places],
            self.offset[places],
            self.record_at[places],
        )


def facts_of(events: Sequence[Plain], offset: Sequence[int], record_at: Sequence[float]) -> Facts:
    """The columns of events read from a topic."""
    columns = tuple(zip(*map(_ENVELOPE, events), strict=True)) or ((),) * 5
    subjects, sources, ids, kinds, times = columns
    named = [f"{source}\x00{event_id}".encode() for source, event_id in zip(sources, ids, strict=True)]
    return Facts(
        subjects,
        as_column(events),
        as_column(_told(columns)),
        np.array([KIND_INDEX[kind] for kind in kinds], np.int64),
        seconds_of(times),
        np.array([xxh3_64_intdigest(name) or 1 for name in named], np.uint64),
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


FEW: Final = 100
"""Up to so many are read sooner one by one."""
_PLACES: Final = 10 ** np.arange(5, -1, -1)
_FRACTION: Final = slice(20, 26)
_POINT: Final = ord(".") - ord("0")


def seconds_of(texts: Sequence[str]) -> Floats:
    """The same of each, float64[n]; of many, their digits as a matrix.

    >>> seconds_of(["1970-01-01T00:01:00.5Z", "1970-03-01T00:00:00+00:00"]).tolist()
    [60.5, 5097600.0]
    """
    return np.array(list(map(seconds, texts)), np.float64) if len(texts) <= FEW else _of_digits(texts)


def _of_digits(texts: Sequence[str]) -> Floats:
    digit = np.array(texts, "S32").view(np.uint8).reshape(len(texts), 32).astype(np.int64) - ord("0")
    months = (digit[:, :4] @ _PLACES[2:] - 1970) * 12 + digit[:, 5:7] @ _PLACES[4:] - 1
    days = months.astype("M8[M]").astype("M8[D]").astype(np.int64) + digit[:, 8:10] @ _PLACES[4:] - 1
    hours, minutes, whole = (digit[:, place : place + 2] @ _PLACES[4:] for place in (11, 14, 17))
    fraction = digit[:, _FRACTION]
    is_digit = (fraction >= 0) & (fraction < 10)  # noqa: PLR2004 - the digits
    given = np.logical_and.accumulate(is_digit, axis=1) & (digit[:, 19:20] == _POINT)
    micros = np.where(given, fraction, 0) @ _PLACES
    at: Floats = ((days * 86_400 + hours * 3_600 + minutes * 60 + whole) * 1_000_000 + micros) / 1e6
    return at


def as_column(values: Sequence[object]) -> Objects:
    """The same as an array of objects."""
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _told(columns: Sequence[Sequence[str]]) -> list[str]:
    """Ids need escaping as good as never: that none does is seen at one look."""
    _, sources, ids, kinds, times = columns
    texts = "".join(ids) + "".join(set(sources))
    if '"' in texts or "\\" in texts:
        ids, sources = [_escaped(text) for text in ids], [_escaped(text) for text in sources]
    return [
        f'"event_id":"{event_id}","source":"{source}","event_type":"{kind}","event_time":"{time}",'
        for event_id, source, kind, time in zip(ids, sources, kinds, times, strict=True)
    ]


def _escaped(text: str) -> str:
    return orjson.dumps(text).decode()[1:-1]
