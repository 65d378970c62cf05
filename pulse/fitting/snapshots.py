"""What was known of every account at some moments, and whether it then stayed away."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pulse.fitting.history import History
from streams.core.policy import Floats, Ints
from streams.core.silence.line import Usual
from streams.core.silence.rhythm import Rhythm, rhythm_of

_Columns = TypeVar("_Columns", Rhythm, Usual)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """One row per account and moment, of accounts with enough purchases by then: days of silence so far, what was spent
    so far, and whether no purchase came within the horizon.
    """

    rhythm: Rhythm
    usual: Usual
    account: Ints
    silent_d: Floats
    spent: Floats
    stayed_away: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes snapshots of one history; `usual` has a row per account."""

    history: History
    usual: Usual
    horizon: timedelta
    min_purchases: int

    def take(self, moments: Sequence[datetime]) -> Snapshots:
        """The rows of all moments, one moment after the other."""
        taken = [self._at(moment.timestamp()) for moment in moments]
        return Snapshots(
            rhythm=_stacked([one.rhythm for one in taken]),
            usual=_stacked([one.usual for one in taken]),
            account=np.concatenate([one.account for one in taken]),
            silent_d=np.concatenate([one.silent_d for one in taken]),
            spent=np.concatenate([one.spent for one in taken]),
            stayed_away=np.concatenate([one.stayed_away for one in taken]),
        )

    def _at(self, now: float) -> Snapshots:
        history, times = self.history, self.history.times
        known = times <= now
        rhythm = rhythm_of(history.occasions().until(now))
        judged = np.flatnonzero(rhythm.count >= self.min_purchases)
        later = history.per_account((times > now) & (times <= now + self.horizon.total_seconds()))
        some = rhythm.of(judged)
        return Snapshots(
            rhythm=some,
            usual=self.usual.of(judged),
            account=judged,
            silent_d=some.silent_d(now),
            spent=history.per_account(known, history.amounts)[judged],
            stayed_away=later[judged] == 0,
        )


def _stacked(parts: Sequence[_Columns]) -> _Columns:
    kind = type(parts[0])
    return kind(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(kind)))
