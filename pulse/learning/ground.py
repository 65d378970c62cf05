"""What a score rests on, at every row: the decayed sums of the signals as of then, by the code that scores."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pulse.learning.past import Rows, Truth
from streams.core.history import History
from streams.core.policy import COUNTED_SIGNALS, SEVERITIES, SIGNAL_INDEX, Floats, Ints
from streams.core.rebuilding import rebuild
from streams.core.score import Assessment, assess, or_else
from streams.core.tables import Tables

_NO_SCORE: Final = 50.0
"""Where an account without signal is ranked."""
RECOVERED: Final = {f"complaint_{severity}": f"recovered_{severity}" for severity in SEVERITIES}
"""By complaint signal, the one of its settlement: both are weighed as one."""


@dataclass(frozen=True, slots=True)
class Ground:
    """`sums: float64[rows, S]` as of each row's moment, `seen: bool[rows, 3]`."""

    sums: Floats
    seen: Truth

    def taken(self, places: Ints | Truth) -> "Ground":
        """Those at some places."""
        return Ground(self.sums[places], self.seen[places])

    def assessed(self, tables: Tables) -> Assessment:
        """The score of every row under a policy with the same half-lives."""
        return assess(self.sums, self.seen, tables)

    def risk(self, tables: Tables) -> Floats:
        """`float64[rows]`: the score with its sign turned, so that higher is worse."""
        score = self.assessed(tables).score
        return -or_else(score, _NO_SCORE)

    def amounts(self, tables: Tables) -> Floats:
        """`float64[rows, S]`: what counts of each signal before its points: the sum, scaled as the policy has it."""
        now = self.assessed(tables)
        per_amount = now.share[:, tables.dimension] * tables.points
        return np.divide(now.contribution, per_amount, out=np.zeros_like(self.sums), where=per_amount != 0)


def ground_of(
    rows: Rows,
    names: Sequence[str],
    chunks: Iterable[tuple[Sequence[str], History]],
    tables: Tables,
    on_facts: Callable[[int], None] = lambda _: None,
) -> Ground:
    """The ground of all rows. `chunks`: accounts, and their facts with `account` an index among these; each account in
    one chunk. An account without facts has nothing. `on_facts` hears how many facts are done.
    """
    ground = Ground(np.zeros((len(rows), len(COUNTED_SIGNALS))), np.zeros((len(rows), len(tables.weight)), bool))
    place = {name: number for number, name in enumerate(names)}
    for accounts, facts in chunks:
        mine = np.full(len(names), -1)
        known = [(place[name], index) for index, name in enumerate(accounts) if name in place]
        mine[[number for number, _ in known]] = [index for _, index in known]
        _lay(ground, rows, mine[rows.account], (len(accounts), facts), tables)
        on_facts(len(facts))
    return ground


def _lay(ground: Ground, rows: Rows, index: Ints, chunk: tuple[int, History], tables: Tables) -> None:
    accounts, facts = chunk
    for now in np.unique(rows.at[index >= 0]).tolist():
        places = np.flatnonzero((index >= 0) & (rows.at == now))
        rebuilt = rebuild(facts, np.full(accounts, now), tables)
        ground.sums[places] = rebuilt.sums[index[places]]
        ground.seen[places] = rebuilt.seen[index[places]]


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that is weighed: a signal, or a complaint less what its settlement returns of it."""

    signal: str
    sign: float
    returned: float = 0.0


def columns_of(tables: Tables) -> tuple[Column, ...]:
    """What may be weighed under a policy: every signal that it gives points to. A signal keeps the sign of its points
    there, and a settlement the share it returns, so that neither a complaint nor its settlement ever raises a score.
    """
    signals, settled = tables.policy.signals, set(RECOVERED.values())
    found = []
    for name in COUNTED_SIGNALS:
        points = signals[name].points
        if points and name not in settled:
            returned = -signals[RECOVERED[name]].points / points if name in RECOVERED else 0.0
            found.append(Column(name, float(np.sign(points)), returned))
    return tuple(found)


def laid_out(amounts: Floats, columns: Sequence[Column]) -> Floats:
    """`float64[rows, columns]`: signed so that more is better for the score."""
    return np.column_stack([column.sign * _amount(amounts, column) for column in columns])


def _amount(amounts: Floats, column: Column) -> Floats:
    mine: Floats = amounts[:, SIGNAL_INDEX[column.signal]]
    if not column.returned:
        return mine
    return mine - column.returned * amounts[:, SIGNAL_INDEX[RECOVERED[column.signal]]]
