"""Rows as changelog records and back.

A value is a mark of version and layout, the row's bytes as NumPy lays them out, and what is beside them: a JSON object
of its length, then the outbox, each message with its topic and length. Most accounts have nothing beside. The key is
the account id; a key that begins with NUL is the partition's own record: up to which flush all was told.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt
import orjson
from pydantic_core import from_json, to_json

from schemas.alerts import AlertKind
from schemas.topics import OUTPUT_TOPICS
from streams.core.commitments import Commitment
from streams.core.complaints import NO_COMPLAINT, Complaint, CourseFact
from streams.core.escalation.climb import Climb
from streams.core.ledgers import Ledger
from streams.core.overrides import Held, Said
from streams.core.pending import Grouped
from streams.core.phases import Phase
from streams.core.policy import Ints
from streams.core.reaching import contacts_in
from streams.core.state import ROW, STATE_VERSION, Episode, Extra, Output, Partition, Profile
from streams.core.subscriptions import Change, Subscription

PARTITION_KEY: Final = b"\x00partition"
MARK: Final = bytes([STATE_VERSION]) + crc32(repr(ROW.descr).encode()).to_bytes(4, "big")
"""What a value begins with: the state's version and a check of the row's layout, which must not change under it."""
PLAIN_BYTES: Final = len(MARK) + ROW.itemsize
"""The length of a value with nothing beside its columns."""

_LENGTH: Final = struct.Struct(">I")
_MESSAGE: Final = struct.Struct(">BI")
_TOPICS: Final = tuple(topic.name for topic in OUTPUT_TOPICS)
_NOTHING: Final = b"{}"
NOTHING_BUT_MESSAGES: Final = _LENGTH.pack(len(_NOTHING)) + _NOTHING
"""What stands behind the columns of a row that has an outbox beside it and nothing else."""


@dataclass(frozen=True, slots=True)
class PartitionRecord:
    """Up to which flush everything was told, by which generation, and the watermark then (epoch seconds)."""

    flush: int
    generation: int
    watermark: float | None

    def to_bytes(self) -> bytes:
        """As stored."""
        return to_json(asdict(self))

    @classmethod
    def from_bytes(cls, value: bytes) -> "PartitionRecord":
        """As read."""
        return cls(**from_json(value))


@dataclass(frozen=True, slots=True)
class Waiting:
    """An effect of a fact that no snapshot has told yet; `said` as in `streams.core.pending`."""

    said: str
    signal: int
    amount: float
    at: float


@dataclass(slots=True)
class Beside:
    """What a row's record holds beside its columns. `outbox` is what the row's last flush decided."""

    extra: Extra | None = None
    waiting: list[Waiting] = field(default_factory=list)
    outbox: list[Output] = field(default_factory=list)


def to_values(partition: Partition, rows: Ints) -> list[bytes]:
    """The changelog values of some rows (distinct), in their order."""
    octets, size = partition.rows[rows].tobytes(), ROW.itemsize
    waiting = _waiting(partition.pending.of(rows))
    return [
        MARK + octets[begin : begin + size] + _beside(partition.extras.get(row), theirs, partition.outbox.get(row, ()))
        for begin, row, theirs in zip(range(0, len(octets), size), rows.tolist(), waiting, strict=True)
    ]


def from_value(value: bytes) -> tuple[npt.NDArray[np.void], Beside]:
    """The row (ROW[1]) and what is beside it.

    Raises:
        ValueError: written by a version of the state that this code does not read.
    """
    check_mark(value)
    beside = beside_in(value)
    beside.outbox = messages_in(value)
    return np.frombuffer(value, ROW, count=1, offset=len(MARK)).copy(), beside


def check_mark(value: bytes) -> None:
    """Refuse what another version wrote.

    Raises:
        ValueError: written by a version of the state that this code does not read.
    """
    if not value.startswith(MARK):
        message = f"changelog row of state {value[: len(MARK)].hex()}, this code reads {MARK.hex()}"
        raise ValueError(message)


def messages_in(value: bytes) -> list[Output]:
    """The outbox behind the row's columns."""
    if len(value) == PLAIN_BYTES:
        return []
    (length,) = _LENGTH.unpack_from(value, PLAIN_BYTES)
    return list(_messages(value, PLAIN_BYTES + _LENGTH.size + length))


def beside_in(value: bytes) -> Beside:
    """What stands behind the row's columns; its outbox is left to `messages_in`."""
    if len(value) == PLAIN_BYTES:
        return Beside()
    (length,) = _LENGTH.unpack_from(value, PLAIN_BYTES)
    begin = PLAIN_BYTES + _LENGTH.size
    variable: dict[str, Any] = from_json(value[begin : begin + length])
    waiting = [Waiting(*fact) for fact in variable.get("waiting", [])]
    extra = _extra(variable) if variable.keys() - {"waiting"} else None
    if extra is not None and extra.owed(AlertKind.CALLBACK_OVERDUE):
        contacts = contacts_in(np.frombuffer(value, ROW, count=1, offset=len(MARK)))
        extra.ledgers[AlertKind.CALLBACK_OVERDUE].return_calls(float(contacts.newest()[0]))
    return Beside(extra, waiting)


