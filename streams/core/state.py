"""The state of one partition: a NumPy row per account, and what is variable beside it.

A row is all that a changelog record carries, so it holds its own fences: whoever has the row knows which facts are in
it.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.alerts import AlertKind
from schemas.topics import EVENT_TOPICS
from streams.core.bands import NO_BAND
from streams.core.complaints import Complaint
from streams.core.days import BOUGHT_DAYS, HEARD_DAYS
from streams.core.escalation.climb import Climb
from streams.core.escalation.directory import Directory
from streams.core.ledgers import Ledgers
from streams.core.overrides import Held, Record
from streams.core.pending import Pending
from streams.core.phases import LIVE, Phase
from streams.core.policy import COUNTED_SIGNALS, DIMENSIONS, Ints
from streams.core.reaching import CONTACTS_KEPT
from streams.core.subscriptions import NONE as NO_SUBSCRIPTION
from streams.core.subscriptions import Subscription

STATE_VERSION: Final = 5
RING: Final = 32
"""How many of an account's last facts are remembered by their digest: the horizon of dropping re-sent events."""

NEVER: Final = float("-inf")
SLOTS: Final = 8
"""Into how many parts the days are cut in which a score may fall."""
NO_HIGH: Final = -1.0

ROW: Final = np.dtype(
    [
        # Widest first and a multiple of eight in all, so that every column is aligned.
        ("flush", "i8"),  # the flush that wrote it
        ("fence", "i8", (len(EVENT_TOPICS),)),  # last offset applied, by topic; -1 none
        ("first_at", "f8"),  # oldest fact
        ("at", "f8"),  # moment of `sums`: newest fact
        ("sums", "f8", (len(COUNTED_SIGNALS),)),
        ("told_at", "f8"),  # as_of of the last snapshot
        ("told_sums", "f8", (len(COUNTED_SIGNALS),)),
        ("told_score", "f8"),  # nan: no score was told
        ("told_clock", "f8"),
        ("new_at", "f8"),  # newest fact since the last judgement
        ("caused_at", "f8"),  # broker timestamp of the newest record not yet told of
        ("judged_at", "f8"),
        ("since", "f8"),
        ("next_due", "f8"),  # when the next thing owed becomes overdue
        (
            "reached_out_at",
            "f8",
            (CONTACTS_KEPT,),
        ),  # latest contacts that went out from us, see `streams.core.reaching`
        ("ring", "u8", (RING,)),
        ("generation", "i4"),  # of the owner that wrote the row
        ("applied", "i4"),  # facts in the row
        ("version", "i4"),  # snapshots published
        ("judged_by", "u4"),  # digest of the rules of the last judgement; 0 none
        ("bought_on", "u2", (BOUGHT_DAYS,)),  # latest days with a purchase, see `streams.core.days`
        ("heard_on", "u2", (HEARD_DAYS,)),  # latest days with a word from the client
        ("reached_out", "i2", (CONTACTS_KEPT,)),  # how many facts of each
        ("order_by", "u2"),  # the day by which the next purchase is expected; 0 none
        ("word_by", "u2"),  # the same of a word
        ("highs", "f2", (SLOTS,)),  # highest computed scores of the last days, see `streams.core.falls`; -1 none
        ("bought", "i1", (BOUGHT_DAYS,)),  # how many facts of each day
        ("heard", "i1", (HEARD_DAYS,)),
        ("seen", "?", (len(DIMENSIONS),)),
        ("told_seen", "?", (len(DIMENSIONS),)),
        ("unsaid", "?"),  # something happened since the last snapshot
        ("band", "i1"),
        ("candidate", "i1"),
        ("ring_next", "i1"),  # place of the next digest
        ("overridden", "?"),  # somebody set or lifted an override (`Extra.overrides`)
        ("segment", "i1"),  # place in `SEGMENTS` + 1; 0 while no profile is known
    ]
)


