"""Rows as changelog records and back.

A value is a mark of version and layout, the row's bytes as NumPy lays them out, and a JSON object with what is
variable. The key is the account id; a key that begins with NUL is the partition's own record: up to which flush all was
told.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt
from pydantic_core import from_json, to_json

from streams.core.complaints import Complaint, CourseFact
from streams.core.state import ROW, STATE_VERSION, Episode, Extra, Output, Pending, Profile

PARTITION_KEY: Final = b"\x00partition"
_MARK: Final = bytes([STATE_VERSION]) + crc32(repr(ROW.descr).encode()).to_bytes(4, "big")
"""What a value begins with: the state's version and a check of the row's layout, which must not change under it."""


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


def to_value(row: npt.NDArray[np.void], extra: Extra) -> bytes:
    """One row as a changelog value."""
    variable: dict[str, Any] = {}
    if extra.profile:
        variable["profile"] = asdict(extra.profile)
    if extra.complaints:
        variable["complaints"] = {name: record.course for name, record in extra.complaints.items()}
    if extra.episodes:
        variable["episodes"] = {kind: asdict(episode) for kind, episode in extra.episodes.items()}
    if extra.pending:
        variable["pending"] = [[getattr(fact, field) for field in _PENDING] for fact in extra.pending]
    if extra.outbox:
        variable["outbox"] = [[output.topic, output.value.decode()] for output in extra.outbox]
    return _MARK + row.tobytes() + to_json(variable, inf_nan_mode="constants")


def from_value(value: bytes) -> tuple[npt.NDArray[np.void], Extra]:
    """The row (ROW[1]) and the variable part in a changelog value.

    Raises:
        ValueError: written by a version of the state that this code does not read.
    """
    if not value.startswith(_MARK):
        message = f"changelog row of state {value[: len(_MARK)].hex()}, this code reads {_MARK.hex()}"
        raise ValueError(message)
    row = np.frombuffer(value, ROW, count=1, offset=len(_MARK)).copy()
    return row, _extra(from_json(value[len(_MARK) + ROW.itemsize :]))


_PENDING: Final = tuple(Pending.__slots__)


def _extra(variable: dict[str, Any]) -> Extra:
    profile = variable.get("profile")
    return Extra(
        profile=Profile(**profile) if profile else None,
        complaints={name: _complaint(values) for name, values in variable.get("complaints", {}).items()},
        episodes={
            kind: Episode(**{**episode, "members": tuple(episode["members"])})
            for kind, episode in variable.get("episodes", {}).items()
        },
        pending=[Pending(*values) for values in variable.get("pending", [])],
        outbox=[Output(topic, text.encode()) for topic, text in variable.get("outbox", [])],
    )


def _complaint(values: list[Any]) -> Complaint:
    return Complaint(tuple((CourseFact(*fact), times) for fact, times in values))