def _beside(extra: Extra | None, waiting: Sequence[Sequence[object]], outbox: Sequence[Output]) -> bytes:
    if extra is None and not waiting and not outbox:
        return b""
    variable = _variable(extra, waiting)
    messages = [_MESSAGE.pack(_TOPICS.index(one.topic), len(one.value)) + one.value for one in outbox]
    return b"".join((_LENGTH.pack(len(variable)), variable, *messages))


def _variable(extra: Extra | None, waiting: Sequence[Sequence[object]]) -> bytes:
    members: list[bytes] = []
    if extra is not None:
        if extra.profile:
            members.append(b'"profile":' + orjson.dumps(extra.profile))
        if extra.complaints:
            members.append(b'"complaints":{' + b",".join(_complaints(extra)) + b"}")
        if extra.ledgers:
            members.append(b'"commitments":{' + b",".join(_ledgers(extra)) + b"}")
        if extra.subscription.changes:
            changes = [(times, *change) for change, times in extra.subscription.changes]
            members.append(b'"subscription":' + orjson.dumps(changes))
        if extra.episodes:
            episodes = (b'"' + kind.encode() + b'":' + orjson.dumps(one) for kind, one in extra.episodes.items())
            members.append(b'"episodes":{' + b",".join(episodes) + b"}")
        members += _by_hand(extra)
    if waiting:
        members.append(b'"waiting":' + orjson.dumps(waiting))
    return b"{" + b",".join(members) + b"}" if members else _NOTHING


def _by_hand(extra: Extra) -> Iterator[bytes]:
    if extra.overrides:
        yield b'"overrides":' + to_json(extra.overrides)
    if extra.held:
        yield b'"held":' + to_json(extra.held)


def _complaints(extra: Extra) -> Iterator[bytes]:
    packed = extra.packed
    for name, record in extra.complaints.items():
        if name not in packed:
            packed[name] = to_json(name) + b":" + to_json(record.course, inf_nan_mode="constants")
        yield packed[name]


def _ledgers(extra: Extra) -> Iterator[bytes]:
    for kind, ledger in extra.ledgers.items():
        if not ledger.whole:
            written = ledger.written
            for name, record in ledger.records.items():
                if name not in written:
                    written[name] = orjson.dumps(name) + b":" + orjson.dumps(record.packed())
            ledger.whole = b'"' + kind.encode() + b'":{' + b",".join(map(written.__getitem__, ledger.records)) + b"}"
        yield ledger.whole


def _waiting(grouped: Grouped) -> Iterator[Sequence[tuple[object, ...]]]:
    effects = grouped.effects
    columns = (effects.said.tolist(), effects.signal.tolist(), effects.amount.tolist(), effects.at.tolist())
    facts = list(zip(*columns, strict=True))
    begin = 0
    for end in grouped.ends.tolist():
        yield facts[begin:end]
        begin = end


def _messages(value: bytes, begin: int) -> Iterator[Output]:
    while begin < len(value):
        topic, length = _MESSAGE.unpack_from(value, begin)
        begin += _MESSAGE.size
        yield Output(_TOPICS[topic], value[begin : begin + length])
        begin += length


def _extra(variable: dict[str, Any]) -> Extra:
    extra, profile = Extra(), variable.get("profile")
    extra.profile = Profile(**profile) if profile else None
    for name, values in variable.get("complaints", {}).items():
        extra.put(name, NO_COMPLAINT, Complaint(tuple((CourseFact(*fact), times) for fact, times in values)))
    for kind, held in variable.get("commitments", {}).items():
        ledger = extra.ledgers[kind] = Ledger()
        for name, values in held.items():
            record = ledger.records[name] = Commitment.unpacked(values)
            ledger.changed(name, record)
    extra.overrides = tuple((Said(*said), times) for said, times in variable.get("overrides", ()))
    if held := variable.get("held"):
        extra.held = Held(Said(*held[0]), *held[1:])
    changes = tuple((Change(*change), times) for times, *change in variable.get("subscription", ()))
    extra.subscription = Subscription(changes)
    for kind, episode in variable.get("episodes", {}).items():
        extra.episodes[kind] = _episode(episode)
    return extra


def _episode(values: dict[str, Any]) -> Episode:
    climb = values["climb"]
    stands = Climb(**{**climb, "told": tuple(climb["told"])}) if climb else None
    read = {"phase": Phase(values["phase"]), "members": tuple(values["members"]), "climb": stands}
    return Episode(**{**values, **read})
