"""Scores that fell sharply: many points within few days, whatever the band.

The computed score counts, so that nothing a person sets is taken for the client's doing. Each account keeps the highest
score of every eighth of the policy's days, and the score that nobody looked at for a while is what the sums told last
make of it; so what counts as "within D days" lies between 7/8 D and D back.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from schemas.alerts import AlertKind, StepKind, StepReason
from streams.core.episodes import Step, closed, opened
from streams.core.fences import Bools
from streams.core.judging import Judgement
from streams.core.policy import DAY_S, Floats, Ints
from streams.core.score import or_else
from streams.core.state import NO_HIGH, SLOTS, Episode, Partition, among
from streams.core.tables import Tables

_KIND: Final = AlertKind.SHARP_DROP


def slot_s(tables: Tables) -> float:
    """How long one of the highs is kept open."""
    return tables.policy.alerts.sharp_drop_days * DAY_S / SLOTS


def fallen(case: Judgement, settling: Bools) -> Floats:
    """How far each account is below its highest score of the last days, float64[n]; 0 while it settles in, and where
    other rules judged it last. Notes the present score among the highs.
    """
    state, score = case.state, case.now.score
    fresh = settling | (state["judged_by"] != case.tables.digest)
    now = np.floor(case.as_of / slot_s(case.tables))
    highs = np.where(_alive(case, now) & ~fresh[:, None], state["highs"], NO_HIGH).astype(np.float64)
    before = np.where(fresh | (state["version"] == 0), np.nan, case.told.score)
    highest = np.fmax(np.fmax(highs.max(axis=1), before), score)
    place = (np.arange(len(score)), (now % SLOTS).astype(np.int64))
    highs[place] = np.fmax(np.fmax(highs[place], before), score)
    state["highs"] = or_else(highs, NO_HIGH)
    return np.where(np.isnan(score), 0.0, highest - score)


def _alive(case: Judgement, now: Floats) -> Bools:
    """bool[n, SLOTS]: highs that are within the days as of now, by the slot of the last judgement."""
    known = np.isfinite(case.state["judged_at"])
    last = np.where(known, np.floor(np.where(known, case.state["judged_at"], 0.0) / slot_s(case.tables)), now)[:, None]
    number = last - (last - np.arange(SLOTS)) % SLOTS
    alive: Bools = known[:, None] & (number > now[:, None] - SLOTS)
    return alive


def begin_anew(case: Judgement, places: Ints, score: Floats, at: Floats) -> None:
    """Falls of the accounts at `places` count from `score: float64[places]`, which they have at `at` by new rules."""
    highs = np.full((len(places), SLOTS), NO_HIGH)
    slot = (np.floor(at / slot_s(case.tables)) % SLOTS).astype(np.int64)
    highs[np.arange(len(places)), slot] = or_else(score, NO_HIGH)
    case.state["highs"][places] = highs
    case.state["judged_by"][places] = case.tables.digest


def of_falls(case: Judgement, points: Floats) -> Iterator[tuple[int, Step | None]]:
    """The steps that follow, by place, where an alert opens or one that is open may end."""
    rules, partition = case.tables.policy.alerts, case.partition
    sharp = points >= rules.sharp_drop_points
    if partition.falling:
        sharp |= among(case.rows, partition.falling)
    for index in np.flatnonzero(sharp).tolist():
        extra = partition.extras.get(int(case.rows[index]))
        episode = extra.episodes.get(_KIND, Episode()) if extra else Episode()
        step = _step(case, index, episode, float(points[index]))
        if step is not None:
            (partition.falling.add if step.episode.open else partition.falling.discard)(int(case.rows[index]))
        yield index, step


def _step(case: Judgement, index: int, episode: Episode, points: float) -> Step | None:
    rules, score = case.tables.policy.alerts, float(case.now.score[index])
    at = float(case.state["new_at"][index])
    at = at if np.isfinite(at) else float(case.as_of[index])
    if episode.open:
        if points * 2 >= rules.sharp_drop_points:
            return None
        facts = {"score": f"{score:.1f}"}
        return Step(_KIND, closed(episode), StepKind.RESOLVED, StepReason.SCORE_STEADIED, at, facts)
    if points < rules.sharp_drop_points or case.overruled.in_force(index) is not None:
        return None
    facts = {"score": f"{score:.1f}", "score_before": f"{score + points:.1f}", "points": f"{points:.1f}"}
    facts["days"] = f"{rules.sharp_drop_days:g}"
    return Step(_KIND, opened(episode), StepKind.OPENED, StepReason.SCORE_FELL, at, facts)


def next_look(case: Judgement, index: int) -> float:
    """When an open alert is to be looked at again though nothing is told, epoch seconds; inf where none is open."""
    if int(case.rows[index]) not in case.partition.falling:
        return float("inf")
    length_s = slot_s(case.tables)
    return float((np.floor(case.as_of[index] / length_s) + 1) * length_s)


def settled_by_person(partition: Partition, row: int) -> None:
    """What was lost until now is settled: only what falls from here on counts."""
    partition.rows["highs"][row] = NO_HIGH
    partition.falling.discard(row)
