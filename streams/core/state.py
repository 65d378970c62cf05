"""The state of one partition: a NumPy row per account, and what is variable beside it.

A row is all that a changelog record carries, so it holds its own fences: whoever has the row knows which facts are in
it.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.topics import EVENT_TOPICS
from streams.core.bands import NO_BAND
from streams.core.complaints import Complaint
from streams.core.policy import COUNTED_SIGNALS, DIMENSIONS

STATE_VERSION: Final = 1
RING: Final = 32
"""How many of an account's last facts are remembered by their digest: the horizon of dropping re-sent events."""

NEVER: Final = float("-inf")

ROW: Final = np.dtype(
    [
        ("generation", "i8"),  # of the owner that wrote the row
        ("flush", "i8"),  # the flush that wrote it
        ("fence", "i8", (len(EVENT_TOPICS),)),  # last offset applied, by topic; -1 none
        ("applied", "i8"),  # facts in the row
        ("first_at", "f8"),  # oldest fact
        ("at", "f8"),  # moment of `sums`: newest fact
        ("sums", "f8", (len(COUNTED_SIGNALS),)),
        ("seen", "?", (len(DIMENSIONS),)),
        ("version", "i8"),  # snapshots published
        ("told_at", "f8"),  # as_of of the last snapshot
        ("told_sums", "f8", (len(COUNTED_SIGNALS),)),
        ("told_seen", "?", (len(DIMENSIONS),)),
        ("told_score", "f8"),  # nan: no score was told
        ("told_clock", "f8"),
        ("unsaid", "?"),  # something happened since the last snapshot
        ("new_at", "f8"),  # newest fact since the last judgement
        ("caused_at", "f8"),  # broker timestamp of the newest record not yet told of
        ("judged_at", "f8"),
        ("band", "i1"),
        ("candidate", "i1"),
        ("since", "f8"),
        ("next_due", "f8"),  # when the next answer becomes overdue
        ("ring", "u8", (RING,)),
        ("ring_next", "i8"),
    ]
)


def empty_row() -> npt.NDArray[np.void]:
    """A row of an account of which nothing is known."""
    row = np.zeros(1, ROW)
    row["fence"] = -1
    for name in ("at", "told_at", "new_at", "caused_at", "judged_at", "told_clock"):
        row[name] = NEVER
    row["told_score"] = np.nan
    row["band"] = row["candidate"] = NO_BAND
    row["first_at"] = row["since"] = row["next_due"] = np.inf
    return row


@dataclass(frozen=True, slots=True)
class Profile:
    """What the latest profile said, by event time `at`."""

    at: float
    name: str
    segment: str
    annual_value: str
    currency: str
    owner: str


@dataclass(slots=True)
class Episode:
    """One alert kind's episodes of an account: the number of the last, whether it is open, and its last step.

    `members` are what the episode was told about (complaint ids); empty once all of it was settled.
    """

    number: int = 0
    open: bool = False
    step_no: int = 0
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """A fact's effect on a signal that no snapshot has told yet."""

    event_id: str
    source: str
    event_type: str
    event_time: float
    signal: int
    amount: float
    at: float


@dataclass(frozen=True, slots=True)
class Output:
    """A message decided by a flush, to be published once the flush is durable."""

    topic: str
    value: bytes


@dataclass(slots=True)
class Extra:
    """What does not fit a column. `outbox` holds what the row's last flush decided."""

    profile: Profile | None = None
    complaints: dict[str, Complaint] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    outbox: list[Output] = field(default_factory=list)


class Partition:
    """All accounts of one partition. Rows are never removed; the index of an account's row is stable."""

    def __init__(self) -> None:
        self.index: dict[str, int] = {}
        self.accounts: list[str] = []
        self.extras: list[Extra] = []
        self.dirty: set[int] = set()
        self._rows = np.empty(0, ROW)

    def __len__(self) -> int:
        return len(self.accounts)

    @property
    def rows(self) -> npt.NDArray[np.void]:
        """The rows in use, ROW[accounts]; a view, valid until an account is added."""
        return self._rows[: len(self.accounts)]

    def row_of(self, account: str) -> int:
        """The index of the account's row, made when it is new."""
        row = self.index.get(account)
        return self.add(account) if row is None else row

    def add(self, account: str) -> int:
        """A new row for an account that has none."""
        row = len(self.accounts)
        if row == len(self._rows):
            grown = np.repeat(empty_row(), max(64, 2 * row))
            grown[:row] = self._rows
            self._rows = grown
        self.index[account] = row
        self.accounts.append(account)
        self.extras.append(Extra())
        return row
