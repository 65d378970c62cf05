"""What was decided, put into the rows' outboxes: alert steps, and the snapshots that are worth telling."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from schemas import topics
from schemas.ids import AccountId
from streams.core.bands import Codes
from streams.core.episodes import MONEY_KINDS
from streams.core.fences import Bools
from streams.core.judging import Judgement
from streams.core.overruling import remember
from streams.core.policy import Ints
from streams.core.score import or_else
from streams.core.snapshots import Decision, Subject, alert_message, snapshot_messages
from streams.core.state import NEVER, Output, Partition

MAX_PENDING: Final = 64
"""A snapshot is published once this many effects wait to be told, so that parts stay bounded."""
_NO_SCORE: Final = -1.0
"""What no score counts as when a change is told: a point below the lowest."""


@dataclass(frozen=True, slots=True)
class Published:
    """How many snapshots, and the broker's timestamp of the record that has waited longest for one (inf for none)."""

    snapshots: int = 0
    oldest_cause: float = np.inf


def tell(partition: Partition, row: int, decision: Decision) -> None:
    """Put an alert step into the row's outbox, and its episode into the row."""
    extra = partition.beside(row)
    extra.episodes[decision.step.kind] = decision.step.episode
    if decision.step.kind in MONEY_KINDS:
        (partition.in_money.add if any(map(extra.is_open, MONEY_KINDS)) else partition.in_money.discard)(row)
    if decision.step.episode.climb is not None:
        partition.climbing.add(row)
    elif not extra.somebody_has_one():
        partition.climbing.discard(row)
    message = alert_message(Subject(AccountId(partition.accounts[row]), extra), decision)
    _post(partition, row, Output(topics.ALERTS.name, message))


def _post(partition: Partition, row: int, output: Output) -> None:
    partition.outbox.setdefault(row, []).append(output)


def publish(case: Judgement, band_before: Codes) -> Published:
    """Put the snapshots worth telling into the outboxes, and remember what they rested on."""
    chosen = _worth_telling(case, case.state["band"] != band_before)
    if not len(chosen):
        return Published()
    state, partition = case.state, case.partition
    for row, message in snapshot_messages(case, chosen):
        _post(partition, row, Output(topics.HEALTH.name, message))
    for place in set(chosen.tolist()).intersection(case.overruled.hands):
        remember(partition.beside(int(case.rows[place])), case.overruled.hands[place], int(band_before[place]))
    partition.pending.forget(case.rows[chosen])
    causes = state["caused_at"][chosen]
    state["version"][chosen] += 1
    state["told_at"][chosen] = case.as_of[chosen]
    state["told_sums"][chosen] = case.sums[chosen]
    state["told_seen"][chosen] = state["seen"][chosen]
    state["told_score"][chosen] = case.shown[chosen]
    state["told_clock"][chosen] = case.clock.now
    state["unsaid"][chosen] = False
    state["caused_at"][chosen] = NEVER
    return Published(len(chosen), float(causes[causes > NEVER].min(initial=np.inf)))


def _worth_telling(case: Judgement, band_changed: Bools) -> Ints:
    """Live: at once when it moved enough or changed band. Else, and for history, when the heartbeat has passed.

    An override that came, went or gave way to another is told at once always: each of these is told once and by itself.
    """
    state, rules, clock = case.state, case.tables.policy.publish, case.clock
    live = case.as_of >= clock.now - case.tables.policy.alerts.history_horizon_s
    moved_by = np.abs(or_else(case.shown, _NO_SCORE) - or_else(state["told_score"], _NO_SCORE))
    waited = state["unsaid"] & (clock.now - state["told_clock"] >= rules.heartbeat_s)
    crowded = case.partition.pending.counts(case.rows) >= MAX_PENDING
    return np.flatnonzero(
        (live & ((moved_by >= rules.moved_points) | band_changed)) | waited | crowded | case.overruled.turned
    )
