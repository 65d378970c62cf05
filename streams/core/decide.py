"""What a flush decides about the accounts it looks at: bands, alert episodes, snapshots.

Reads and advances the partition's rows; what it decided goes into the rows' outboxes, so that row and decision are
durable together before anything is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.alerts import AlertKind, StepKind, alert_id
from schemas.events.actions import ActionEvent
from schemas.ids import AccountId
from streams.core import bands, episodes
from streams.core.decay import moved
from streams.core.episodes import Step
from streams.core.explain import PartFields
from streams.core.judging import BandChanges, Clock, Judgement, judgement, reading_moment, step_bands
from streams.core.policy import BANDS, Ints, Tables
from streams.core.score import assess
from streams.core.snapshots import Decision
from streams.core.state import NEVER, Episode, Partition
from streams.core.telling import publish, tell

MAX_STEP_PARTS: Final = 10
"""How many of the heaviest parts an alert carries."""


@dataclass(slots=True)
class Decided:
    """How much was decided."""

    snapshots: int = 0
    steps: int = 0
    historic: int = 0


def due(partition: Partition, clock: Clock) -> Ints:
    """Rows whose next answer became overdue."""
    return np.flatnonzero(partition.rows["next_due"] <= clock.watermark)


def sweep(partition: Partition, clock: Clock, tables: Tables) -> Ints:
    """Rows that time alone makes worth a look: a snapshot held back, a score that faded, a band about to change."""
    state = partition.rows
    rules = tables.policy.publish
    waiting = state["unsaid"] & (clock.now - state["told_clock"] >= rules.heartbeat_s)
    as_of = reading_moment(state, clock)
    known = np.isfinite(state["at"])
    sums = moved(state["sums"], np.where(known, as_of - np.where(known, state["at"], 0.0), 0.0), tables.half_life_s)
    score = assess(sums, state["seen"], tables).score
    live = as_of >= clock.now - tables.policy.alerts.history_horizon_s
    faded = live & (np.abs(score - state["told_score"]) >= rules.moved_points)
    wanted = bands.target(score, state["band"], tables)
    restless = (wanted != state["band"]) | (state["candidate"] != bands.NO_BAND)
    return np.flatnonzero(waiting | (known & (faded | restless)))


def decide(partition: Partition, rows: Ints, clock: Clock, tables: Tables) -> Decided:
    """Judge `rows` (distinct) and put what follows into their outboxes; rows that changed become dirty."""
    result = Decided()
    if not len(rows):
        return result
    before = partition.rows[rows]
    case = judgement(partition, rows, clock, tables)
    changes = step_bands(case)
    for index, row in enumerate(rows.tolist()):
        for step in _steps(case, index, changes):
            decision = _decision(case, index, step)
            tell(partition, row, decision)
            partition.dirty.add(row)
            result.steps += 1
            result.historic += decision.historic
    _next_due(case)
    result.snapshots = publish(case, case.state["band"] != changes.before)
    case.state["judged_at"] = np.where(np.isfinite(case.state["at"]), case.as_of, NEVER)
    case.state["new_at"] = NEVER
    partition.rows[rows] = case.state
    partition.dirty.update(rows[_differs(before, case.state)].tolist())
    return result


def _differs(before: npt.NDArray[np.void], after: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    """bool[n]: rows worth writing. That a row was looked at is not: who waits out a dwell time is, every sweep."""
    before["judged_at"] = after["judged_at"]
    differs: npt.NDArray[np.bool_] = _octets(before) != _octets(after)
    return differs


def _octets(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    return rows.view(np.dtype((np.void, rows.dtype.itemsize)))


def act(partition: Partition, decisions: Sequence[tuple[int, ActionEvent]], clock: Clock, tables: Tables) -> int:
    """Put people's decisions on alerts into the outboxes; returns how many named no alert that we know."""
    unknown = 0
    for row, event in decisions:
        step = _of_action(partition, row, event)
        if step is None:
            unknown += event.type.startswith("alert.")
            continue
        historic = clock.is_history(step.at, tables.policy.alerts.history_horizon_s)
        tell(partition, row, Decision(step, historic, clock.now, float(partition.rows["caused_at"][row])))
        partition.dirty.add(row)
    return unknown


def _of_action(partition: Partition, row: int, event: ActionEvent) -> Step | None:
    account = AccountId(partition.accounts[row])
    wanted = getattr(event.data, "alert_id", None)
    for name, episode in partition.extras[row].episodes.items():
        kind = AlertKind(name)
        if wanted == alert_id(account, kind, episode.number):
            return episodes.of_person(kind, episode, event)
    return None


def _steps(case: Judgement, index: int, changes: BandChanges) -> list[Step]:
    extra = case.partition.extras[int(case.rows[index])]
    found = [_band_step(case, index, changes, extra.episodes.get(AlertKind.BAND_DROPPED, Episode()))]
    if extra.complaints:
        episode = extra.episodes.get(AlertKind.COMPLAINT_OVERDUE, Episode())
        found.append(episodes.of_overdue(episode, _overdue(case, index), float(case.as_of[index])))
    return [step for step in found if step is not None]


def _band_step(case: Judgement, index: int, changes: BandChanges, episode: Episode) -> Step | None:
    """The step after a change of band. An account that settles in drops from nowhere: that opens nothing."""
    before, after = int(changes.before[index]), int(case.state["band"][index])
    if before == after or bands.NO_BAND in (before, after):
        return None
    line = BANDS.index(case.tables.policy.alerts.band_dropped_from)
    score = float(case.now.score[index])
    facts = {"band_from": BANDS[before].value, "band_to": BANDS[after].value, "score": f"{score:.1f}"}
    dropped = after > before and after >= line and not changes.settling[index]
    change = episodes.BandChange(dropped=dropped, better=after < line, at=float(changes.counted_at[index]))
    return episodes.of_band(episode, change, facts)


def _overdue(case: Judgement, index: int) -> dict[str, float]:
    return {name: at for name, at in _owed(case, index).items() if at <= case.clock.watermark}


def _next_due(case: Judgement) -> None:
    for index in range(len(case.rows)):
        ahead = (at for at in _owed(case, index).values() if at > case.clock.watermark)
        case.state["next_due"][index] = min(ahead, default=np.inf)


def _owed(case: Judgement, index: int) -> dict[str, float]:
    """By complaint, when each answer owed is due."""
    sla_h = case.tables.policy.complaints.answer_sla_h
    complaints = case.partition.extras[int(case.rows[index])].complaints
    return {name: record.due(sla_h) for name, record in complaints.items() if record.owes_answer}


def _decision(case: Judgement, index: int, step: Step) -> Decision:
    # An answer becomes overdue by time, not by a record; whatever else happened to the account did not cause it.
    by_time = step.kind is AlertKind.COMPLAINT_OVERDUE and step.step is not StepKind.RESOLVED
    caused_at = NEVER if by_time else float(case.state["caused_at"][index])
    historic = case.clock.is_history(step.at, case.tables.policy.alerts.history_horizon_s)
    return Decision(step, historic, case.clock.now, caused_at, _reasons(case, index, step))


def _reasons(case: Judgement, index: int, step: Step) -> Sequence[PartFields]:
    if step.kind is not AlertKind.BAND_DROPPED:
        return ()
    return sorted(case.parts(index), key=lambda part: -abs(part["points"]))[:MAX_STEP_PARTS]