def empty_row() -> npt.NDArray[np.void]:
    """A row of an account of which nothing is known."""
    row = np.zeros(1, ROW)
    row["fence"] = -1
    for name in ("at", "told_at", "new_at", "caused_at", "judged_at", "told_clock", "reached_out_at"):
        row[name] = NEVER
    row["told_score"] = np.nan
    row["highs"] = NO_HIGH
    row["band"] = row["candidate"] = NO_BAND
    row["first_at"] = row["since"] = row["next_due"] = np.inf
    return row


EMPTY_ROW: Final = empty_row()


@dataclass(frozen=True, slots=True)
class Profile:
    """What the latest profile said, by event time `at`."""

    at: float
    name: str
    segment: str
    annual_value: str
    currency: str
    owner: str


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert kind's episodes of an account: the number of the last, where it stands, and its last step.

    `members` are what the episode was told about (ids of complaints, orders, ...); empty once all of it was settled.
    `watermark` is what it was told by (epoch seconds): a worker that starts again may begin with an earlier one. Of an
    alert about money, and of one that a person closed, it is when it opened or closed.
    `until` is when it ends by itself (0: never).
    While it is open, `climb` says who has it (None where it was historic, so that nobody was told), and `raised_by` and
    `facts` why it was raised, for whoever it goes to next.
    """

    number: int = 0
    phase: Phase = Phase.NONE
    step_no: int = 0
    members: tuple[str, ...] = ()
    watermark: float = 0.0
    until: float = 0.0
    climb: Climb | None = None
    raised_by: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether it is still going on."""
        return self.phase in LIVE


@dataclass(frozen=True, slots=True)
class Output:
    """A message decided by a flush, to be published once the flush is durable."""

    topic: str
    value: bytes


@dataclass(slots=True)
class Extra:
    """What does not fit a column and many accounts do not have.

    `ledgers` are the commitments by alert kind, `subscription` what changes of it were told. `owing` and
    `open_complaints` follow from the complaints: those that owe an answer, and how many are open. `overrides` is what
    people set and lifted, `held` what the last snapshot told of it.
    """

    profile: Profile | None = None
    complaints: dict[str, Complaint] = field(default_factory=dict)
    ledgers: Ledgers = field(default_factory=dict)
    subscription: Subscription = NO_SUBSCRIPTION
    episodes: dict[str, Episode] = field(default_factory=dict)
    owing: dict[str, Complaint] = field(default_factory=dict)
    open_complaints: int = 0
    overrides: Record = ()
    held: Held | None = None
    packed: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)
    """Complaints as the changelog has them, for whoever writes rows: most of them do not change any more."""

    def put(self, name: str, before: Complaint, after: Complaint) -> None:
        """The record of a complaint, in place of the one before (`NO_COMPLAINT` where there was none)."""
        self.open_complaints += after.is_open - before.is_open
        self.complaints[name] = after
        self.packed.pop(name, None)
        if after.owes_answer:
            self.owing[name] = after
        elif before.owes_answer:
            del self.owing[name]

    def owed(self, kind: str) -> Mapping[str, float]:
        """When each commitment of a kind that is owed is due, as `Ledger.dues` says."""
        ledger = self.ledgers.get(kind)
        return ledger.dues() if ledger else {}

    def is_open(self, kind: str) -> bool:
        """Whether an alert of a kind is open."""
        episode = self.episodes.get(kind)
        return episode is not None and episode.open

    def somebody_has_one(self) -> bool:
        """Whether there is an open alert that somebody has."""
        return any(episode.climb is not None for episode in self.episodes.values())


def among(rows: Ints, named: AbstractSet[int]) -> npt.NDArray[np.bool_]:
    """bool[n]: which of `rows` are among those `named`, as a partition keeps them in sets."""
    return np.fromiter(map(named.__contains__, rows.tolist()), np.bool_, len(rows))


