"""What was decided, put into the rows' outboxes: alert steps, and the snapshots that are worth telling."""

from typing import Final

import numpy as np
import numpy.typing as npt

from schemas import topics
from schemas.ids import AccountId
from streams.core.judging import Judgement
from streams.core.policy import Ints
from streams.core.snapshots import Decision, Reading, Subject, alert_message, snapshot_message
from streams.core.state import NEVER, Output, Partition

MAX_PENDING: Final = 64
"""A snapshot is published once this many facts wait to be told, so that parts stay bounded."""


def tell(partition: Partition, row: int, decision: Decision) -> None:
    """Put an alert step into the row's outbox, and its episode into the row."""
    extra = partition.extras[row]
    extra.episodes[decision.step.kind] = decision.step.episode
    subject = Subject(AccountId(partition.accounts[row]), extra, partition.rows[row])
    extra.outbox.append(Output(topics.ALERTS.name, alert_message(subject, decision)))


def publish(case: Judgement, band_changed: npt.NDArray[np.bool_]) -> int:
    """Put the snapshots worth telling into the outboxes, and remember what they rested on; returns how many."""
    chosen = _worth_telling(case, band_changed)
    state = case.state
    for index in chosen.tolist():
        row = int(case.rows[index])
        extra = case.partition.extras[row]
        subject = Subject(AccountId(case.partition.accounts[row]), extra, state[index])
        reading = Reading(case.now, index, float(case.as_of[index]), case.clock.now)
        value = snapshot_message(subject, reading, case.parts(index), case.tables)
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
