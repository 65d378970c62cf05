"""What a flush decides about the accounts it looks at: bands, alert episodes, snapshots.

Reads and advances the partition's rows; what it decided goes into the rows' outboxes, so that row and decision are
durable together before anything is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas import topics
from schemas.alerts import AlertKind, StepKind, alert_id
from schemas.events.actions import ActionEvent
from schemas.health import Part
from schemas.ids import AccountId
from streams.core import bands, episodes
from streams.core.crossing import crossed_at
from streams.core.decay import moved
from streams.core.episodes import Step
from streams.core.explain import Told, change
from streams.core.policy import BANDS, Floats, Ints, Tables
from streams.core.score import Assessment, assess
from streams.core.snapshots import Moment, alert_message, snapshot_message
from streams.core.state import NEVER, Episode, Extra, Output, Partition

MAX_PENDING: Final = 64
"""A snapshot is published once this many facts wait to be told, so that parts stay bounded."""


@dataclass(frozen=True, slots=True)
class Clock:
    """`watermark` in event time, `now` the clock, `history_until` before which everything is history (epoch seconds)."""

    watermark: float
    now: float
    history_until: float = NEVER

    def is_history(self, at: float, horizon_s: float) -> bool:
        """Whether a decision for the moment `at` is recorded but never sent."""
        return at < max(self.now - horizon_s, self.history_until)


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
    as_of = _as_of(state, clock)
    known = np.isfinite(state["at"])
    sums = moved(state["sums"], np.where(known, as_of - np.where(known, state["at"], 0.0), 0.0), tables.half_life_s)
    score = assess(sums, state["seen"], tables).score
    live = as_of >= clock.now - tables.policy.alerts.history_horizon_s
    faded = live & (np.abs(score - state["told_score"]) >= rules.moved_points)
    wanted = bands.target(score, state["band"], tables)
    restless = (wanted != state["band"]) | (state["candidate"] != bands.NO_BAND)
    return np.flatnonzero(waiting | (known & (faded | restless)))


def _as_of(state: npt.NDArray[np.void], clock: Clock) -> Floats:
    latest = np.maximum(state["at"], state["judged_at"])
    as_of: Floats = np.maximum(latest, clock.watermark)
    return as_of


@dataclass(frozen=True, slots=True)
class Judgement:
    """The rows under judgement: places in the partition, a copy of their state, and two assessments of them.

    `sums: float64[n, S]` and `now` are as of `as_of: float64[n]`; `told` is that of the last snapshots.
    """

    partition: Partition
    rows: Ints
    state: npt.NDArray[np.void]
    as_of: Floats
    sums: Floats
    now: Assessment
    told: Assessment
    clock: Clock
    tables: Tables

    def moment(self, index: int) -> Moment:
        """When row `index` is judged and what caused it."""
        return Moment(float(self.as_of[index]), self.clock.now, float(self.state["caused_at"][index]))

    def parts(self, index: int) -> tuple[Part, ...]:
        """The parts of row `index`'s change since its last snapshot."""
        state = self.state[index]
        elapsed_s = float(self.as_of[index] - state["told_at"]) if state["version"] else 0.0
        told = Told(state["told_sums"], self.told, elapsed_s)
        pending = self.partition.extras[int(self.rows[index])].pending
        return change(self.now, index, told, pending, float(self.as_of[index]), self.tables)


def decide(partition: Partition, rows: Ints, clock: Clock, tables: Tables) -> Decided:
    """Judge `rows` (distinct) and put what follows into their outboxes."""
    result = Decided()
    if not len(rows):
        return result
    case = _judgement(partition, rows, clock, tables)
    state, old_band = case.state, case.state["band"].copy()
    counted_at = _step_bands(case)
    for index in range(len(rows)):
        for step in _steps(case, index, int(old_band[index]), float(counted_at[index])):
            historic = clock.is_history(step.at, tables.policy.alerts.history_horizon_s)
            _tell(
                partition, int(rows[index]), step, historic, _moment_of(step, case, index), _reasons(step, case, index)
            )
            result.steps += 1
            result.historic += historic
    _next_due(case)
    result.snapshots = _publish(case, state["band"] != old_band)
    state["judged_at"] = np.where(np.isfinite(state["at"]), case.as_of, NEVER)
    state["new_at"] = NEVER
    partition.rows[rows] = state
    partition.dirty.update(rows.tolist())
    return result


def _judgement(partition: Partition, rows: Ints, clock: Clock, tables: Tables) -> Judgement:
    state = partition.rows[rows]  # a copy, written back when all is decided
    known = np.isfinite(state["at"])
    as_of = _as_of(state, clock)
    for index in np.flatnonzero(~np.isfinite(as_of)).tolist():
        profile = partition.extras[int(rows[index])].profile
        as_of[index] = profile.at if profile else clock.now
    sums = moved(state["sums"], as_of - np.where(known, state["at"], as_of), tables.half_life_s)
    now = assess(sums, state["seen"], tables)
    told = assess(state["told_sums"], state["told_seen"], tables)
    return Judgement(partition, rows, state, as_of, sums, now, told, clock, tables)


def _moment_of(step: Step, case: Judgement, index: int) -> Moment:
    """An answer becomes overdue by time, not by a record; whatever else happened to the account did not cause it."""
    moment = case.moment(index)
    by_time = step.kind is AlertKind.COMPLAINT_OVERDUE and step.step is not StepKind.RESOLVED
    return replace(moment, caused_at=NEVER) if by_time else moment


def _reasons(step: Step, case: Judgement, index: int) -> tuple[Part, ...]:
    if step.kind is not AlertKind.BAND_DROPPED:
        return ()
    return tuple(sorted(case.parts(index), key=lambda part: -abs(part.points))[:MAX_STEP_PARTS])