class Partition:
    """All accounts of one partition. Rows are never removed; the index of an account's row is stable.

    `extras` has the rows that have something beside their columns. `dirty: bool[capacity]` are rows to be written;
    `recounted` those whose open alert may have lost its cause since they were last judged; `repeating` those of which a
    complaint may repeat another, or not any more; `calling` those that owe a
    call; `shifted`, by alert kind, those of which the rhythm of days may differ (`streams.core.quiet`); `falling` those
    with an open alert of a sharp drop, `in_money` about money; `climbing` those with an open alert that somebody has,
    and `restless` those of which that may have changed; `outbox` what the next flush tells, by row. `managers` is what
    alerts climb by, the same for all of a process.
    """

    def __init__(self) -> None:
        self.index: dict[str, int] = {}
        self.accounts: list[str] = []
        self.extras: dict[int, Extra] = {}
        self.pending = Pending()
        self.outbox: dict[int, list[Output]] = {}
        self.recounted: set[int] = set()
        self.repeating: set[int] = set()
        self.calling: set[int] = set()
        self.shifted: dict[AlertKind, list[Ints]] = {}
        self.falling: set[int] = set()
        self.in_money: set[int] = set()
        self.climbing: set[int] = set()
        self.restless: set[int] = set()
        self.managers = Directory()
        self._owing: list[int] = []
        self._due_at: list[float] = []
        self.next_due = np.inf
        """No row's `next_due` is earlier."""
        self._rows = np.empty(0, ROW)
        self._dirty = np.zeros(0, bool)

    def __len__(self) -> int:
        return len(self.accounts)

    @property
    def rows(self) -> npt.NDArray[np.void]:
        """The rows in use, ROW[accounts]; a view, valid until an account is added."""
        return self._rows[: len(self.accounts)]

    @property
    def dirty(self) -> npt.NDArray[np.bool_]:
        """Rows to be written, bool[accounts]; a view, valid until an account is added."""
        return self._dirty[: len(self.accounts)]

    def beside(self, row: int) -> Extra:
        """What is beside the row's columns, made when there is nothing yet."""
        extra = self.extras.get(row)
        if extra is None:
            extra = self.extras[row] = Extra()
        return extra

    def owes(self, row: int, kind: str, due_at: float) -> None:
        """What is owed to an account of a kind changed; something may be due by `due_at` (epoch seconds, inf: nothing).

        It is looked at then (see `enter_dues`), and with the next judgement where an alert over such a thing is open.
        """
        if due_at != np.inf:
            self._owing.append(row)
            self._due_at.append(due_at)
        extra = self.extras[row]
        if extra.episodes and extra.is_open(kind):
            self.recounted.add(row)

    def enter_dues(self) -> None:
        """Put what was noted by `owes` into the rows, all at once."""
        if self._owing:
            np.minimum.at(self.rows["next_due"], self._owing, self._due_at)
            self.next_due = min(self.next_due, *self._due_at)
            self._owing, self._due_at = [], []

    def rows_of(self, accounts: Sequence[str]) -> Ints:
        """The indices of the accounts' rows, int64[n]; rows are made for those that are new."""
        found = [self.index.get(account, -1) for account in accounts]
        if -1 in found:
            fresh = dict.fromkeys(account for account, row in zip(accounts, found, strict=True) if row < 0)
            self._add(list(fresh))
            found = [self.index[account] for account in accounts]
        return np.array(found, np.int64)

    def _add(self, accounts: list[str]) -> None:
        begin, end = len(self.accounts), len(self.accounts) + len(accounts)
        if end > len(self._rows):
            self._grow(max(64, end, 2 * begin))
        self._rows[begin:end] = EMPTY_ROW
        self.index.update(zip(accounts, range(begin, end), strict=True))
        self.accounts += accounts

    def _grow(self, capacity: int) -> None:
        # Not filled: memory that no row has used yet is none of the process's.
        rows, dirty = np.empty(capacity, ROW), np.zeros(capacity, bool)
        rows[: len(self)], dirty[: len(self)] = self.rows, self.dirty
        self._rows, self._dirty = rows, dirty
