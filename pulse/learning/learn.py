"""The learning itself: weigh on the earlier months, propose, and be judged by the later ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from pulse.fitting.fit import FEWEST_OUTCOMES
from pulse.fitting.logistic import require_scikit_learn
from pulse.fitting.plan import Plan, plan_of
from pulse.learning.document import Evidence, Part, Validated
from pulse.learning.errors import TooFewOutcomes
from pulse.learning.ground import Ground, columns_of, ground_of, laid_out
from pulse.learning.judging import figures, rfm
from pulse.learning.past import Past, Rows, stacked
from pulse.learning.proposing import Proposal, Weights, propose
from pulse.learning.weighing import Fold, Weighed, best_strength, folds, weigh
from streams.core.history import History
from streams.core.policy import Floats
from streams.core.tables import Tables, to_tables

FEWEST_ACCOUNTS: Final = 30
"""A signal that fewer accounts have had keeps its points: a weight would be theirs and not the signal's."""


@dataclass(frozen=True, slots=True)
class Options:
    """`horizon_d`: how far ahead is asked. `min_orders`: who ordered less often was not won yet. `wanted_precision`: of
    the line at which rankings are compared. `judged_from`: the first moment that judges, None for the last third.
    """

    horizon_d: int = 90
    min_orders: int = 3
    wanted_precision: float = 0.75
    judged_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The proposal and what speaks for it, or against."""

    proposal: Proposal
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Side:
    """The rows of the months that teach, or judge, with what a score rests on."""

    rows: Rows
    ground: Ground


Chunks = Iterable[tuple[Sequence[str], History]]


def learn(
    past: Past, chunks: Chunks, tables: Tables, options: Options, on_facts: Callable[[int], None] = lambda _: None
) -> Outcome:
    """Learn from what became of the accounts of `past` and from the facts in `chunks` (see `ground_of`).

    Raises:
        Missing: scikit-learn is not installed.
        HistoryTooShort: no month is left to teach or to judge.
        TooFewOutcomes: too few accounts were lost, or too few stayed.
        NothingLearned: no signal tells anything.
    """
    require_scikit_learn()
    plan = _plan(past, options)
    teaching = _enough("teaching", _rows(past, plan.teaching, plan.horizon, options))
    judging = _enough("judging", _rows(past, plan.judging, plan.horizon, options))
    both = stacked([teaching, judging])
    ground = ground_of(both, past.names, chunks, tables, on_facts)
    first = np.arange(len(both)) < len(teaching)
    taught, judged = Side(teaching, ground.taken(first)), Side(judging, ground.taken(~first))
    found, validated = _weighed(taught, tables, plan.horizon)
    proposal = propose(tables, found)
    return Outcome(proposal, _evidence(plan, (taught, judged), (tables, found, proposal), validated, options))


def _plan(past: Past, options: Options) -> Plan:
    span = past.span
    if span is None:
        raise TooFewOutcomes("teaching", 0, 0, FEWEST_OUTCOMES)
    begin, end = (datetime.fromtimestamp(one, UTC) for one in span)
    return plan_of(begin, end, timedelta(days=options.horizon_d), options.judged_from)


def _rows(past: Past, moments: Sequence[datetime], horizon: timedelta, options: Options) -> Rows:
    return stacked([past.after(moment, horizon, options.min_orders) for moment in moments])


def _enough(part: str, rows: Rows) -> Rows:
    lost = int(rows.lost.sum())
    if min(lost, len(rows) - lost) < FEWEST_OUTCOMES:
        raise TooFewOutcomes(part, lost, len(rows) - lost, FEWEST_OUTCOMES)
    return rows


def _weighed(side: Side, tables: Tables, horizon: timedelta) -> tuple[Weights, Validated]:
    columns, rows = columns_of(tables), side.rows
    laid = laid_out(side.ground.amounts(tables), columns)
    accounts = [len(np.unique(rows.account[laid[:, number] != 0])) for number in range(len(columns))]
    taught = np.array(accounts) >= FEWEST_ACCOUNTS
    known = laid[:, taught]
    tried = folds(known, rows.lost, rows.at, side.ground.risk(tables), horizon)
    strength = best_strength(tried)
    weights = np.zeros(len(columns))
    weights[taught] = weigh(known, ~rows.lost, strength).weights
    spread = float(side.ground.risk(tables).std())
    return Weights(columns, weights, taught, accounts, laid, spread), _validated(tried, strength)


def _validated(tried: Sequence[Fold], strength: float) -> Validated:
    mine = [fold for fold in tried if fold.strength == strength]
    return Validated(
        months=len(mine),
        strength=strength,
        learned=round(float(np.mean([fold.learned for fold in mine])), 4) if mine else None,
        policy=round(float(np.mean([fold.policy for fold in mine])), 4) if mine else None,
        better_in=sum(fold.learned > fold.policy for fold in mine),
    )


def _evidence(
    plan: Plan,
    sides: tuple[Side, Side],
    learned: tuple[Tables, Weights, Proposal],
    validated: Validated,
    options: Options,
) -> Evidence:
    tables, found, proposal = learned
    proposed, (taught, judged) = to_tables(proposal.policy), sides
    ranked: dict[str, Callable[[Side], Floats]] = {
        "proposal": lambda side: side.ground.risk(proposed),
        "policy": lambda side: side.ground.risk(tables),
        "rfm": lambda side: rfm(taught.rows, side.rows),
        "model": lambda side: Weighed(found.weights, 0.0).risk(laid_out(side.ground.amounts(tables), found.columns)),
    }
    return Evidence(
        horizon_d=options.horizon_d,
        wanted_precision=options.wanted_precision,
        teaching=_part(plan.teaching, taught.rows),
        judging=_part(plan.judging, judged.rows),
        validated=validated,
        figures={
            name: figures((taught.rows, rank(taught)), (judged.rows, rank(judged)), options.wanted_precision)
            for name, rank in ranked.items()
        },
    )


def _part(moments: Sequence[datetime], rows: Rows) -> Part:
    return Part(
        moments=tuple(moments),
        rows=len(rows),
        accounts=len(np.unique(rows.account)),
        lost=int(rows.lost.sum()),
        outcomes={name: count for name, count in rows.counted().items() if count},
    )
