"""Made histories: accounts that buy by a rhythm of their own, of which some stop."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from pulse.fitting.history import Bought, History, history_of
from streams.core.policy import DAY_S

BEGIN: Final = datetime(2024, 1, 1, 9, tzinfo=UTC)
END: Final = BEGIN + timedelta(days=600)


def regular(accounts: int = 160, seed: int = 1, span_d: float = 600, segments: Sequence[str] = ("",)) -> list[Bought]:
    """Each waits some 5 to 70 days, half of them stop for good at some time."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(accounts):
        gap_d = chance.uniform(5, 70)
        stop_d = chance.uniform(60, span_d) if number % 2 else span_d
        steps = np.cumsum(chance.gamma(8, gap_d / 8, size=400))
        days = [0.0, *(float(day) for day in steps if day < stop_d)]
        times = [BEGIN.timestamp() + day * DAY_S for day in days]
        made.append(Bought(segments[number % len(segments)], times, [10.0 + number] * len(times)))
    # Somebody buys on the last day, so that the history is as long as it says.
    return [*made, Bought("", [BEGIN.timestamp(), BEGIN.timestamp() + span_d * DAY_S], [1.0, 1.0])]


def history(accounts: int = 160, seed: int = 1, span_d: float = 600) -> History:
    """The same as columns."""
    return history_of(regular(accounts, seed, span_d))