def act(partition: Partition, decisions: Sequence[tuple[int, ActionEvent]], clock: Clock, tables: Tables) -> int:
    """Put people's decisions on alerts into the outboxes; returns how many named no alert that we know."""
    unknown = 0
    for row, event in decisions:
        step = _of_action(partition, row, event)
        if step is None:
            unknown += event.type.startswith("alert.")
            continue
        at = event.time.timestamp()
        historic = clock.is_history(at, tables.policy.alerts.history_horizon_s)
        caused_at = float(partition.rows["caused_at"][row])
        _tell(partition, row, step, historic, Moment(at, clock.now, caused_at))
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


def _step_bands(case: Judgement) -> Floats:
    """Advance the bands; returns when each change came to count, float64[n], nan where nothing changed."""
    state, as_of, tables = case.state, case.as_of, case.tables
    held = state["band"].copy()
    wanted = bands.target(case.now.score, held, tables)
    moment = np.where(np.isfinite(state["new_at"]), state["new_at"], as_of)
    fresh = (wanted != held) & (wanted != state["candidate"])
    by_time = np.flatnonzero(fresh & ~np.isfinite(state["new_at"]) & np.isfinite(state["at"]))
    if len(by_time):
        at = state["at"][by_time]
        start = np.maximum(state["judged_at"][by_time], at)
        sums = moved(state["sums"][by_time], start - at, tables.half_life_s)
        moment[by_time] = crossed_at(
            sums, state["seen"][by_time], start, as_of[by_time], (held[by_time], wanted[by_time]), tables
        )
    before = bands.BandState(held, state["candidate"], state["since"])
    after, counted_at = bands.stepped(before, wanted, moment, as_of, tables)
    state["band"], state["candidate"], state["since"] = after.band, after.candidate, after.since
    return counted_at


def _steps(case: Judgement, index: int, before: int, counted_at: float) -> list[Step]:
    extra = case.partition.extras[int(case.rows[index])]
    after = int(case.state["band"][index])
    found: list[Step | None] = []
    if before != after and bands.NO_BAND not in (before, after):
        line = BANDS.index(case.tables.policy.alerts.band_dropped_from)
        score = float(case.now.score[index])
        facts = {"band_from": BANDS[before].value, "band_to": BANDS[after].value, "score": f"{score:.1f}"}
        episode = extra.episodes.get(AlertKind.BAND_DROPPED, Episode())
        dropped, better = after > before and after >= line, after < line
        found.append(episodes.of_band(episode, dropped, better, counted_at, facts))
    if extra.complaints:
        episode = extra.episodes.get(AlertKind.COMPLAINT_OVERDUE, Episode())
        found.append(episodes.of_overdue(episode, _overdue(case, extra), float(case.as_of[index])))
    return [step for step in found if step is not None]


def _overdue(case: Judgement, extra: Extra) -> dict[str, float]:
    sla_h, watermark = case.tables.policy.complaints.answer_sla_h, case.clock.watermark
    owing = {name: record.due(sla_h) for name, record in extra.complaints.items() if record.owes_answer}
    return {name: at for name, at in owing.items() if at <= watermark}


def _next_due(case: Judgement) -> None:
    sla_h = case.tables.policy.complaints.answer_sla_h
    for index, row in enumerate(case.rows.tolist()):
        complaints = case.partition.extras[row].complaints
        ahead = [record.due(sla_h) for record in complaints.values() if record.owes_answer]
        case.state["next_due"][index] = min((at for at in ahead if at > case.clock.watermark), default=np.inf)


def _tell(
    partition: Partition, row: int, step: Step, historic: bool, moment: Moment, reasons: tuple[Part, ...] = ()
) -> None:
    extra = partition.extras[row]
    extra.episodes[step.kind] = step.episode
    value = alert_message(AccountId(partition.accounts[row]), extra, step, historic, moment, reasons)
    extra.outbox.append(Output(topics.ALERTS.name, value))


def _publish(case: Judgement, band_changed: npt.NDArray[np.bool_]) -> int:
    chosen = _worth_telling(case, band_changed)
    state = case.state
    for index in chosen.tolist():
        row = int(case.rows[index])
        extra = case.partition.extras[row]
        account = AccountId(case.partition.accounts[row])
        parts = case.parts(index)
        value = snapshot_message(account, extra, state[index], case.now, index, parts, case.moment(index), case.tables)
        extra.outbox.append(Output(topics.HEALTH.name, value))
        extra.pending.clear()
    state["version"][chosen] += 1
    state["told_at"][chosen] = case.as_of[chosen]
    state["told_sums"][chosen] = case.sums[chosen]
    state["told_seen"][chosen] = state["seen"][chosen]
    state["told_score"][chosen] = case.now.score[chosen]
    state["told_clock"][chosen] = case.clock.now
    state["unsaid"][chosen] = False
    state["caused_at"][chosen] = NEVER
    return len(chosen)


def _worth_telling(case: Judgement, band_changed: npt.NDArray[np.bool_]) -> Ints:
    """Live: at once when it moved enough or changed band. Else, and for history, when the heartbeat has passed."""
    state, rules, clock = case.state, case.tables.policy.publish, case.clock
    live = case.as_of >= clock.now - case.tables.policy.alerts.history_horizon_s
    moved_by = np.abs(np.nan_to_num(case.now.score, nan=-1.0) - np.nan_to_num(state["told_score"], nan=-1.0))
    waited = state["unsaid"] & (clock.now - state["told_clock"] >= rules.heartbeat_s)
    crowded = np.array([len(case.partition.extras[row].pending) >= MAX_PENDING for row in case.rows.tolist()])
    return np.flatnonzero((live & ((moved_by >= rules.moved_points) | band_changed)) | waited | crowded)
